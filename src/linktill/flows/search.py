"""Finds links, payments, customers, disputes, payouts and coupons by words, by an amount, or by an id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.coupon import Coupon
from linktill.core.customer import Customer
from linktill.core.dispute import Dispute
from linktill.core.ids import (
    AttemptId,
    CouponId,
    CustomerId,
    DisputeId,
    LinkId,
    MerchantId,
    PayoutId,
    RefundId,
    SessionId,
)
from linktill.core.money import Money
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink, standing
from linktill.core.payout import Payout
from linktill.core.search import TEXT_MAX, amount_tokens
from linktill.flows.services import Services
from linktill.storage import attempts, coupons, customers, disputes, links, payouts, refunds
from linktill.storage.database import Tx
from linktill.storage.link_lists import tokens_of
from linktill.storage.overview import descriptions_of
from linktill.storage.search import WORDS_MAX, Asked, Kind, find_ids

Thing = PaymentLink | PaymentAttempt | Customer | Dispute | Payout | Coupon


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found. `note`: a second line, may be empty; `at`: when it was made.

    `thing` is what it is.
    """

    kind: Kind
    id: str
    title: str
    note: str
    status: str
    """As stored; empty for what has none."""
    amount: Money | None
    at: int
    thing: Thing


@dataclass(frozen=True, slots=True)
class Hits:
    """The newest of one kind."""

    kind: Kind
    hits: tuple[Hit, ...]
    has_more: bool


def asked_of(text: str) -> Asked:
    """A search as it was typed. Without words and amounts it finds nothing."""
    text = text.replace("\x00", "")[:TEXT_MAX]
    return Asked(tokens_of(text)[:WORDS_MAX], amount_tokens(text))


async def search(services: Services, merchant_id: MerchantId, text: str, *, limit: int) -> tuple[Hits, ...]:
    """At most `limit` of each kind, newest first, kinds without any left out. An id finds what it is of."""
    return await services.database.report(_search, merchant_id, text.strip(), limit, services.clock.now_us())


async def _search(tx: Tx, merchant_id: MerchantId, text: str, limit: int, now: int) -> tuple[Hits, ...]:
    by_id = await _by_id(tx, merchant_id, text)
    if by_id is not None:
        return (Hits(by_id[0], await _hits(tx, merchant_id, by_id[0], [by_id[1]], now), has_more=False),)
    asked, found = asked_of(text), list[Hits]()
    for kind in Kind:
        ids = await find_ids(tx, merchant_id, kind, asked, limit=limit + 1)
        hits = await _hits(tx, merchant_id, kind, ids[:limit], now)
        if hits:
            found.append(Hits(kind, hits, has_more=len(ids) > limit))
    return tuple(found)


async def _by_id(tx: Tx, merchant_id: MerchantId, text: str) -> tuple[Kind, str] | None:
    """Kind and id of what the text is the id of; a refund's leads to its payment."""
    text = text if len(text) <= TEXT_MAX and text.isascii() and text.isprintable() else ""
    for prefix, kind in _PREFIXES:
        if text.startswith(prefix) and await _get(tx, merchant_id, kind, text) is not None:
            return kind, text
    if text.startswith(prefixes.REFUND):
        refund = await refunds.get_refund(tx, merchant_id, RefundId(text))
        return None if refund is None else (Kind.PAYMENT, refund.attempt_id)
    return None


_PREFIXES: Final = (
    (prefixes.LINK, Kind.LINK),
    (prefixes.ATTEMPT, Kind.PAYMENT),
    (prefixes.CUSTOMER, Kind.CUSTOMER),
    (prefixes.DISPUTE, Kind.DISPUTE),
    (prefixes.PAYOUT, Kind.PAYOUT),
    (prefixes.COUPON, Kind.COUPON),
)


async def _get(tx: Tx, merchant_id: MerchantId, kind: Kind, object_id: str) -> Thing | None:
    match kind:
        case Kind.LINK:
            return await links.get_link(tx, merchant_id, LinkId(object_id))
        case Kind.PAYMENT:
            return await attempts.get_attempt(tx, merchant_id, AttemptId(object_id))
        case Kind.CUSTOMER:
            return await customers.get_customer(tx, merchant_id, CustomerId(object_id))
        case Kind.DISPUTE:
            return await disputes.get_dispute(tx, merchant_id, DisputeId(object_id))
        case Kind.PAYOUT:
            return await payouts.get_payout(tx, merchant_id, PayoutId(object_id))
        case _:
            return await coupons.get_coupon(tx, merchant_id, CouponId(object_id))


async def _hits(
    tx: Tx, merchant_id: MerchantId, kind: Kind, object_ids: Sequence[str], now: int
) -> tuple[Hit, ...]:
    things = [await _get(tx, merchant_id, kind, object_id) for object_id in object_ids]
    sessions = [thing.session_id for thing in things if isinstance(thing, PaymentAttempt)]
    shown = await descriptions_of(tx, merchant_id, sessions) if sessions else dict[SessionId, str]()
    return tuple(_hit(thing, shown, now) for thing in things if thing is not None)


def _hit(thing: Thing, shown: dict[SessionId, str], now: int) -> Hit:
    match thing:
        case PaymentLink():
            terms = thing.terms
            due = terms.due if terms.due.minor else None
            return Hit(Kind.LINK, thing.id, terms.description, terms.reference, standing(thing, now).value, due,
                       thing.created_at, thing)  # fmt: skip
        case PaymentAttempt():
            payer = thing.payer_email or thing.payer_name or ""
            return Hit(Kind.PAYMENT, thing.id, shown.get(thing.session_id, ""), payer, thing.status.value,
                       thing.amount, thing.captured_at or thing.created_at, thing)  # fmt: skip
        case Customer():
            note = thing.email if thing.email != thing.label else ""
            return Hit(Kind.CUSTOMER, thing.id, thing.label, note, "", None, thing.created_at, thing)
        case Dispute():
            title = thing.reason.replace("_", " ").capitalize()
            return Hit(Kind.DISPUTE, thing.id, title, thing.gateway_ref, thing.status.value, thing.amount,
                       thing.created_at, thing)  # fmt: skip
        case Payout():
            title = thing.gateway_ref or thing.note or thing.id
            return Hit(Kind.PAYOUT, thing.id, title, thing.note if title != thing.note else "",
                       thing.status.value, thing.amount, thing.made_at, thing)  # fmt: skip
        case Coupon():
            return Hit(Kind.COUPON, thing.id, thing.code, thing.name, "", None, thing.created_at, thing)
