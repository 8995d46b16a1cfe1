"""A coupon by hand: made, looked at, edited, switched off and on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.coupon import LINKS_MAX, Coupon, state_of
from linktill.core.errors import (
    FieldInvalid,
    FieldsInvalid,
    IdempotencyMismatch,
    TooMany,
    VersionConflict,
)
from linktill.core.ids import CouponId, LinkId
from linktill.flows.idempotent import Answer as Kept
from linktill.flows.idempotent import idempotently
from linktill.flows.manage_coupons import edit_coupon, new_coupon, read_coupon, store_coupon, switch_coupon
from linktill.flows.manage_links import find_links
from linktill.flows.services import moment_of
from linktill.storage.events import list_events_of
from linktill.storage.link_lists import descriptions_of
from linktill.web.answer import Answer
from linktill.web.dashboard.coupon.read import (
    form_field,
    read_coupon_form,
    values_of,
    values_of_coupon,
)
from linktill.web.dashboard.coupon.view import CouponPage, CouponValues, LinkChoice, NewCouponPage
from linktill.web.dashboard.coupons.routes import PATH, off_of
from linktill.web.dashboard.currencies import currencies
from linktill.web.dashboard.desk import LANG, Desk, Visitor
from linktill.web.dashboard.once import once
from linktill.web.dashboard.rows import timeline
from linktill.web.form import Form

LINKS_SHOWN: Final = 50
"""So many links, the newest, can be ticked, and whatever the coupon is for already."""
_MOMENT: Final = re.compile("[0-9]{1,18}")


def coupon_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes. `new` stands before `{id}`, which it cannot be."""
    pages = _Coupon(desk)
    return (
        desk.page(f"{PATH}/new", pages.show_new),
        desk.form(PATH, pages.create),
        desk.page(f"{PATH}/{{id:str}}", pages.show),
        desk.form(f"{PATH}/{{id:str}}", pages.save),
        desk.form(f"{PATH}/{{id:str}}/on", pages.switch_on),
        desk.form(f"{PATH}/{{id:str}}/off", pages.switch_off),
    )


