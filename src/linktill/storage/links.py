"""Payment links: their terms, their counters and the one statement that claims a slot."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, case, delete, insert, or_, select, update

from linktill.core.capture import CaptureMethod
from linktill.core.ids import LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payers_language import AUTO
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.storage.answers import asking_of, asking_text
from linktill.storage.database import Row, Tx
from linktill.storage.localizations import localization_of, localization_text
from linktill.storage.pricings import pricing_of, text_of
from linktill.storage.statements import compiled
from linktill.storage.tables import link_token, link_version, payment_link

L: Final = payment_link.c
_THIS: Final = and_(L.merchant_id == bindparam("merchant_id"), L.id == bindparam("link_id"))

TERMS: Final = (
    "amount_minor",
    "currency",
    "description",
    "note",
    "reference",
    "payments_max",
    "starts_at",
    "due_at",
    "expires_at",
    "redirect_url",
    "closed_message",
    "metadata",
    "allowed_gateways",
    "denied_gateways",
    "pricing",
    "asking",
    "capture_method",
    "localization",
)
"""The columns that hold the terms."""
_LIMITS: Final = ("amount_max_minor", "full_at_minor")
"""What follows from the terms, for statements that must know it."""

_INSERT: Final = compiled(
    insert(payment_link).values(
        {
            name: bindparam(name)
            for name in (
                "merchant_id",
                "id",
                "slug",
                "status",
                "version",
                *TERMS,
                *_LIMITS,
                "is_out",
                "created_at",
                "updated_at",
                "wake_at",
            )
        }
    )
)
_SELECT: Final = compiled(select(payment_link).where(_THIS))
_SELECT_LOCKED: Final = compiled(select(payment_link).where(_THIS).with_for_update())
_UPDATE_TERMS: Final = compiled(
    update(payment_link)
    .where(_THIS, L.version == bindparam("version_before"))
    .values(
        **{name: bindparam(name) for name in (*TERMS, *_LIMITS)},
        version=bindparam("version"),
        updated_at=bindparam("updated_at"),
    )
    .returning(L.id)
)
_MOVE: Final = compiled(
    update(payment_link)
    .where(_THIS, L.status == bindparam("before"))
    .values(status=bindparam("after"), wake_at=bindparam("wake_at"), updated_at=bindparam("updated_at"))
    .returning(L.id)
)
_WAKE: Final = compiled(update(payment_link).where(_THIS).values(wake_at=bindparam("wake_at")))
_COUNTED: Final = case(
    (L.currency == bindparam("currency"), bindparam("amount_minor", type_=BigInteger)), else_=0
)
"""What a payment adds to the link's sums, which are in its own currency: of one in another, nothing."""
_HAS_ROOM: Final = and_(
    or_(L.payments_max.is_(None), L.slots_taken < L.payments_max),
    or_(L.amount_max_minor.is_(None), L.taken_minor <= L.amount_max_minor - _COUNTED),
)
_ONE_MORE: Final = {"slots_taken": L.slots_taken + 1, "taken_minor": L.taken_minor + _COUNTED}
_CLAIM_SLOT: Final = compiled(
    update(payment_link)
    .where(
        _THIS,
        L.version == bindparam("version"),
        or_(L.status == "active", L.status == "scheduled"),
        _HAS_ROOM,
        or_(L.starts_at.is_(None), L.starts_at <= bindparam("now")),
        or_(L.expires_at.is_(None), L.expires_at > bindparam("now")),
    )
    .values(**_ONE_MORE)
    .returning(L.slots_taken)
)
_CLAIM_SLOT_LATE: Final = compiled(
    update(payment_link).where(_THIS, _HAS_ROOM).values(**_ONE_MORE).returning(L.keeps_count)
)
_FREE_SLOT: Final = compiled(
    update(payment_link)
    .where(_THIS)
    .values(slots_taken=L.slots_taken - 1, taken_minor=L.taken_minor - _COUNTED)
    .returning(L.keeps_count)
)
_KEEP_COUNT: Final = compiled(update(payment_link).where(_THIS, L.keeps_count == 0).values(keeps_count=1))
_SET_OUT: Final = compiled(update(payment_link).where(_THIS).values(is_out=bindparam("out")))
_COUNT_CAPTURE: Final = compiled(
    update(payment_link)
    .where(_THIS)
    .values(captured_count=L.captured_count + 1, captured_minor=L.captured_minor + _COUNTED)
    .returning(payment_link)
)
_UNCOUNT_CAPTURE: Final = compiled(
    update(payment_link)
    .where(_THIS)
    .values(captured_count=L.captured_count - 1, captured_minor=L.captured_minor - _COUNTED)
    .returning(payment_link)
)
_COUNT_REFUND: Final = compiled(
    update(payment_link).where(_THIS).values(refunded_minor=L.refunded_minor + _COUNTED)
)
_INSERT_VERSION: Final = compiled(
    insert(link_version).values(
        {name: bindparam(name) for name in ("merchant_id", "link_id", "version", "at", "by", "terms")}
    )
)
_INSERT_TOKEN: Final = compiled(
    insert(link_token).values({name: bindparam(name) for name in ("merchant_id", "token", "link_id")})
)
_DELETE_TOKENS: Final = compiled(
    delete(link_token).where(
        link_token.c.merchant_id == bindparam("merchant_id"), link_token.c.link_id == bindparam("link_id")
    )
)


