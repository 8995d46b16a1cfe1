"""What a comparison with a gateway account has come to: how much was looked at, and what of it was news."""

from dataclasses import dataclass, field, replace

from typing_extensions import override

from linktill.core import ids as prefixes
from linktill.flows.services import Moment, Services, moment_of
from linktill.platform.ids import Ids


@dataclass(slots=True)
class Count:
    """Of one kind of thing: how many the gateway has, and how many of them were not here as they are there."""

    seen: int = 0
    put_right: int = 0


@dataclass(slots=True)
class Compared:
    """Filled in while a comparison goes on. `is_whole`: everything was gone through to its end, and could be applied."""

    payments: Count = field(default_factory=Count)
    refunds: Count = field(default_factory=Count)
    disputes: Count = field(default_factory=Count)
    payouts: Count = field(default_factory=Count)
    fees_put_right: int = 0
    parked: int = 0
    """Money without a link that this comparison found."""
    mismatched: int = 0
    """Payments of ours that the gateway does not have as we do, found by this comparison."""
    is_whole: bool = True


class _Noting(Ids):
    """Ids that remember which kinds were drawn: every change draws one for its event or its ledger transaction."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.drawn: set[str] = set()

    @override
    def new(self, prefix: str) -> str:
        self.drawn.add(prefix)
        return self._ids.new(prefix)


class Noticing:
    """The moments of a comparison's units, and what each has changed."""

    def __init__(self, services: Services, compared: Compared) -> None:
        self._services = services
        self.compared = compared

    def now(self) -> int:
        """Microseconds UTC."""
        return self._services.clock.now_us()

    def moment(self, asked_at: int | None = None) -> tuple[Moment, _Noting]:
        """For one unit. `asked_at`: when the gateway was asked, where that counts."""
        now = moment_of(self._services)
        noting = _Noting(now.ids)
        return replace(now, now=now.now if asked_at is None else asked_at, ids=noting), noting

    def note(self, count: Count, noting: _Noting, *, is_parked: bool) -> None:
        """One thing was applied."""
        has_event = prefixes.EVENT in noting.drawn
        if is_parked:
            self.compared.parked += has_event
        elif has_event:
            count.put_right += 1
        elif prefixes.LEDGER_TRANSACTION in noting.drawn:
            self.compared.fees_put_right += 1
