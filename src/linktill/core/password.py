"""What a password must be: long, and not among the first that an attacker tries. No rule asks for kinds of characters."""

import re
from functools import cache
from typing import Final

from linktill.core.errors import FieldError

PASSWORD_MIN: Final = 12
PASSWORD_MAX: Final = 128
_TRIMMINGS: Final = "0123456789!?.,*#$%&+"
_SEPARATORS: Final = re.compile(r"[\s._-]+")
_UNSENDABLE: Final = re.compile("[\x00\ud800-\udfff]")


def password_error(param: str, password: str, *, known: tuple[str, ...]) -> FieldError | None:
    """What is wrong with a new password, or None. `known` is what others know of the person: name, address.

    Length is what counts (NIST SP 800-63B-4, 3.1.1.2): no rule asks for kinds of characters, and blanks are fine.
    """
    if len(password) < PASSWORD_MIN:
        return FieldError(param, f"A password has at least {PASSWORD_MIN} characters.")
    if len(password) > PASSWORD_MAX:
        return FieldError(param, f"A password has at most {PASSWORD_MAX} characters.")
    if _UNSENDABLE.search(password):
        return FieldError(param, "This password holds a character that cannot be typed everywhere.")
    if _is_guessable(password.casefold(), known):
        return FieldError(
            param, "This password is among the first that would be tried. Take several unrelated words."
        )
    return None


def _is_guessable(password: str, known: tuple[str, ...]) -> bool:
    squeezed = _SEPARATORS.sub("", password)
    if len(set(squeezed)) < 5 or squeezed in _runs():
        return True
    theirs = {
        _SEPARATORS.sub("", part.casefold()) for text in known for part in (text, text.partition("@")[0])
    }
    if squeezed in theirs:
        return True
    # What is left when the usual trimmings are taken away must not be one word, even if said several times.
    bare = squeezed.strip(_TRIMMINGS)
    return any(bare == word * times for word in (*theirs, *_COMMON) if word for times in (1, 2, 3, 4))


@cache
def _runs() -> frozenset[str]:
    rows = (
        "1234567890",
        "0123456789",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
        "1qaz2wsx3edc4rfv5tgb",
    )
    runs = {
        (row * 3)[start : start + length]
        for row in rows
        for start in range(len(row))
        for length in range(12, 40)
    }
    return frozenset(runs | {run[::-1] for run in runs})


# The stems of the most common long passwords (lists of leaked ones: mostly a short word, doubled, or with digits).
_COMMON: Final = tuple(
    "password passwort motdepasse contraseña contrasena parola passw0rd p@ssw0rd p@ssword pa55word admin administrator "
    "letmein letmeinplease welcome iloveyou iloveyousomuch iloveyouforever qwerty qwertyuiop qwerty123qwerty asdfgh asdfghjkl "
    "zxcvbnm 1q2w3e4r5t6y 1q2w3e4r 1qaz2wsx q1w2e3r4t5y6 monkey dragon football baseball basketball superman batman princess "
    "sunshine michael jennifer jordan shadow master changeme changemenow secret supersecret trustno1 default temporary "
    "testtest test testing abc123abc abc abcd1234abcd hello hellohello computer internet linktill paymentlink payment "
    "correcthorsebatterystaple thisismypassword mypassword yourpassword newpassword nopassword secretpassword "
    "passwordpassword adminpassword adminadmin rootroot toor root company companyname business".split()
)
