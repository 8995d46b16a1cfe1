"""What comes back from a vendor, whoever it is: bytes in the shape that is expected or nonsense, and how long to wait."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from linktill.gateways.contract import GatewayError
from linktill.platform import strict_json
from linktill.platform.http import HttpResponse
from linktill.platform.strict_json import NotStrict

RETRY_AFTER_MAX_S: Final = 3_600

T = TypeVar("T")
F = TypeVar("F")


class Nonsense(Exception):
    """The bytes are not what the vendor's documentation says."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer's bytes. `unsure` is the trouble to raise if they turn out to be nonsense.

    `vendor`: whose, as a sentence begins with it, such as `The sandbox`.
    """

    vendor: str
    body: bytes
    unsure: Callable[[str], GatewayError]

    def read(self, kind: type[T]) -> T:
        """The answer in the shape expected."""
        return self.told(kind, lambda found: found)

    def told(self, kind: type[T], translate: Callable[[T], F]) -> F:
        """The answer in the shape expected, in our words."""
        try:
            return translate(read(self.body, kind))
        except Nonsense as error:
            raise self.unsure(f"{self.vendor}'s answer could not be read.") from error

    def must_be(self, found: str | None, asked: str) -> None:
        """Raises unless the answer is about what was asked for: a cache on the way may mix answers up."""
        if found != asked:
            raise self.unsure(f"{self.vendor} answered about {found}, it was asked about {asked}.")


def read(body: bytes, kind: type[T]) -> T:
    """Raises Nonsense, for what can be read in two ways as well: the last of two statuses need not be the one that counts."""
    try:
        return msgspec.convert(strict_json.parsed(body), kind)
    except (msgspec.ValidationError, NotStrict) as error:
        raise Nonsense(str(error)) from error


def retry_after_s(response: HttpResponse) -> int | None:
    """How long the vendor asks us to wait, an hour at most."""
    text = response.headers.get("retry-after", "")
    return min(int(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() and len(text) < 9 else None
