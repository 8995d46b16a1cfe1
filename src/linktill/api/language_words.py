"""What the fields of a link's languages mean, for the OpenAPI document and the reference page."""

from typing import Any, Final

LANGUAGE_WORDS: Final[dict[str, str]] = {
    "language": "What the payer reads, in two letters (ISO 639-1).",
    "locale": "The language of the page: `auto` for that of the payer's browser, or always this one, such as `de`.",
    "translations": "The link's texts in other languages, by language.",
}
LANGUAGE_EXAMPLE: Final[dict[str, Any]] = {"locale": "auto", "translations": {}}
