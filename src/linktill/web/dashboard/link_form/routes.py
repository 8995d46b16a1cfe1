"""The form of a link: new and edit, each with the page that it makes beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.answers import NOTHING_TYPED
from linktill.core.capture import CaptureMethod
from linktill.core.currencies import EXPONENTS
from linktill.core.errors import (
    FieldInvalid,
    FieldsInvalid,
    IdempotencyMismatch,
    NotFound,
    TransitionRefused,
    VersionConflict,
)
from linktill.core.ids import LinkId, TemplateId
from linktill.core.link_filing import Refiling
from linktill.core.link_template import LinkTemplate, checked_name, terms_from_now
from linktill.core.merchant import Merchant, Mode
from linktill.core.money import Money
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.flows.connect_gateway import list_accounts
from linktill.flows.link_templates import get_template, new_template
from linktill.flows.manage_links import FiledLink, LinkChange, LinkDetail, change_link, new_link, read_link
from linktill.flows.offers import of_changes, offers_of, terms_check
from linktill.flows.publish_link import as_draft
from linktill.platform.translation import LANGUAGES
from linktill.web.answer import Answer, shown
from linktill.web.checkout.asking import questions
from linktill.web.checkout.choosing import Priced, priced
from linktill.web.checkout.show import ways
from linktill.web.checkout.view import Goal, LinkPage, Payee, PayForm
from linktill.web.dashboard.currencies import currencies
from linktill.web.dashboard.customer.choose import customer_text, read_customer_field
from linktill.web.dashboard.desk import LANG, Desk, Visitor
from linktill.web.dashboard.link_form.asking import is_asking, shown_asking
from linktill.web.dashboard.link_form.languages import is_language_field
from linktill.web.dashboard.link_form.pricing import MORE, is_ours, values_of_pricing
from linktill.web.dashboard.link_form.read import (
    NAMES,
    TICKED,
    read_link_form,
    values_of,
    values_of_terms,
)
from linktill.web.dashboard.link_form.store import store_once
from linktill.web.dashboard.link_form.view import GatewayChoice, LinkFormPage, LinkValues
from linktill.web.dashboard.link_templates.keep import keep_template
from linktill.web.dashboard.requests.routes import told_notice
from linktill.web.dashboard.requests.wish import read_wish
from linktill.web.form import FIELDS_MAX, Form
from linktill.web.look import policy

PATH: Final = "/dashboard/links"
TIME_ZONE: Final = "UTC"
TEMPLATE_NAME: Final = "template_name"
_ID_CHARS: Final = 200
_PREVIEW: Final = policy.PREVIEW.encode()
_DESCRIPTION_SHOWN: Final = 500
_NOT_PRICED: Final = frozenset(NAMES) - {"amount", "currency"}
"""Fields that have no say in what is charged."""


def link_form_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes. The preview and `new` stand before `{id}`, which neither of them can be."""
    pages = _LinkForm(desk)
    return (
        desk.page(f"{PATH}/new", pages.show_new),
        desk.form(PATH, pages.create),
        desk.form(f"{PATH}/templates", pages.keep),
        desk.page(f"{PATH}/preview", pages.preview_typed),
        desk.form(f"{PATH}/preview", pages.preview_sent),
        desk.page(f"{PATH}/{{id:str}}/edit", pages.show_edit),
        desk.form(f"{PATH}/{{id:str}}/edit", pages.save),
    )


