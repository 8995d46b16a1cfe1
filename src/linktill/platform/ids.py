"""Ids as a port: a prefix that names the kind, then a UUIDv7, so that ids sort by the time they were made."""

from typing import Final, Protocol

import uuid_utils
from typing_extensions import override

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32 in lower case (https://www.crockford.com/base32.html): no i, l, o, u to misread."""

LENGTH: Final = 26
"""Characters after the prefix: 128 bits at 5 bits each."""

_PAIRS: Final = tuple(high + low for high in ALPHABET for low in ALPHABET)
_SHIFTS: Final = tuple(range(120, -1, -10))


class Ids(Protocol):
    """Makes ids; a simulation makes the same ones on each run."""

    def new(self, prefix: str) -> str:
        """Return `prefix` and 26 characters. `prefix` ends in an underscore, such as `plink_`."""
        ...


def encode(number: int) -> str:
    """Return 128 bits as 26 characters that sort as the number does."""
    return "".join([_PAIRS[(number >> shift) & 0x3FF] for shift in _SHIFTS])


class SystemIds(Ids):
    """Ids from the machine's clock and randomness; within one process each is greater than the one before."""

    @override
    def new(self, prefix: str) -> str:
        return prefix + encode(uuid_utils.uuid7().int)
