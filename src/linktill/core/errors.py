"""Refusals by the rules. A surface turns each into words and a status (`api/problems.py`); nothing here knows HTTP.

A refusal means that nothing moved. A declined card is a fact, not an exception.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Source(StrEnum):
    """Who can mend it."""

    PAYER = "payer"
    MERCHANT = "merchant"
    GATEWAY = "gateway"
    ISSUER = "issuer"
    LINKTILL = "linktill"


class Refusal(Exception):
    """Base of everything that the rules refuse. `code` is stable, `str(refusal)` is for people.

    `param` is the dotted name of the field at fault, or None where no single field is.
    """

    code: ClassVar[str] = "refused"
    source: ClassVar[Source] = Source.MERCHANT
    is_retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """As `str(refusal)`; where it is a `Sentence`, payers can read it in their own language."""
        self.param = param


class FieldInvalid(Refusal):
    """A field holds something that it must not hold; the message says what it may hold."""

    code = "field_invalid"

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message, param=param)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault, as listed by `FieldsInvalid`."""

    param: str
    message: str


class FieldsInvalid(FieldInvalid):
    """Several fields at fault, all named at once so that nobody has to mend them one by one."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        assert errors, "a refusal names what it refuses"
        super().__init__(errors[0].param, errors[0].message)
        self.errors = errors


class NotFound(Refusal):
    """No such object for this merchant. Says the same for one that another merchant has."""

    code = "not_found"


class LinkNotPayable(Refusal):
    """The link does not take payments now. `reason` is the link's payability, such as `link_expired`."""

    code = "link_not_payable"
    source = Source.PAYER

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class PriceChanged(Refusal):
    """What the payer saw is not what the link asks now; they must agree to the new price first."""

    code = "price_changed"
    source = Source.PAYER


class PaymentInProgress(Refusal):
    """Another checkout holds the last slot of this link."""

    code = "payment_in_progress"
    source = Source.PAYER
    is_retryable = True


class TransitionRefused(Refusal):
    """The object's status does not allow the action."""

    code = "transition_refused"


class RefundTooLarge(Refusal):
    """More than what is left of the payment, pending refunds counted."""

    code = "refund_too_large"


class CurrencyMismatch(Refusal):
    """Two amounts of different currencies met where one currency is needed."""

    code = "currency_mismatch"


class IdempotencyMismatch(Refusal):
    """The idempotency key was used before with another request."""

    code = "idempotency_mismatch"


class IdempotencyInProgress(Refusal):
    """A request with this idempotency key is running."""

    code = "idempotency_in_progress"
    is_retryable = True


class VersionConflict(Refusal):
    """The object changed since it was read."""

    code = "version_conflict"
    is_retryable = True


class GatewayTrouble(Refusal):
    """The gateway could not be used. Nothing was charged."""

    code = "gateway_unavailable"
    source = Source.GATEWAY
    is_retryable = True


class WayNotOffered(Refusal):
    """The gateway that the payer has chosen is not offered for this link now."""

    code = "way_not_offered"
    source = Source.PAYER


class NoRoom(Refusal):
    """The disk is nearly full, and what is left is kept for payments that were begun: nothing new is."""

    code = "storage_full"
    source = Source.LINKTILL
    is_retryable = True


class SignInRefused(Refusal):
    """E-mail address and password do not fit, or no session. Says nothing about which."""

    code = "sign_in_refused"


class TooMany(Refusal):
    """A limit was reached; try again later or remove something."""

    code = "too_many"