def link_of(row: Row) -> PaymentLink:
    """A row of `select(payment_link)` as a link."""
    (merchant_id, link_id, slug, status, version, *terms, _amount_max, _full_at, slots_taken, taken_minor, captured_count,
     captured_minor, refunded_minor, is_out, keeps_count, created_at, updated_at, _wake_at) = row  # fmt: skip
    return PaymentLink(
        merchant_id,
        link_id,
        slug,
        LinkStatus(status),
        version,
        terms_of(terms),
        slots_taken,
        captured_count,
        captured_minor,
        refunded_minor,
        created_at,
        updated_at,
        taken_minor,
        is_out == 1,
        keeps_count == 1,
    )


def terms_of(kept: Sequence[Any]) -> LinkTerms:
    """What `TERMS` hold, in their order, as terms."""
    (amount, currency, description, note, reference, payments_max, starts_at, due_at, expires_at, redirect_url,
     closed_message, metadata, allowed, denied, pricing, asking, capture_method, localization) = kept  # fmt: skip
    locale, translations = localization_of(localization) if localization else (AUTO, {})
    return LinkTerms(
        Money(amount, currency),
        description,
        note,
        reference,
        payments_max,
        starts_at,
        due_at,
        expires_at,
        redirect_url,
        closed_message,
        json.loads(metadata) if metadata != "{}" else {},
        tuple(allowed.split()),
        tuple(denied.split()),
        pricing_of(pricing) if pricing else None,
        asking_of(asking) if asking else None,
        CaptureMethod(capture_method) if capture_method else CaptureMethod.AUTOMATIC,
        locale,
        translations,
    )


def _terms_parameters(terms: LinkTerms) -> dict[str, str | int | None]:
    return {
        "amount_minor": terms.amount.minor,
        "currency": terms.amount.currency,
        "description": terms.description,
        "note": terms.note,
        "reference": terms.reference,
        "payments_max": terms.payments_max,
        "starts_at": terms.starts_at,
        "due_at": terms.due_at,
        "expires_at": terms.expires_at,
        "redirect_url": terms.redirect_url,
        "closed_message": terms.closed_message,
        "metadata": json.dumps(dict(terms.metadata), ensure_ascii=False, separators=(",", ":")),
        "allowed_gateways": " ".join(terms.allowed_gateways),
        "denied_gateways": " ".join(terms.denied_gateways),
        "pricing": "" if terms.pricing is None else text_of(terms.pricing),
        "asking": None if terms.asking is None else asking_text(terms.asking),
        "capture_method": None if terms.capture_method is CaptureMethod.AUTOMATIC else terms.capture_method,
        "localization": localization_text(terms.locale, terms.translations),
    }


def _limits(terms: LinkTerms) -> dict[str, int | None]:
    return {"amount_max_minor": terms.amount_max_minor, "full_at_minor": terms.full_at_minor}


def terms_text(terms: LinkTerms) -> str:
    """Terms as JSON: an object of all `TERMS`."""
    return json.dumps(_terms_parameters(terms), ensure_ascii=False, separators=(",", ":"))


def wake_at(link: PaymentLink, status: LinkStatus) -> int | None:
    """When the clock will next change the status of a link that stands so, or None."""
    if status is LinkStatus.SCHEDULED:
        return link.terms.starts_at
    if status in {LinkStatus.ACTIVE, LinkStatus.PAUSED}:
        return link.terms.expires_at
    return None


async def insert_link(tx: Tx, link: PaymentLink) -> None:
    """A new link; its slug must have been claimed in the directory."""
    await tx.run(
        _INSERT,
        merchant_id=link.merchant_id,
        id=link.id,
        slug=link.slug,
        status=link.status,
        version=link.version,
        **_terms_parameters(link.terms),
        **_limits(link.terms),
        is_out=int(link.is_out),
        created_at=link.created_at,
        updated_at=link.updated_at,
        wake_at=wake_at(link, link.status),
    )


