"""Goes through Stripe's lists, which are newest first and know nothing of our references."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar, final

from linktill.core.ids import AttemptId
from linktill.gateways.contract import Account, Unavailable
from linktill.gateways.stripe.client import StripeClient, Value
from linktill.gateways.stripe.objects import Listed, PageOf, Session
from linktill.gateways.stripe.translate import made_at_s

PAGE: Final = 20
"""Things with what they carry expanded, so that a page stays well below the megabyte that is read of an answer."""
WALK: Final = 50
WALK_PAGES_MAX: Final = 4_000
FIND_PAGES_MAX: Final = 400

NEAR_S: Final = 600
FAR_S: Final = 25 * 3_600
"""A start is sent again for 23 hours; clocks differ by less than an hour."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OldestFirst(Generic[T]):
    """One page, oldest first. `newer` None: that was the last one."""

    items: list[T]
    newer: str | None


@final
class Listing:
    """Each method asks as often as it must. Raises GatewayError."""

    def __init__(self, client: StripeClient) -> None:
        self._client = client

    async def oldest_first(
        self, account: Account, path: str, kind: type[T], params: Mapping[str, Value], newer: str | None
    ) -> OldestFirst[T]:
        """The page after `newer`, an id that the page before gave; None: the first. `kind` is the type of one item.

        The first page is found by going through the ids from the newest to the oldest.
        """
        if newer is not None:
            page = await self._page(account, path, kind, {**params, "limit": PAGE, "ending_before": newer})
            return _reversed(page, has_newer=page.has_more)
        before, count = await self._before_oldest(account, path, params)
        start: Mapping[str, Value] = {} if before is None else {"starting_after": before}
        if not count:
            return OldestFirst([], None)
        page = await self._page(account, path, kind, {**params, "limit": PAGE, **start})
        return _reversed(page, has_newer=before is not None)

    async def find(self, account: Account, reference: AttemptId) -> Session | None:
        """The session that carries our reference. Stripe cannot be asked for it, so those of its time are gone through.

        None means that there is none, not that the search was given up: that raises Unavailable.
        """
        for created in _windows(made_at_s(reference)):
            after: Mapping[str, Value] = {}
            for _ in range(FIND_PAGES_MAX):
                params = {"created": created, "limit": WALK, **after}
                page = await self._page(account, "/v1/checkout/sessions", Session, params)
                for session in page.data:
                    if session.client_reference_id == reference:
                        return session
                if not page.has_more or not page.data:
                    break
                after = {"starting_after": page.data[-1].id}
            else:
                raise Unavailable("Too many Checkout Sessions were made at that time to look through them.")
        return None

    async def _before_oldest(
        self, account: Account, path: str, params: Mapping[str, Value]
    ) -> tuple[str | None, int]:
        """The id that is just newer than the oldest page (None: there is only one page), and how many there are."""
        plain = {name: value for name, value in params.items() if name != "expand"}
        last: deque[str] = deque(maxlen=PAGE + 1)
        count = 0
        for _ in range(WALK_PAGES_MAX):
            after: Mapping[str, Value] = {"starting_after": last[-1]} if last else {}
            page = await self._page(account, path, Listed, {**plain, "limit": WALK, **after})
            last.extend(each.id for each in page.data)
            count += len(page.data)
            if not page.has_more or not page.data:
                return (last[0] if count > PAGE else None), count
        raise Unavailable("Stripe's list is too long to go through it.")

    async def _page(
        self, account: Account, path: str, kind: type[T], params: Mapping[str, Value]
    ) -> PageOf[T]:
        answer = await self._client.get_known(account, path, params)
        return answer.read(PageOf[kind])  # type: ignore[valid-type]  # msgspec takes the type as a value


def _reversed(page: PageOf[T], *, has_newer: bool) -> OldestFirst[T]:
    has_newer = has_newer and bool(page.data)
    # An id is asked for by name: every object that is listed has one.
    newest = getattr(page.data[0], "id", None) if has_newer else None
    return OldestFirst(page.data[::-1], newest)


def _windows(made_at: int | None) -> list[Mapping[str, Value]]:
    """The seconds around the attempt first; then all in which it can have been sent again."""
    if made_at is None:
        return [{"gte": 0}]
    near = made_at + NEAR_S
    return [{"gte": made_at - NEAR_S, "lte": near}, {"gt": near, "lte": made_at + FAR_S}]
