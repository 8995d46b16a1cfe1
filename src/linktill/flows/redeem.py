"""The coupon that a payer enters, or that applies by itself: looked up, held against its rules, put among the discounts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from linktill.core.coupon import Coupon, code_key, discount_of, refusal
from linktill.core.errors import FieldInvalid
from linktill.core.ids import COUPON, CouponId
from linktill.core.money import Money
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import AS_FILLED, Choices
from linktill.core.sentence import sentence
from linktill.core.stock import NO_LIMIT, Count
from linktill.storage.allotments import taken_of, uses_scope
from linktill.storage.coupons import automatic_coupons, coupon_by_key, coupons_by_id
from linktill.storage.database import Tx

USED_UP = sentence("This code has been used up.")
USED_BY_YOU = sentence("You have used this code already.")


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The link as its price is for this payer, and what of the coupon is taken once they pay."""

    link: PaymentLink
    wanted: tuple[Count, ...] = ()
    total: Money | None = None
    """What it comes to with the coupon; None: there is no coupon."""


def takes_codes(link: PaymentLink) -> bool:
    """Is there anything to look up?"""
    return link.terms.pricing is not None and link.terms.pricing.takes_codes


async def redeemed(
    tx: Tx, link: PaymentLink, choices: Choices = AS_FILLED, email: str | None = None, *, now: int
) -> Redeemed:
    """With the coupon of the choices, else with that of those applying by themselves that takes off the most.

    Raises FieldInvalid naming `code` for what cannot be used, and `email` where the coupon counts by customer.
    """
    if not takes_codes(link):
        return Redeemed(link)
    if choices.code:
        coupon = await coupon_by_key(tx, link.merchant_id, code_key(choices.code))
        if coupon is None:
            raise FieldInvalid("code", sentence("There is no such code."))
        found, why = _tried(link, coupon, choices, email, now)
        why = why or await _used_up(tx, coupon, email)
        if why:
            raise FieldInvalid("code", why)
        if coupon.uses_per_customer_max is not None and not email:
            raise FieldInvalid("email", sentence("For this code, write your e-mail address."))
        return found
    best = Redeemed(link)
    for coupon in await automatic_coupons(tx, link.merchant_id):
        found, why = _tried(link, coupon, choices, email, now)
        if why or (coupon.uses_per_customer_max is not None and not email):
            continue
        # A coupon that leaves nothing to be paid would leave the payer with nothing to press.
        is_better = found.total is not None and 0 < found.total.minor < _most(best)
        if is_better and not await _used_up(tx, coupon, email):
            best = found
    return best


def _most(best: Redeemed) -> int:
    """Another coupon is better if it comes to less."""
    return NO_LIMIT if best.total is None else best.total.minor


def _tried(
    link: PaymentLink, coupon: Coupon, choices: Choices, email: str | None, now: int
) -> tuple[Redeemed, str | None]:
    """The link with this coupon, and why the coupon does not hold; None: it does, if it is not used up."""
    found = _with(link, coupon, email)
    quote = found.link.terms.quote(choices)
    found = replace(found, total=quote.total)
    why = refusal(coupon, link.id, quote.currency, quote.subtotal_minor, now)
    if why is None and quote.total_minor == 0 and quote.subtotal_minor:
        why = sentence("This code leaves nothing to be paid. Ask the merchant.")
    return found, why


async def _used_up(tx: Tx, coupon: Coupon, email: str | None) -> str | None:
    merchant_id = coupon.merchant_id
    most, each = coupon.uses_max, coupon.uses_per_customer_max
    if most is not None and await taken_of(tx, merchant_id, uses_scope(coupon.id)) >= most:
        return USED_UP
    if each is not None and email and await taken_of(tx, merchant_id, uses_scope(coupon.id, email)) >= each:
        return USED_BY_YOU
    return None


def _with(link: PaymentLink, coupon: Coupon, email: str | None) -> Redeemed:
    pricing = link.terms.pricing
    assert pricing is not None, "it takes codes"
    pricing = replace(pricing, discounts=(*pricing.discounts, discount_of(coupon)))
    wanted = [Count(uses_scope(coupon.id), 1, NO_LIMIT if coupon.uses_max is None else coupon.uses_max)]
    if coupon.uses_per_customer_max is not None and email:
        wanted.append(Count(uses_scope(coupon.id, email), 1, coupon.uses_per_customer_max))
    return Redeemed(replace(link, terms=replace(link.terms, pricing=pricing)), tuple(wanted))


async def uses_limits(tx: Tx, link: PaymentLink, scopes: Sequence[str]) -> dict[str, int]:
    """How often coupons of these scopes may be used now, where there is a limit."""
    ids = [CouponId(scope.partition(":")[0]) for scope in scopes if scope.startswith(COUPON)]
    found = await coupons_by_id(tx, link.merchant_id, ids) if ids else {}
    limits: dict[str, int] = {}
    for scope in scopes:
        coupon = found.get(CouponId(scope.partition(":")[0]))
        limit = None if coupon is None else coupon.uses_per_customer_max if ":" in scope else coupon.uses_max
        if limit is not None:
            limits[scope] = limit
    return limits
