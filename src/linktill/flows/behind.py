"""A webhook can be faster than the replica that the gateway answers look-ups from: it says how something ended, and the
look-up still shows what was before.

The event is never applied, and neither is what was before: the webhook waits as if the look-up had found nothing. The
books are asked, not the fact: what they know already needs no look-up, and what came after the event outranks it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.payment_attempt import OPEN, AttemptStatus, FactKind
from linktill.core.refund import RefundFactKind, RefundStatus

_CLOSED: Final = frozenset(AttemptStatus) - OPEN
_PAYMENT: Final[Mapping[FactKind, frozenset[AttemptStatus]]] = MappingProxyType(
    {
        # A person looks at what needs review already, and would not see more.
        FactKind.CAPTURED: frozenset({AttemptStatus.CAPTURED, AttemptStatus.NEEDS_REVIEW}),
        FactKind.FAILED: _CLOSED,
        FactKind.CANCELED: _CLOSED,
    }
)
# Where the gateway uses a word that we do not know, a person is told and it is asked on: `unknown` is an answer.
_BACK: Final = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED, RefundStatus.UNKNOWN})
_REFUND: Final[Mapping[RefundFactKind, frozenset[RefundStatus]]] = MappingProxyType(
    {
        RefundFactKind.SUCCEEDED: _BACK | {RefundStatus.SUCCEEDED},
        RefundFactKind.FAILED: _BACK,
        RefundFactKind.CANCELED: _BACK,
    }
)


def is_payment_behind(end: FactKind | None, books: AttemptStatus) -> bool:
    """Does the event say more than the books, with the look-up applied? `end` None: it says nothing of an end."""
    return end is not None and books not in _PAYMENT.get(end, frozenset(AttemptStatus))


def is_refund_behind(end: RefundFactKind | None, books: RefundStatus) -> bool:
    """The same for a refund."""
    return end is not None and books not in _REFUND.get(end, frozenset(RefundStatus))
