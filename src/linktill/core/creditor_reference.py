"""The reference that a payer writes on a bank transfer: an ISO 11649 creditor reference, made from the payment's id.

Banks and accounting programs know its check digits, so that a slip of the pen is found instead of paid for. The same payment
always has the same one: nothing must be stored to know it again.
"""

from hashlib import sha256
from typing import Final

from linktill.core.ids import AttemptId

_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0, 1, I, L, O and U: nothing that looks like something else, and few words come of it."""
BODY_LENGTH: Final = 12
"""Of 30 letters: 58 bits. A merchant with a million payments has two alike with a chance of one in a million."""
_LENGTH_MAX: Final = 25
_GROUP: Final = 4


def creditor_reference(attempt_id: AttemptId) -> str:
    """The payment's reference, `RF` and two check digits first, without blanks."""
    number = int.from_bytes(sha256(f"reference:{attempt_id}".encode()).digest())
    letters: list[str] = []
    for _ in range(BODY_LENGTH):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    body = "".join(letters)
    return f"RF{98 - _mod_97(f'{body}RF00'):02}{body}"


def grouped(reference: str) -> str:
    """As people read it: in groups of four."""
    return " ".join(reference[at : at + _GROUP] for at in range(0, len(reference), _GROUP))


def is_creditor_reference(text: str) -> bool:
    """Whether the check digits are right. Blanks and small letters are as good."""
    compact = "".join(text.split()).upper()
    if not 5 <= len(compact) <= _LENGTH_MAX or not compact.isascii() or not compact.isalnum():
        return False
    if not compact.startswith("RF") or not compact[2:4].isdigit():
        return False
    return _mod_97(compact[4:] + compact[:4]) == 1


def _mod_97(text: str) -> int:
    """ISO 7064 MOD 97-10, over letters as 10 to 35."""
    return int("".join(str(int(char, 36)) for char in text)) % 97