async def get_link(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink | None:
    """The link, or None if this merchant has none of that id."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, link_id=link_id)
    return None if row is None else link_of(row)


async def lock_link(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink | None:
    """Like `get_link`, and nobody else changes it until this unit ends."""
    row = await tx.one(_SELECT_LOCKED, merchant_id=merchant_id, link_id=link_id)
    return None if row is None else link_of(row)


async def update_terms(tx: Tx, link: PaymentLink, *, version_before: int) -> bool:
    """Stores the link's terms as its new version. False: someone was faster."""
    row = await tx.one(
        _UPDATE_TERMS,
        merchant_id=link.merchant_id,
        link_id=link.id,
        version_before=version_before,
        version=link.version,
        updated_at=link.updated_at,
        **_terms_parameters(link.terms),
        **_limits(link.terms),
    )
    return row is not None


async def move_link(tx: Tx, link: PaymentLink, after: LinkStatus, *, now: int) -> bool:
    """Moves the status if it still is what `link` says. False: someone was faster."""
    row = await tx.one(
        _MOVE,
        merchant_id=link.merchant_id,
        link_id=link.id,
        before=link.status,
        after=after,
        wake_at=wake_at(link, after),
        updated_at=now,
    )
    return row is not None


async def set_wake(tx: Tx, link: PaymentLink) -> None:
    """Tells the worker when to look at the link again, after its terms changed."""
    await tx.run(_WAKE, merchant_id=link.merchant_id, link_id=link.id, wake_at=wake_at(link, link.status))


def _counted(amount: Money) -> dict[str, str | int]:
    return {"amount_minor": amount.minor, "currency": amount.currency}


async def claim_slot(tx: Tx, link: PaymentLink, amount: Money, *, now: int) -> bool:
    """Takes a place for this payment on the link if it is payable now, in the version of `link`. False: it is not."""
    row = await tx.one(
        _CLAIM_SLOT,
        merchant_id=link.merchant_id,
        link_id=link.id,
        version=link.version,
        now=now,
        **_counted(amount),
    )
    return row is not None


async def claim_slot_late(tx: Tx, merchant_id: MerchantId, link_id: LinkId, amount: Money) -> bool | None:
    """Takes a place for money that came after its slot was freed, whatever the link's status. None: it is full; else whether
    its payments hold more than a place.
    """
    row = await tx.one(_CLAIM_SLOT_LATE, merchant_id=merchant_id, link_id=link_id, **_counted(amount))
    return None if row is None else row[0] == 1


async def free_slot(tx: Tx, merchant_id: MerchantId, link_id: LinkId, amount: Money) -> bool:
    """Gives a place back. Answers whether payments of the link hold more than that."""
    row = await tx.one(_FREE_SLOT, merchant_id=merchant_id, link_id=link_id, **_counted(amount))
    assert row is not None, "links are not deleted"
    return bool(row[0])


async def keep_count(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> None:
    """From now on payments of this link hold more than a place."""
    await tx.run(_KEEP_COUNT, merchant_id=merchant_id, link_id=link_id)


async def set_out(tx: Tx, merchant_id: MerchantId, link_id: LinkId, *, is_out: bool) -> None:
    """Notes whether what has to be bought is sold out."""
    await tx.run(_SET_OUT, merchant_id=merchant_id, link_id=link_id, out=int(is_out))


async def count_capture(tx: Tx, merchant_id: MerchantId, link_id: LinkId, amount: Money) -> PaymentLink:
    """Counts a payment that is not surplus; answers the link as it is then."""
    row = await tx.one(_COUNT_CAPTURE, merchant_id=merchant_id, link_id=link_id, **_counted(amount))
    assert row is not None, "a payment belongs to a link"
    return link_of(row)


async def uncount_capture(tx: Tx, merchant_id: MerchantId, link_id: LinkId, amount: Money) -> PaymentLink:
    """A payment that counted is open again, and keeps its place; answers the link as it is then."""
    row = await tx.one(_UNCOUNT_CAPTURE, merchant_id=merchant_id, link_id=link_id, **_counted(amount))
    assert row is not None, "a payment belongs to a link"
    return link_of(row)


async def count_refund(tx: Tx, merchant_id: MerchantId, link_id: LinkId, amount: Money) -> None:
    """Adds to what was refunded; negative when a refund bounced."""
    await tx.run(_COUNT_REFUND, merchant_id=merchant_id, link_id=link_id, **_counted(amount))


async def insert_version(tx: Tx, link: PaymentLink, *, by: str, at: int) -> None:
    """Keeps the terms of this version for good."""
    await tx.run(
        _INSERT_VERSION,
        merchant_id=link.merchant_id,
        link_id=link.id,
        version=link.version,
        at=at,
        by=by,
        terms=terms_text(link.terms),
    )


async def set_tokens(tx: Tx, link: PaymentLink, tokens: Iterable[str], *, is_new: bool) -> None:
    """Makes the link findable under these words."""
    if not is_new:
        await tx.run(_DELETE_TOKENS, merchant_id=link.merchant_id, link_id=link.id)
    rows = [{"merchant_id": link.merchant_id, "token": token, "link_id": link.id} for token in tokens]
    if rows:
        await tx.many(_INSERT_TOKEN, rows)
