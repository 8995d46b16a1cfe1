"""Mollie's lists: they begin with the newest or the oldest there ever was, or with one that is named, and know no dates.

So what was made since a time is found from the newest backwards, and then told in order from there.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from linktill.gateways.contract import Account, Unavailable
from linktill.gateways.mollie.client import MollieClient
from linktill.gateways.mollie.messages import Chargeback, Embedded, Listed, Payment, Refund
from linktill.gateways.mollie.translate import moment

PAGE_MAX: Final = 100
"""What we tell at once, oldest first."""
BACK_MAX: Final = 250
"""The most that Mollie gives at once."""
BACK_PAGES_MAX: Final = 200
"""50,000 things since a time; reconciliation asks for days."""

T = TypeVar("T", Payment, Refund, Chargeback)


@dataclass(frozen=True, slots=True)
class List(Generic[T]):
    """One of Mollie's lists, and where its things stand on a page."""

    path: str
    things: Callable[[Embedded], list[T]]


PAYMENTS: Final = List("/v2/payments", lambda page: page.payments)
REFUNDS: Final = List("/v2/refunds", lambda page: page.refunds)
CHARGEBACKS: Final = List("/v2/chargebacks", lambda page: page.chargebacks)


def of_payment(listed: List[T], payment_id: str, name: str) -> List[T]:
    """The same of one payment only."""
    return List(f"/v2/payments/{quote(payment_id, safe='')}/{name}", listed.things)


@final
class Lists:
    """Goes through lists in either direction."""

    def __init__(self, client: MollieClient) -> None:
        self._client = client

    async def page(
        self, account: Account, listed: List[T], *, since: int, cursor: str | None
    ) -> tuple[list[T], str | None]:
        """A page of what was made since (microseconds UTC), oldest first, and where the next begins."""
        first = cursor
        if first is None:
            # Mollie's times are whole seconds: what was made in the same second counts as since.
            whole = since // 1_000_000 * 1_000_000
            async for thing in self.back(account, listed, pages_max=BACK_PAGES_MAX):
                if moment(thing.created_at) < whole:
                    break
                first = thing.id
        if first is None:
            return [], None
        query = {"sort": "asc", "limit": str(PAGE_MAX), "from": first}
        return await self._page(account, listed, query)

    async def back(self, account: Account, listed: List[T], *, pages_max: int) -> AsyncIterator[T]:
        """From the newest to the oldest. Raises Unavailable rather than stop before the end."""
        query = {"limit": str(BACK_MAX)}
        for _ in range(pages_max):
            things, following = await self._page(account, listed, query)
            for thing in things:
                yield thing
            if following is None:
                return
            query = {"limit": str(BACK_MAX), "from": following}
        raise Unavailable(f"Mollie's list is longer than {pages_max * BACK_MAX}.")

    async def one(self, account: Account, listed: List[T], ref: str) -> T | None:
        """The one thing, where Mollie has no other call for it than a list that begins with it."""
        answer = await self._client.look(account, f"{listed.path}?{urlencode({'limit': '1', 'from': ref})}")
        found = [] if answer is None else listed.things(answer.read(Listed).embedded)
        return next((thing for thing in found if thing.id == ref), None)

    async def _page(
        self, account: Account, listed: List[T], query: dict[str, str]
    ) -> tuple[list[T], str | None]:
        answer = await self._client.search(account, f"{listed.path}?{urlencode(query)}")
        page = answer.read(Listed)
        following = page.links.next
        asked = {} if following is None else parse_qs(urlsplit(following.href).query)
        return listed.things(page.embedded), next(iter(asked.get("from", ())), None)
