"""A merchant makes, edits, switches, finds and reads coupons. Who uses one is told in flows/start_payment.py."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.coupon import AUTOMATIC_MAX, Coupon, CouponFields, Owner, checked_coupon, fields_of
from linktill.core.errors import FieldInvalid, NotFound, TooMany, VersionConflict
from linktill.core.events import EventType
from linktill.core.ids import CouponId, LinkId, MerchantId
from linktill.flows.announce import Subject, announce
from linktill.flows.coupon_objects import coupon_object
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import coupons
from linktill.storage.coupons import BEFORE_ALL, EVERY_COUPON, CouponFilter
from linktill.storage.database import Tx
from linktill.storage.link_lists import descriptions_of
from linktill.storage.merchants import lock_merchant

PAGE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class CouponPage:
    """One page of a list; `next_cursor` None: there are no more."""

    coupons: list[Coupon]
    next_cursor: CouponId | None


def new_coupon(services: Services, merchant_id: MerchantId, fields: CouponFields) -> Coupon:
    """A coupon that is not stored yet. Raises FieldsInvalid."""
    owner = Owner(merchant_id, CouponId(services.ids.new(prefixes.COUPON)))
    return checked_coupon(fields, owner, now=services.clock.now_us())


async def create_coupon(services: Services, merchant_id: MerchantId, fields: CouponFields) -> Coupon:
    """A new coupon. Raises FieldInvalid, also where another one has its code, and TooMany."""
    coupon = new_coupon(services, merchant_id, fields)
    stored = await services.database.run(store_coupon, moment_of(services), coupon)
    services.wake.now()
    return stored


async def store_coupon(tx: Tx, moment: Moment, coupon: Coupon) -> Coupon:
    """Unit: run again after a lost answer, it finds its own."""
    await lock_merchant(tx, coupon.merchant_id)  # two who take one code, or the last place, see each other
    known = await coupons.get_coupon(tx, coupon.merchant_id, coupon.id)
    if known is not None:
        return known
    other = await coupons.coupon_by_key(tx, coupon.merchant_id, coupon.key)
    if other is not None:
        raise FieldInvalid("code", f"There is a coupon with the code {other.code}. Choose another code.")
    await _check_links(tx, coupon, ())
    await _check_automatic(tx, coupon)
    await coupons.insert_coupon(tx, coupon)
    await _announce(tx, moment, EventType.COUPON_CREATED, coupon)
    return coupon


async def edit_coupon(
    services: Services,
    merchant_id: MerchantId,
    coupon_id: CouponId,
    edit: Callable[[CouponFields], CouponFields],
    *,
    seen_at: int | None = None,
) -> Coupon:
    """The coupon as it is then; whoever is paying with it pays what they were shown. Raises NotFound, FieldsInvalid, TooMany.

    `seen_at`: the `updated_at` that the editor saw; VersionConflict where somebody else has changed it since.
    """
    edited = await services.database.run(_edit, moment_of(services), merchant_id, coupon_id, edit, seen_at)
    services.wake.now()
    return edited


async def switch_coupon(
    services: Services, merchant_id: MerchantId, coupon_id: CouponId, *, is_active: bool
) -> Coupon:
    """On or off. Raises NotFound and TooMany."""
    return await edit_coupon(
        services, merchant_id, coupon_id, lambda fields: replace(fields, is_active=is_active)
    )


async def read_coupon(services: Services, merchant_id: MerchantId, coupon_id: CouponId) -> Coupon:
    """The coupon. Raises NotFound."""
    return await services.database.read(_known, merchant_id, coupon_id)


async def find_coupons(
    services: Services,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str = BEFORE_ALL,
    wanted: CouponFilter = EVERY_COUPON,
) -> CouponPage:
    """Newest first. `limit` is at most 100."""
    limit = max(1, min(limit, PAGE_MAX))
    return await services.database.read(_find, merchant_id, limit=limit, before=before, wanted=wanted)


async def _find(
    tx: Tx, merchant_id: MerchantId, *, limit: int, before: str, wanted: CouponFilter
) -> CouponPage:
    found = await coupons.list_coupons(tx, merchant_id, limit=limit + 1, before=before, wanted=wanted)
    shown = found[:limit]
    return CouponPage(shown, shown[-1].id if len(found) > limit else None)


async def _edit(
    tx: Tx,
    moment: Moment,
    merchant_id: MerchantId,
    coupon_id: CouponId,
    edit: Callable[[CouponFields], CouponFields],
    seen_at: int | None,
) -> Coupon:
    await lock_merchant(tx, merchant_id)
    before = await _known(tx, merchant_id, coupon_id)
    owner = Owner(merchant_id, coupon_id)
    after = checked_coupon(edit(fields_of(before)), owner, now=moment.now, before=before)
    if after == before:
        return before
    if seen_at is not None and seen_at != before.updated_at:
        raise VersionConflict("Somebody else has changed this coupon. Read it again.")
    await _check_links(tx, after, before.link_ids)
    if not (before.is_active and before.is_automatic):
        await _check_automatic(tx, after)
    await coupons.update_coupon(tx, after)
    await _announce(tx, moment, EventType.COUPON_UPDATED, after)
    return after


async def _known(tx: Tx, merchant_id: MerchantId, coupon_id: CouponId) -> Coupon:
    found = await coupons.get_coupon(tx, merchant_id, coupon_id)
    if found is None:
        raise NotFound(f"There is no coupon {coupon_id}.", param="id")
    return found


async def _check_links(tx: Tx, coupon: Coupon, before: tuple[LinkId, ...]) -> None:
    """A link that is not there would make a coupon that nobody can use."""
    added = [link_id for link_id in coupon.link_ids if link_id not in before]
    known = await descriptions_of(tx, coupon.merchant_id, added) if added else {}
    for link_id in added:
        if link_id not in known:
            raise FieldInvalid("payment_link_ids", f"There is no payment link {link_id}.")


async def _check_automatic(tx: Tx, coupon: Coupon) -> None:
    if not (coupon.is_automatic and coupon.is_active):
        return
    if len(await coupons.automatic_coupons(tx, coupon.merchant_id)) >= AUTOMATIC_MAX:
        raise TooMany(
            f"{AUTOMATIC_MAX} coupons at most are on and apply by themselves. Switch one off that is not needed."
        )


async def _announce(tx: Tx, moment: Moment, event: EventType, coupon: Coupon) -> None:
    await announce(
        tx, moment, event, Subject(coupon.merchant_id, coupon.id), coupon_object(coupon, moment.now)
    )