class _LinkForm:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def show_new(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/links/new`."""
        wish = await read_wish(self._desk.services, visitor.merchant_id, visitor.query("request"))
        if wish is not None:
            customer = await self._customer(visitor, wish.request.email)
            values = replace(
                values_of_terms(wish.terms, wish.filing), request=wish.request.id, customer=customer
            )
            return self._desk.show(visitor, await self._page(visitor, values, {}))
        template = await self._template(visitor, visitor.query("template"))
        if template is None:
            currency = visitor.who.merchant.currency
            values = LinkValues(currency=currency, pricing=values_of_pricing(None, currency))
        else:
            values = replace(values_of_terms(template.terms, template.filing), template=template.id)
        values = replace(values, customer=await self._customer(visitor, visitor.query("customer")))
        return self._desk.show(visitor, await self._page(visitor, values, {}))

    async def create(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/links`."""
        desk = self._desk
        values = values_of(form, visitor.who.merchant.currency)
        if form.text(MORE):
            return desk.show(visitor, await self._page(visitor, values, {}))
        takes = await terms_check(desk.services, visitor.merchant_id)
        try:
            base = await self._base(visitor, values)
        except NotFound:
            return await self._without_template(visitor, values)
        read = read_link_form(values, now=desk.services.clock.now_us(), takes=takes, base=base)
        errors = dict(read.errors)
        whose = await read_customer_field(desk.services, visitor.merchant_id, values.customer, errors)
        if errors:
            return desk.show(visitor, await self._page(visitor, values, errors), status=422)
        if not form.text("submit_token"):
            page = await self._page(
                visitor, values, {}, problem="This form was not complete. Press Create again."
            )
            return desk.show(visitor, page, status=422)
        slug = values.slug.strip()
        link = new_link(desk.services, visitor.merchant_id, read.edit(base), takes, slug=slug)
        link = as_draft(link) if form.text("draft") else link
        try:
            filed = FiledLink(link, replace(read.filing, customer_id=whose))
            link_id = await store_once(desk.services, filed, form, by=visitor.by, path=PATH)
        except IdempotencyMismatch:
            problem = "This form has made a link already. Press Create again to make another one."
            return desk.show(visitor, await self._page(visitor, values, {}, problem=problem), status=409)
        except FieldInvalid as taken:
            page = await self._page(visitor, values, {taken.param or "slug": str(taken)})
            return desk.show(visitor, page, status=409)
        is_sent = values.request and link.status is LinkStatus.ACTIVE
        notice = told_notice(desk, "request_answered") if is_sent else "link_created"
        return desk.done(f"{PATH}/{link_id}", notice)

    async def keep(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/links/templates`: what is filled in becomes a template, and no link."""
        desk = self._desk
        values = values_of(form, visitor.who.merchant.currency)
        name = form.text(TEMPLATE_NAME)[:_ID_CHARS]
        try:
            base = await self._base(visitor, values)
        except NotFound:
            return await self._without_template(visitor, values)
        read = read_link_form(replace(values, slug=""), now=desk.services.clock.now_us(), base=base)
        errors = dict(read.errors)
        try:
            checked_name(name)
        except FieldInvalid as invalid:
            errors[TEMPLATE_NAME] = str(invalid)
        if not errors:
            template = new_template(desk.services, visitor.merchant_id, name, read.edit(base), read.filing)
            try:
                await keep_template(desk.services, template)
            except FieldInvalid as taken:
                errors[TEMPLATE_NAME] = str(taken)
            else:
                return desk.done(f"{PATH}/templates", "template_kept")
        page = replace(await self._page(visitor, values, errors), template_name=name)
        return desk.show(visitor, page, status=422)

    async def show_edit(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/links/{id}/edit`."""
        found = await self._editable(visitor)
        values = values_of_terms(found.link.terms, found.filing)
        page = await self._page(visitor, values, {}, link=found.link)
        return self._desk.show(visitor, page)

    async def save(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/links/{id}/edit`."""
        desk = self._desk
        link = (await self._editable(visitor)).link
        values = values_of(form, visitor.who.merchant.currency)
        if form.text(MORE):
            return desk.show(visitor, await self._page(visitor, values, {}, link=link))
        takes = of_changes(await terms_check(desk.services, visitor.merchant_id), link.terms)
        read = read_link_form(values, now=desk.services.clock.now_us(), before=link.terms, takes=takes)
        if read.errors:
            return desk.show(visitor, await self._page(visitor, values, read.errors, link=link), status=422)
        try:
            # A form without a version could overwrite what its writer never saw.
            version = form.whole("version") or 0
            kept = read.filing
            refiling = Refiling(kept.tags, kept.internal_note, takes_requests=kept.takes_requests)
            change = LinkChange(read.edit, visitor.by, version, refiling)
            await change_link(desk.services, visitor.merchant_id, link.id, change)
        except VersionConflict:
            link = (await self._editable(visitor)).link
            problem = (
                "Someone else has changed this link since you opened it. Check your values and save again."
            )
            page = await self._page(visitor, values, {}, link=link, problem=problem)
            return desk.show(visitor, page, status=409)
        except FieldsInvalid as invalid:
            # A moment has passed since the check above, enough for a day to be over.
            page = await self._page(visitor, values, {}, link=link, problem=str(invalid))
            return desk.show(visitor, page, status=422)
        return desk.done(f"{PATH}/{link.id}", "link_saved")

    async def preview_typed(self, visitor: Visitor) -> Answer:
        """`GET /dashboard/links/preview`: asked for while somebody types. Nothing is written."""
        asked = visitor.request.query_params
        names = [
            name
            for name in asked
            if name in NAMES
            or name.startswith(TICKED)
            or is_ours(name)
            or is_asking(name)
            or is_language_field(name)
        ]
        given = {name: visitor.query(name) for name in names[:FIELDS_MAX]}
        return await self._preview(visitor, Form(given))

    async def preview_sent(self, visitor: Visitor, form: Form) -> Answer:
        """`POST /dashboard/links/preview`: the same by button. Nothing is written."""
        return await self._preview(visitor, form)

    async def _preview(self, visitor: Visitor, form: Form) -> Answer:
        values = values_of(form, visitor.who.merchant.currency)
        view = await _preview_page(values, visitor.who.merchant, self._desk)
        return shown(view, _PREVIEW)

    async def _customer(self, visitor: Visitor, asked: str) -> str:
        """Whom the link is for, as the form shows it; empty: nobody that we know."""
        services = self._desk.services
        found = await read_customer_field(services, visitor.merchant_id, asked[:_ID_CHARS], {})
        return await customer_text(services, visitor.merchant_id, found)

    async def _template(self, visitor: Visitor, template_id: str) -> LinkTemplate | None:
        """The template as a link that is made now gets it; None: none was chosen. Raises NotFound."""
        if not template_id:
            return None
        if not template_id.isascii():
            raise NotFound("There is no such template.")
        services = self._desk.services
        found = await get_template(services, visitor.merchant_id, TemplateId(template_id[:_ID_CHARS]))
        return replace(found, terms=terms_from_now(found.terms, services.clock.now_us()))

    async def _base(self, visitor: Visitor, values: LinkValues) -> LinkTerms | None:
        """What a new link takes from its template, or from the link that somebody asked about, where the form does not show
        it. Raises NotFound.
        """
        wish = await read_wish(self._desk.services, visitor.merchant_id, values.request)
        if wish is not None:
            return wish.terms
        template = await self._template(visitor, values.template)
        return None if template is None else template.terms

    async def _without_template(self, visitor: Visitor, values: LinkValues) -> Answer:
        problem = (
            "The template was deleted in the meantime. Check what is filled in, and press the button again."
        )
        page = await self._page(visitor, replace(values, template=""), {}, problem=problem)
        return self._desk.show(visitor, page, status=409)

    async def _editable(self, visitor: Visitor) -> LinkDetail:
        link_id = LinkId(visitor.id(prefixes.LINK))
        found = await read_link(self._desk.services, visitor.merchant_id, link_id)
        if found.link.status is LinkStatus.CANCELED:
            raise TransitionRefused(
                "This link is closed for good and cannot be edited. Duplicate it instead."
            )
        if found.link.status is LinkStatus.ARCHIVED:
            raise TransitionRefused("This link is archived. Take it out of the archive to edit it.")
        return found

    async def _page(
        self,
        visitor: Visitor,
        values: LinkValues,
        errors: Mapping[str, str],
        *,
        link: PaymentLink | None = None,
        problem: str | None = None,
    ) -> LinkFormPage:
        wish = await read_wish(self._desk.services, visitor.merchant_id, values.request)
        return LinkFormPage(
            shell=self._desk.shell(visitor),
            link_id=None if link is None else link.id,
            action=PATH if link is None else f"{PATH}/{link.id}/edit",
            submit_token=self._desk.submit_token(),
            version=0 if link is None else link.version,
            currencies=currencies(LANG),
            gateways=await self._choices(visitor, values),
            values=values,
            address=f"{self._desk.services.origin_of(visitor.merchant_id)}/p/",
            time_zone=TIME_ZONE,
            errors=errors,
            problem=problem,
            asked_by="" if wish is None else wish.words,
            asked_words="" if wish is None else wish.request.message,
        )

    async def _choices(self, visitor: Visitor, values: LinkValues) -> tuple[GatewayChoice, ...]:
        services, ticked = self._desk.services, values.gateways.split()
        accounts = await list_accounts(services, visitor.merchant_id)
        connected = [each.gateway for each in accounts if each.closed_at is None]
        return tuple(
            GatewayChoice(name, services.gateways.label(name), is_ticked=name in ticked)
            for name in dict.fromkeys((*connected, *(each for each in ticked if each in services.gateways)))
        )


async def _preview_page(values: LinkValues, merchant: Merchant, desk: Desk) -> LinkPage:
    """The payer's page with what is filled in so far; what cannot be read yet is left out."""
    now = desk.services.clock.now_us()
    read = read_link_form(values, now=now)
    currency = values.currency if values.currency in EXPONENTS else merchant.currency
    fields = read.edit(None)
    terms = LinkTerms(
        Money(0 if read.errors.keys() & {"amount", "currency"} else fields.amount_minor, currency),
        values.description.strip(),
        allowed_gateways=tuple(fields.allowed_gateways),
        denied_gateways=tuple(fields.denied_gateways),
        capture_method=CaptureMethod.MANUAL if values.capture == "manual" else CaptureMethod.AUTOMATIC,
    )
    terms = replace(terms, asking=shown_asking(fields.asking))
    if not any(
        name not in _NOT_PRICED
        and not name.startswith("cur_")
        and not is_asking(name)
        and not is_language_field(name)
        for name in read.errors
    ):
        terms = replace(terms, pricing=fields.pricing)
    currencies_shown = _shown_currencies(terms, read.errors)
    terms = terms.in_currency(currency)
    price = _priced(terms)
    offers = (
        await offers_of(desk.services, merchant.id, terms) if price.amount.minor or price.choosing else ()
    )
    lang = values.languages.locale if values.languages.locale in LANGUAGES else LANG
    description = "" if "description" in read.errors else values.description.strip()
    return LinkPage(
        lang=lang,
        payee=Payee(merchant.name, merchant.contact_email, desk.options.report_email),
        is_test=merchant.mode is Mode.TEST,
        url=f"{desk.services.origin_of(merchant.id)}/p/preview",
        description=description[:_DESCRIPTION_SHOWN] or "What your payer pays for",
        note="" if "note" in read.errors else values.note.strip(),
        due_at=fields.due_at,
        is_overdue=fields.due_at is not None and fields.due_at < now,
        pay=PayForm(
            action="/p/preview/pay",
            submit_token="",
            version=0,
            amount=price.amount,
            offers=ways(offers),
            chosen=offers[0].gateway if offers else "",
            choosing=price.choosing,
            questions=questions(terms, NOTHING_TYPED, lang),
            currencies=currencies_shown,
        ),
        bill=price.bill,
        goal=_goal(terms),
        is_preview=True,
        switch="",
    )


def _shown_currencies(terms: LinkTerms, errors: Mapping[str, str]) -> tuple[str, ...]:
    """What the payer would have to choose among; empty: nothing yet."""
    found = terms.currencies
    return found if len(found) > 1 and not any(name.startswith("cur_") for name in errors) else ()


def _priced(terms: LinkTerms) -> Priced:
    """What the payer is asked and what it comes to, as long as nobody has changed anything and the form may be unfinished."""
    try:
        return priced(terms)
    except FieldInvalid:
        return Priced(terms.amount)


def _goal(terms: LinkTerms) -> Goal | None:
    wanted = None if terms.pricing is None else terms.pricing.goal_minor
    return (
        None if not wanted else Goal(Money(0, terms.amount.currency), Money(wanted, terms.amount.currency), 0)
    )
