"""What came with a link's address: where the payer came from, and whom they are to the merchant. Kept as it came: nothing
is decided by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.link_terms import clean_text

REFERENCE: Final = "client_reference_id"
UTM: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
KEPT_MAX: Final = 200
"""Characters of each."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What came. Signed values are the merchant's own: see `core/signed_values.py`."""

    reference: str = ""
    utm: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: tuple[str, ...] = ()
    """Names of those that were longer than what is kept of them, or held what is never kept."""
    signed: str = ""
    """What its merchant had signed, word for word; empty: nothing."""

    @property
    def is_empty(self) -> bool:
        """Did nothing come with it?"""
        return not (self.reference or self.utm or self.cut or self.signed)


NO_ORIGIN: Final = Origin()


def origin_of(fields: Mapping[str, str], *, signed: str = "") -> Origin:
    """From the fields of an address or a form. What is too long is cut, and marked; so is what looks like a card number."""
    kept: dict[str, str] = {}
    cut = [name for name in fields.get("cut", "").split() if name in (REFERENCE, *UTM)]
    for name in (REFERENCE, *UTM):
        text = fields.get(name, "")
        if not text:
            continue
        if len(text) > KEPT_MAX:
            cut.append(name)
        try:
            kept[name] = clean_text(text[:KEPT_MAX], name, max_length=KEPT_MAX)
        except FieldInvalid:
            kept[name] = ""
            cut.append(name)
    utm = {name: kept[name] for name in UTM if kept.get(name)}
    return Origin(kept.get(REFERENCE, ""), utm, tuple(dict.fromkeys(cut)), signed)


def origin_fields(origin: Origin) -> tuple[tuple[str, str], ...]:
    """For a form that carries it on: name and value, as `origin_of` reads them."""
    pairs = {REFERENCE: origin.reference, **origin.utm, "cut": " ".join(origin.cut), "signed": origin.signed}
    return tuple((name, text) for name, text in pairs.items() if text)
