"""`linktill template …`: filled-in payment links under names, from the command line."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Annotated, Any, TypeAlias, TypeVar

from cyclopts import Parameter

from linktill.cli.fields import whole_number
from linktill.cli.links import BY, one_link
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.ids import LinkId, MerchantId, TemplateId
from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.money import Money
from linktill.core.payment_link import LinkTerms, PaymentLink
from linktill.flows.link_templates import (
    TemplateChange,
    TemplateUse,
    delete_template,
    edit_template,
    link_from_template,
    list_templates,
    template_of_link,
)
from linktill.flows.offers import terms_check
from linktill.flows.services import Services
from linktill.flows.template_objects import PaymentLinkTemplateObject, template_object
from linktill.platform.language import format_money

T = TypeVar("T")
Name: TypeAlias = Annotated[str, Parameter(help="What you know it by.")]
Id: TypeAlias = Annotated[str, Parameter(help="tpl_…")]


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """All of them; there are at most 200."""

    async def work(services: Services, merchant_id: MerchantId) -> list[PaymentLinkTemplateObject]:
        return [template_object(template) for template in await list_templates(services, merchant_id)]

    found = _work(work, whose)
    answer({"data": found}, as_json=json, person=lambda: _table(found))
    return OK


def keep(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    name: Name,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Keeps the terms and tags of a link. Links that are made from the template get addresses of their own."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLinkTemplateObject:
        return template_object(await template_of_link(services, merchant_id, LinkId(link_id), name))

    return _tell(_work(work, whose), as_json=json)


def use(
    template_id: Id,
    /,
    *,
    description: Annotated[str, Parameter(help="Other words for what the payment is for.")] = "",
    amount_minor: Annotated[str, Parameter(help="Another price, in the currency's smallest unit.")] = "",
    slug: Annotated[str, Parameter(help="The last part of its URL; drawn if not given.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Answers with the new link. What is not given is as in the template."""

    def edit(terms: LinkTerms) -> LinkFields:
        fields = fields_of(terms)
        if amount_minor:
            fields = replace(fields, amount_minor=whole_number("amount_minor", amount_minor))
        return replace(fields, description=description) if description else fields

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        wanted = TemplateUse(TemplateId(template_id), edit, slug=slug)
        takes = await terms_check(services, merchant_id)
        return (await link_from_template(services, merchant_id, wanted, takes, by=BY)).link

    return one_link(work, whose, as_json=json)


def rename(template_id: Id, /, *, name: Name, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Its links stay as they are."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLinkTemplateObject:
        change = TemplateChange(name)
        return template_object(await edit_template(services, merchant_id, TemplateId(template_id), change))

    return _tell(_work(work, whose), as_json=json)


def delete(template_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Links that were made from it stay."""

    async def work(services: Services, merchant_id: MerchantId) -> None:
        await delete_template(services, merchant_id, TemplateId(template_id))

    _work(work, whose)
    document = {"id": template_id, "deleted": True}
    answer(document, as_json=json, person=lambda: f"The template {template_id} is deleted.")
    return OK


def _work(work: Callable[[Services, MerchantId], Coroutine[Any, Any, T]], whose: Whose) -> T:
    async def command(services: Services, merchant_id: MerchantId) -> T:
        return await work(services, merchant_id)

    return in_books(command, whose)


def _tell(template: PaymentLinkTemplateObject, *, as_json: bool) -> int:
    answer(template, as_json=as_json, person=lambda: _table([template]))
    return OK


def _table(found: list[PaymentLinkTemplateObject]) -> Table:
    rows = [
        (each.name, format_money(Money(each.total_minor, each.currency)), each.description, each.id)
        for each in found
    ]
    return Table(
        ("Name", "Amount", "Description", "Id"), rows, empty="There are no templates.", whole=("Id",)
    )
