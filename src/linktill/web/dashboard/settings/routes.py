"""`/dashboard/settings`: what payers see of the business, and how mails leave."""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import FieldsInvalid
from linktill.flows.connect_gateway import list_accounts
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.web.answer import Answer
from linktill.web.dashboard.currencies import currencies
from linktill.web.dashboard.desk import LANG, Desk, Visitor
from linktill.web.dashboard.settings.view import MailSettings, SettingsPage
from linktill.web.form import Form

PATH: Final = "/dashboard/settings"


def settings_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""

    async def show_settings(visitor: Visitor) -> Answer:
        merchant = visitor.who.merchant
        asked = MerchantSettings(
            merchant.name,
            merchant.contact_email,
            merchant.currency,
            on_surplus=merchant.on_surplus,
            language=merchant.language,
        )
        return desk.show(visitor, await _page(visitor, asked, {}))

    async def save_settings(visitor: Visitor, form: Form) -> Answer:
        asked = MerchantSettings(
            form.text("business_name"),
            form.text("contact_email"),
            form.text("currency"),
            on_surplus=form.text("on_surplus"),
            language=form.text("language") or visitor.who.merchant.language,
        )
        try:
            await change_settings(desk.services, visitor.merchant_id, asked)
        except FieldsInvalid as invalid:
            errors = {error.param: error.message for error in invalid.errors}
            return desk.show(visitor, await _page(visitor, asked, errors), status=422)
        return desk.done(PATH, "settings_saved")

    async def _page(visitor: Visitor, asked: MerchantSettings, errors: Mapping[str, str]) -> SettingsPage:
        known = await list_accounts(desk.services, visitor.merchant_id)
        connected = [each for each in known if each.closed_at is None]
        gateways = [desk.services.gateways.label(each.gateway) for each in connected]
        return SettingsPage(
            shell=desk.shell(visitor),
            business_name=asked.business_name,
            contact_email=asked.contact_email,
            currency=asked.currency,
            currencies=currencies(LANG),
            mail=MailSettings(desk.options.mail_server, desk.options.mail_sender),
            gateway_name=", ".join(gateways) or "none yet",
            has_sandbox=any(each.gateway == "sandbox" for each in connected),
            product_version=desk.options.product_version,
            on_surplus=asked.on_surplus,
            language=asked.language,
            origin=desk.services.origin_of(visitor.merchant_id),
            errors=errors,
        )

    return (desk.page(PATH, show_settings), desk.form(PATH, save_settings))
