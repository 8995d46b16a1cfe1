"""Money that PayPal holds: an order with the intent AUTHORIZE, its authorization, and what becomes of that.

After the payer's approval we ask PayPal to authorize the order. PayPal keeps an authorization for 29 days and is sure of the
money for three of them. Source: https://developer.paypal.com/docs/checkout/standard/customize/authorization/
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from linktill.core.capture import EXPIRED
from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.gateways.paypal.shapes import Authorization, Order, micros

AUTHORIZATIONS: Final = "/v2/payments/authorizations"
LASTS_S: Final = 29 * 24 * 3_600
LOOK: Final = frozenset(
    {
        "AUTHORIZATION_ALREADY_CAPTURED",
        "AUTHORIZATION_DENIED",
        "AUTHORIZATION_VOIDED",
        "INVALID_RESOURCE_ID",
        "MAX_CAPTURE_COUNT_EXCEEDED",
        "ORDER_ALREADY_AUTHORIZED",
        "ORDER_COMPLETED_OR_VOIDED",
        "ORDER_NOT_APPROVED",
        "PREVIOUSLY_CAPTURED",
        "PREVIOUSLY_VOIDED",
    }
)
"""Answers that a look-up tells more about."""
GONE: Final = "AUTHORIZATION_EXPIRED"
CAPTURE_BODY: Final = b'{"final_capture":true}'
"""All of it, and nothing after that."""

_KINDS: Final[Mapping[str, FactKind]] = MappingProxyType(
    {
        "CREATED": FactKind.AUTHORIZED,
        "PENDING": FactKind.PROCESSING,
        "DENIED": FactKind.FAILED,
        "VOIDED": FactKind.CANCELED,
    }
)
"""What was captured, the captures of the order tell."""
_RANKS: Final[Mapping[FactKind, int]] = MappingProxyType(
    {
        FactKind.AUTHORIZED: 0,
        FactKind.UNKNOWN: 1,
        FactKind.PROCESSING: 2,
        FactKind.CANCELED: 3,
        FactKind.FAILED: 4,
    }
)


def main_authorization(order: Order) -> Authorization | None:
    """The one that tells how the order stands."""
    found = (each for unit in order.purchase_units for each in unit.payments.authorizations)
    return min(found, key=lambda each: _RANKS[_kind(each)], default=None)


def hold_fact(
    authorization: Authorization, order_id: str, our_reference: str | None, method: str | None
) -> AttemptFact:
    """What PayPal says of an authorization, told of its order. Raises Nonsense."""
    kind = _kind(authorization)
    ends_at = None if authorization.expiration_time is None else micros(authorization.expiration_time)
    return AttemptFact(
        kind,
        gateway_ref=order_id,
        reference=our_reference,
        method=method,
        decline_code=_end_code(authorization, kind, ends_at),
        vendor_status=f"authorization {authorization.status}",
        is_held=kind is FactKind.AUTHORIZED,
        capture_before=ends_at if kind is FactKind.AUTHORIZED else None,
    )


def gone(order_id: str, our_reference: AttemptId) -> AttemptFact:
    """PayPal would not capture it any more, since its time is over."""
    return AttemptFact(
        FactKind.CANCELED,
        gateway_ref=order_id,
        reference=our_reference,
        decline_code=EXPIRED,
        vendor_status=GONE,
    )


def _kind(authorization: Authorization) -> FactKind:
    return _KINDS.get(authorization.status, FactKind.UNKNOWN)


def _end_code(authorization: Authorization, kind: FactKind, ends_at: int | None) -> str | None:
    if kind is FactKind.FAILED:
        return authorization.status
    if kind is not FactKind.CANCELED or ends_at is None or authorization.update_time is None:
        return None
    # PayPal calls what its time has ended voided, too.
    return EXPIRED if micros(authorization.update_time) >= ends_at else None
