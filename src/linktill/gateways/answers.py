"""What comes back from a vendor, whoever it is: an answer in the shape that is expected, or one of the three kinds of trouble."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from linktill.gateways.contract import GatewayError, OutcomeUnknown, Rejected, Unavailable
from linktill.platform import strict_json
from linktill.platform.http import HttpResponse, NoAnswer, NotSent
from linktill.platform.strict_json import NotStrict

RETRY_AFTER_MAX_S: Final = 3_600

T = TypeVar("T")
F = TypeVar("F")
E = TypeVar("E")


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


@dataclass(frozen=True, slots=True)
class Sorting(Generic[E]):
    """Sorts what becomes of requests to one vendor, named as a sentence begins with it.

    `error_in`: what is wrong in the vendor's own words, if they are. `refusal` of a 4xx in such words: a Rejected, or why
    nobody can say whether it was done, or None when there is no more to say than its status.

    `is_harmless`: only looked, or set to a value, so whatever went wrong can be asked again.
    """

    vendor: str
    error_in: Callable[[HttpResponse], E | None]
    refusal: Callable[[int, E], Rejected | str | None]

    async def answered(self, sending: Awaitable[HttpResponse], *, is_harmless: bool) -> Answer:
        """A good answer, else its kind of trouble is raised."""
        return self.answer(await self.arrived(sending, is_harmless=is_harmless), is_harmless=is_harmless)

    async def arrived(self, sending: Awaitable[HttpResponse], *, is_harmless: bool) -> HttpResponse:
        """The response, whatever it says. Raises Unavailable only if surely nothing was done, or it was harmless."""
        try:
            return await sending
        except NotSent as error:
            raise Unavailable(f"{self.vendor} cannot be reached: {error}.") from error
        except NoAnswer as error:
            unsure = Unavailable if is_harmless else OutcomeUnknown
            raise unsure(f"{self.vendor} did not answer: {error}.") from error

    def answer(self, response: HttpResponse, *, is_harmless: bool) -> Answer:
        """The same of a response that is here."""
        unsure = Unavailable if is_harmless else OutcomeUnknown
        status = response.status
        if 200 <= status < 300 and not response.is_truncated:
            return Answer(self.vendor, response.body, unsure)
        wait_s = retry_after_s(response)
        if status == 429:
            raise Unavailable(f"{self.vendor} asks us to slow down.", retry_after_s=wait_s)
        error = self.error_in(response) if 400 <= status < 500 else None
        refusal = None if error is None else self.refusal(status, error)
        if isinstance(refusal, Rejected):
            raise refusal
        # Also a 4xx that is not in the vendor's words: some proxy spoke, perhaps after the vendor had acted.
        raise unsure(refusal or f"{self.vendor} answered with status {status}.", retry_after_s=wait_s)


def retry_after_s(response: HttpResponse) -> int | None:
    """How long the vendor asks us to wait, an hour at most."""
    text = response.headers.get("retry-after", "")
    return min(int(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() and len(text) < 9 else None
