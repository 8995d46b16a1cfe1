"""What a gateway's adapter is tested with. Each gateway brings a rig; the suite in test_contract.py is the same for all."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Protocol

from linktill.core.money import Money
from linktill.gateways.contract import Account, Gateway, Started
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NotSent


class How(StrEnum):
    """How a payer pays. A rig that cannot do one says so by raising KeyError: the suite then skips nothing but fails."""

    SUCCESS = "success"
    DECLINED = "declined"
    SLOW = "slow"


class Ability(StrEnum):
    """What some vendors have no call for. What is true there instead, the vendor's own tests say."""

    FIND_BY_REFERENCE = "finding a payment by our reference alone"
    LIST_UNPAID = "a list of what nobody has paid yet"
    CLOSE_PAGE = "a call that closes the payer's page"
    FINAL_DECLINES = (
        "an end to a payment whose card was declined: its payer may try again on the vendor's page"
    )
    SEVERAL_WEBHOOKS = "webhooks that are made one by one: an account has one by itself"
    SIGNED_TIME = "a time in what signs a webhook, so that old ones can be told"


class Break(StrEnum):
    """What happens to the next call at the vendor."""

    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    NONSENSE_AFTER = "html_after"
    RATE_LIMITED = "rate_limited"


@dataclass
class Wire:
    """The client under test's hands: counts what is sent, and can be unplugged."""

    http: HttpClient
    sent: list[HttpRequest] = field(default_factory=list)
    is_plugged: bool = True

    async def send(self, request: HttpRequest) -> HttpResponse:
        if not self.is_plugged:
            raise NotSent("unplugged")
        self.sent.append(request)
        return await self.http.send(request)


class Rig(Protocol):
    """A gateway's adapter, an account there, and hands at the vendor's side."""

    account: Account
    wire: Wire
    amounts: tuple[Money, ...]
    """What the account can charge, with the least, the most and the odd ones among it."""
    refused: tuple[Money, ...]
    """What the vendor does not charge."""
    lacks: ClassVar[frozenset[Ability]]
    past_max_s: int
    """So old a webhook may be, where it is signed with its time."""

    @property
    def gateway(self) -> Gateway: ...

    def now(self) -> int:
        """Microseconds UTC at the vendor and here."""
        ...

    def wrong_account(self) -> Account:
        """The same account with a wrong secret key."""
        ...

    async def pay(self, started: Started, how: How) -> None:
        """The payer goes to the vendor's page and pays."""
        ...

    async def settle(self) -> None:
        """So much later that slow payments are settled, and all webhooks delivered."""
        ...

    def webhooks(self) -> list[tuple[dict[str, str], bytes]]:
        """What the vendor has sent so far: headers and raw body."""
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
