"""A link's languages in one column, as JSON; null where it says nothing of any."""

import json
from collections.abc import Mapping
from dataclasses import asdict

from linktill.core.localization import Translation
from linktill.core.payers_language import AUTO


def localization_text(locale: str, translations: Mapping[str, Translation]) -> str | None:
    """As it is kept."""
    if locale == AUTO and not translations:
        return None
    texts = {language: asdict(each) for language, each in translations.items()}
    return json.dumps({"locale": locale, "translations": texts}, ensure_ascii=False, separators=(",", ":"))


def localization_of(text: str) -> tuple[str, dict[str, Translation]]:
    """What was kept."""
    kept = json.loads(text)
    return kept["locale"], {language: Translation(**each) for language, each in kept["translations"].items()}
