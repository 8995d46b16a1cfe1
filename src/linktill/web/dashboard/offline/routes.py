"""`/dashboard/offline`: how payers can pay without a gateway, and which payments wait for money."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.creditor_reference import grouped
from linktill.core.errors import FieldsInvalid
from linktill.core.offline_terms import WAIT_DAYS_MAX, OfflineFields, OfflineTerms
from linktill.flows.offline_account import find_by_reference, read_offline, set_up_offline, waiting
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.offline.view import OfflinePage, WaitingRow
from linktill.web.form import Form

PATH: Final = "/dashboard/offline"


def offline_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    services = desk.services

    async def show_offline(visitor: Visitor) -> Answer:
        sought = visitor.query("q").strip()[:100]
        if sought:
            found = await find_by_reference(services, visitor.merchant_id, sought)
            if found is not None:
                return see_other(f"/dashboard/payments/{found}")
        terms = await read_offline(services, visitor.merchant_id)
        fields = OfflineFields() if terms is None else _fields(terms)
        page = await _page(visitor, fields, {}, sought=sought, is_set_up=terms is not None)
        return desk.show(visitor, page)

    async def save(visitor: Visitor, form: Form) -> Answer:
        fields = _typed(form)
        try:
            await set_up_offline(services, visitor.merchant_id, fields)
        except FieldsInvalid as invalid:
            errors = {error.param: error.message for error in invalid.errors}
            is_set_up = await read_offline(services, visitor.merchant_id) is not None
            page = await _page(visitor, fields, errors, sought="", is_set_up=is_set_up)
            return desk.show(visitor, page, status=422)
        return desk.done(PATH, "offline_saved")

    async def _page(
        visitor: Visitor, fields: OfflineFields, errors: Mapping[str, str], *, sought: str, is_set_up: bool
    ) -> OfflinePage:
        rows = await waiting(services, visitor.merchant_id)
        return OfflinePage(
            shell=desk.shell(visitor),
            is_set_up=is_set_up,
            fields=fields,
            wait_days_max=WAIT_DAYS_MAX,
            waiting=tuple(
                WaitingRow(
                    each.id,
                    grouped(each.reference),
                    each.amount - each.received,
                    each.payer,
                    each.description,
                    each.ends_at,
                    is_partly_paid=each.received.minor > 0,
                )
                for each in rows
            ),
            sought=sought,
            errors=errors,
        )

    return (desk.page(PATH, show_offline), desk.form(PATH, save))


def _typed(form: Form) -> OfflineFields:
    return OfflineFields(
        holder=form.text("holder"),
        iban=form.text("iban"),
        bic=form.text("bic"),
        bank_details=form.text("bank_details"),
        takes_cash=form.text("takes_cash") == "yes",
        cash_words=form.text("cash_words"),
        takes_check=form.text("takes_check") == "yes",
        check_words=form.text("check_words"),
        wait_days=form.text("wait_days").strip(),
    )


def _fields(terms: OfflineTerms) -> OfflineFields:
    return OfflineFields(
        terms.holder,
        grouped(terms.iban),
        terms.bic,
        terms.bank_details,
        terms.takes_cash,
        terms.cash_words,
        terms.takes_check,
        terms.check_words,
        str(terms.wait_days),
    )
