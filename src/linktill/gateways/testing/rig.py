"""What an adapter is tested with. Each gateway brings a rig; the suite is the same for all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.gateways.contract import Account, Gateway, Started
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NotSent


class How(StrEnum):
    """How a payer pays."""

    SUCCESS = "success"
    DECLINED = "declined"
    SLOW = "slow"


class Ability(StrEnum):
    """What some vendors have no call for. Whoever lacks one says in tests of their own what is true there instead."""

    VENDOR = (
        "somebody at the other end: a company that is asked over HTTP, knows its payments and tells of them"
    )
    FIND_BY_REFERENCE = "finding a payment by our reference alone"
    LIST_UNPAID = "a list of what nobody has paid yet"
    CLOSE_PAGE = "a call that closes the payer's page"
    FINAL_DECLINES = (
        "an end to a payment whose card was declined: its payer may try again on the vendor's page"
    )
    TELL_FEES = "a payment's fee, told with the payment"
    REGISTER_WEBHOOKS = "a call that has events sent to us: else the merchant does it by hand"
    SEVERAL_WEBHOOKS = "webhooks that are made one by one: an account has one by itself"
    ANSWERS = "an answer to a dispute from outside its own pages"
    ANSWER_KEYS = (
        "an idempotency key for an answer to a dispute: what was lost is looked for, never sent again"
    )
    HOLD_MONEY = "money that is held for days, until we capture it or let it go"
    SIGNED_TIME = "a time in what signs a webhook, so that old ones can be told"


class Break(StrEnum):
    """What happens to the next call at the vendor."""

    CUT_BEFORE = "cut_before"
    """The connection breaks; nothing was done."""
    CUT_AFTER = "cut_after"
    """The connection breaks; it was done."""
    ERROR_BEFORE = "error_before"
    """Status 500; nothing was done."""
    ERROR_AFTER = "error_after"
    """Status 500; it was done."""
    NONSENSE_AFTER = "html_after"
    """Status 200 with a page of HTML, as some proxy sends; it was done."""
    RATE_LIMITED = "rate_limited"
    """Status 429 with `Retry-After: 1`; nothing was done."""


@dataclass
class Wire:
    """The HTTP client in the adapter's hands: it counts what is sent, and can be unplugged."""

    http: HttpClient
    sent: list[HttpRequest] = field(default_factory=list)
    is_plugged: bool = True

    async def send(self, request: HttpRequest) -> HttpResponse:
        """As `HttpClient.send`."""
        if not self.is_plugged:
            raise NotSent("unplugged")
        self.sent.append(request)
        return await self.http.send(request)


class Rig(Protocol):
    """A gateway's adapter, an account there, and hands at the vendor's side.

    The vendor is new and empty for each test, and so is the rig.
    """

    account: Account
    """It has one webhook secret."""
    wire: Wire
    currency: str
    """In which the suite pays: one that the account can charge 1.00 and 40.00 in."""
    amounts: tuple[Money, ...]
    """What the account can charge, with the least, the most and the odd ones among it."""
    refused: tuple[Money, ...]
    """What the vendor does not charge."""
    past_max_s: int
    """So old a webhook may be, where it is signed with its time."""

    @property
    def gateway(self) -> Gateway:
        """The adapter under test, which sends by `wire`."""
        ...

    @property
    def mode(self) -> Mode | None:
        """What `Gateway.complete` finds out of the account."""
        ...

    def now(self) -> int:
        """Microseconds UTC at the vendor and here."""
        ...

    def wrong_account(self) -> Account:
        """The same account with a wrong secret key, and nothing else wrong."""
        ...

    async def pay(self, started: Started, how: How) -> None:
        """The payer goes to the vendor's page and pays."""
        ...

    async def settle(self) -> None:
        """So much later that slow payments are settled, and all webhooks delivered."""
        ...

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        """What the vendor has sent so far: headers (names in lower case) and raw body."""
        ...

    def sign(self, secret: str, body: bytes, *, at: int) -> dict[str, str]:
        """The headers with which the vendor would send this body at that time (microseconds UTC)."""
        ...

    def break_next(self, how: Break, *, on: str = "") -> None:
        """The next call that does something goes wrong at the vendor. `on`: to such a path, where an operation takes several."""
        ...

    def break_look(self, how: Break) -> None:
        """The next look-up goes wrong at the vendor."""
        ...

    def lag(self, seconds: float) -> None:
        """Look-ups at the vendor lag behind by so much from now on."""
        ...

    async def references_at_vendor(self) -> list[str]:
        """Which payments the vendor has, by our references, paid or not."""
        ...

    async def webhooks_at_vendor(self) -> Mapping[str, str]:
        """The webhooks that the vendor keeps for us: what it calls each → its URL."""
        ...


class DisputeRig(Rig, Protocol):
    """What the suite needs besides where disputes are answered (`Ability.ANSWERS`)."""

    async def dispute(self, started: Started) -> str:
        """The payer's bank asks for the money back and waits for the merchant; answers the vendor's id of it."""
        ...

    def break_answer(self, how: Break, dispute_ref: str) -> None:
        """The call that answers this dispute for good goes wrong at the vendor."""
        ...


class HoldRig(Rig, Protocol):
    """What the suite needs besides where money is held (`Ability.HOLD_MONEY`)."""

    async def agree(self, started: Started) -> None:
        """The payer goes to the vendor's page and agrees: their money is held, or may be."""
        ...

    async def lapse(self, started: Started) -> None:
        """So much later that the vendor has let go of the payment's money."""
        ...
