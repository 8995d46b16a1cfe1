"""Square's payouts in our words. Pure.

Source: https://developer.squareup.com/reference/square/objects/payout.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.money import Money
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.gateways.answers import Nonsense
from linktill.gateways.contract import Unavailable
from linktill.gateways.square import translate
from linktill.gateways.square.messages import Payout

_KINDS: Final[Mapping[str, PayoutFactKind]] = MappingProxyType(
    {
        "SENT": PayoutFactKind.PENDING,
        "PAID": PayoutFactKind.PAID,
        "FAILED": PayoutFactKind.FAILED,
    }
)


def payout_fact(payout: Payout) -> PayoutFact:
    """What Square says of a payout. Raises Unavailable where it does not say when it was made."""
    amount = translate.money(payout.amount_money)
    fees = [each.amount_money for each in payout.payout_fee or () if each.amount_money is not None]
    own = [fee.amount for fee in fees if fee.currency == amount.currency]
    return PayoutFact(
        gateway_ref=payout.id,
        kind=_KINDS.get(payout.status, PayoutFactKind.UNKNOWN),
        amount=amount,
        made_at=_moment(payout, payout.created_at or ""),
        # Taken, whichever sign it is written with.
        fee=Money(sum(abs(minor) for minor in own), amount.currency),
        arrives_at=_moment(payout, f"{payout.arrival_date}T12:00:00Z") if payout.arrival_date else None,
        vendor_status=payout.status,
    )


def _moment(payout: Payout, text: str) -> int:
    try:
        return translate.moment(text)
    except Nonsense as error:
        raise Unavailable(f"Square's payout {payout.id} could not be read: {error}") from error
