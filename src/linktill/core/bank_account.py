"""Bank accounts as payers need them: IBAN (ISO 13616) and BIC (ISO 9362). Checked as far as that goes without asking a bank."""

import re
from typing import Final

from linktill.core.errors import FieldInvalid

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_LENGTHS: Final = {
    "AD": 24, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24,
    "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24,
    "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}  # fmt: skip
"""Of the countries of the SEPA area, where a wrong length is worth a word of its own. Others are held by their check digits."""
TYPED_MAX: Final = 60


def checked_iban(text: str, *, param: str = "iban") -> str:
    """The IBAN without blanks, in capitals. Raises FieldInvalid."""
    iban = "".join(text[:TYPED_MAX].split()).upper()
    if not _IBAN.fullmatch(iban):
        raise FieldInvalid(param, "An IBAN has two letters, two digits and up to 30 letters and digits more.")
    length = _LENGTHS.get(iban[:2])
    if length is not None and len(iban) != length:
        raise FieldInvalid(
            param, f"An IBAN that begins with {iban[:2]} has {length} characters, this has {len(iban)}."
        )
    if int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 != 1:
        raise FieldInvalid(param, "The check digits of this IBAN are wrong. Compare it with your bank's.")
    return iban


def checked_bic(text: str, *, param: str = "bic") -> str:
    """The BIC in capitals. Raises FieldInvalid."""
    bic = "".join(text[:TYPED_MAX].split()).upper()
    if not _BIC.fullmatch(bic):
        raise FieldInvalid(param, "A BIC has 8 or 11 letters and digits, such as COBADEFFXXX.")
    return bic
