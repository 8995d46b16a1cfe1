"""What a banking app reads from an EPC QR code: a SEPA credit transfer, filled in (EPC069-12, version 2.1)."""

from typing import Final

from linktill.core.money import Money

NAME_MAX: Final = 70
BYTES_MAX: Final = 331
"""So that the code is at most of version 13 with error correction M, which phones read well."""
_MINOR_MAX: Final = 99_999_999_999
"""999,999,999.99 EUR."""


def epc_text(*, holder: str, iban: str, bic: str, amount: Money, reference: str) -> str | None:
    """The text to be encoded as UTF-8, or None where the standard has no room: another currency, too much, too long a name.

    `iban` and `bic` are checked and without blanks, `bic` may be empty. `reference` is a creditor reference: it stands in the
    structured line, so the unstructured one is left out, and with it everything after it.
    """
    if amount.currency != "EUR" or not 1 <= amount.minor <= _MINOR_MAX or not iban:
        return None
    if not 1 <= len(holder) <= NAME_MAX or not holder.isprintable():
        return None
    euros, cents = divmod(amount.minor, 100)
    lines = (
        "BCD",
        "002",  # version 2: the BIC may be left out within the European Economic Area
        "1",  # UTF-8
        "SCT",
        bic,
        holder,
        iban,
        f"EUR{euros}.{cents:02}",
        "",  # purpose
        reference,
    )
    text = "\n".join(lines)
    return text if len(text.encode()) <= BYTES_MAX else None