class _Coupon:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def show_new(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/coupons/new`."""
        values = CouponValues(currency=visitor.who.merchant.currency)
        return await self._new_page(visitor, values, {})

    async def create(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/coupons`."""
        services = self._desk.services
        values = values_of(form, CouponValues(currency=visitor.who.merchant.currency))
        read = read_coupon_form(values, now=services.clock.now_us())
        if read.errors:
            return await self._new_page(visitor, values, read.errors, status=422)
        if not form.text("submit_token"):
            problem = "This form was not complete. Press the button again."
            return await self._new_page(visitor, values, {}, status=422, problem=problem)
        try:
            coupon = new_coupon(services, visitor.merchant_id, read.edit(None))
            made = await idempotently(
                services,
                visitor.merchant_id,
                once(form, PATH),
                partial(store_coupon, moment=moment_of(services), coupon=coupon),
                lambda stored: Kept(303, stored.id.encode()),
            )
        except IdempotencyMismatch:
            problem = "This form has made a coupon already. Press the button again to make another one."
            return await self._new_page(visitor, values, {}, status=409, problem=problem)
        except TooMany as refused:
            return await self._new_page(visitor, values, {}, status=409, problem=str(refused))
        except FieldInvalid as invalid:
            return await self._new_page(visitor, values, _told(invalid), status=422)
        services.wake.now()
        return self._desk.done(f"{PATH}/{made.body.decode()}", "coupon_created")

    async def show(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/coupons/{id}`."""
        coupon = await self._coupon(visitor)
        values = values_of_coupon(coupon, visitor.who.merchant.currency)
        return await self._page(visitor, coupon, values, {})

    async def save(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/coupons/{id}`."""
        services = self._desk.services
        coupon = await self._coupon(visitor)
        values = values_of(form, values_of_coupon(coupon, visitor.who.merchant.currency))
        if coupon.amount_minor and coupon.currency is not None:
            values = replace(values, currency=coupon.currency)
        read = read_coupon_form(values, now=services.clock.now_us(), before=coupon)
        if read.errors:
            return await self._page(visitor, coupon, values, read.errors, status=422)
        try:
            # A form that does not say what it showed could overwrite what its writer never saw.
            seen = form.text("seen_at")
            seen_at = int(seen) if _MOMENT.fullmatch(seen) else 0
            await edit_coupon(services, visitor.merchant_id, coupon.id, read.edit, seen_at=seen_at)
        except VersionConflict:
            problem = (
                "Someone else has changed this coupon since you opened it. Check your values and save again."
            )
            return await self._page(
                visitor, await self._coupon(visitor), values, {}, status=409, problem=problem
            )
        except TooMany as refused:
            return await self._page(visitor, coupon, values, {}, status=409, problem=str(refused))
        except FieldInvalid as invalid:
            return await self._page(visitor, coupon, values, _told(invalid), status=422)
        return self._desk.done(f"{PATH}/{coupon.id}", "coupon_saved")

    async def switch_on(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /dashboard/coupons/{id}/on`."""
        return await self._switch(visitor, is_active=True)

    async def switch_off(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /dashboard/coupons/{id}/off`."""
        return await self._switch(visitor, is_active=False)

    async def _switch(self, visitor: Visitor, *, is_active: bool) -> Answer:
        coupon_id = CouponId(visitor.id(prefixes.COUPON))
        await switch_coupon(self._desk.services, visitor.merchant_id, coupon_id, is_active=is_active)
        return self._desk.done(f"{PATH}/{coupon_id}", "coupon_on" if is_active else "coupon_off")

    async def _coupon(self, visitor: Visitor) -> Coupon:
        coupon_id = CouponId(visitor.id(prefixes.COUPON))
        return await read_coupon(self._desk.services, visitor.merchant_id, coupon_id)

    async def _new_page(
        self,
        visitor: Visitor,
        values: CouponValues,
        errors: Mapping[str, str],
        *,
        status: int = 200,
        problem: str | None = None,
    ) -> Answer:
        desk = self._desk
        page = NewCouponPage(
            desk.shell(visitor),
            desk.submit_token(),
            currencies(LANG),
            await self._choices(visitor, values),
            values,
            errors,
            problem,
        )
        return desk.show(visitor, page, status=status)

    async def _page(
        self,
        visitor: Visitor,
        coupon: Coupon,
        values: CouponValues,
        errors: Mapping[str, str],
        *,
        status: int = 200,
        problem: str | None = None,
    ) -> Answer:
        desk = self._desk
        services = desk.services
        events = await services.database.read(list_events_of, visitor.merchant_id, coupon.id)
        page = CouponPage(
            desk.shell(visitor),
            coupon.id,
            coupon.code,
            coupon.label,
            state_of(coupon, services.clock.now_us()).value,
            off_of(coupon),
            bool(coupon.amount_minor),
            coupon.is_active,
            coupon.created_at,
            coupon.updated_at,
            currencies(LANG),
            await self._choices(visitor, values),
            values,
            errors,
            problem,
            timeline(events, has_links=False),
        )
        return desk.show(visitor, page, status=status)

    async def _choices(self, visitor: Visitor, values: CouponValues) -> tuple[LinkChoice, ...]:
        services = self._desk.services
        ticked = [LinkId(each) for each in values.links.split() if each.isascii()][:LINKS_MAX]
        newest = (await find_links(services, visitor.merchant_id, limit=LINKS_SHOWN)).links
        names = {link.id: link.terms.description for link in newest}
        older = [link_id for link_id in ticked if link_id not in names]
        if older:
            names = await services.database.read(descriptions_of, visitor.merchant_id, older) | names
        return tuple(LinkChoice(link_id, name, link_id in ticked) for link_id, name in names.items())


def _told(invalid: FieldInvalid) -> dict[str, str]:
    """What the database had against it, or the clock in the meantime."""
    if isinstance(invalid, FieldsInvalid):
        return {form_field(error.param): error.message for error in invalid.errors}
    return {form_field(invalid.param or "code"): str(invalid)}
