"""`/dashboard/links/templates`: filled-in links under names, to make links from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid
from linktill.core.ids import TemplateId
from linktill.core.link_template import LinkTemplate
from linktill.flows.link_templates import (
    TemplateChange,
    delete_template,
    edit_template,
    list_templates,
)
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.link_templates.view import TemplateRow, TemplatesPage
from linktill.web.form import Form

PATH: Final = "/dashboard/links/templates"
_KEPT_CHARS: Final = 200


@dataclass(frozen=True, slots=True)
class _Refused:
    """A name that a template cannot have, as it was sent, and why."""

    template_id: TemplateId
    name: str
    why: str


def link_templates_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    services = desk.services

    async def show(visitor: Visitor) -> Answer:
        return await page(visitor)

    async def page(visitor: Visitor, refused: _Refused | None = None) -> Answer:
        found = await list_templates(services, visitor.merchant_id)
        view = TemplatesPage(desk.shell(visitor), tuple(_row(template, refused) for template in found))
        return desk.show(visitor, view, status=200 if refused is None else 422)

    async def rename(visitor: Visitor, form: Form) -> Answer:
        template_id = TemplateId(visitor.id(prefixes.TEMPLATE))
        name = form.text("name")
        try:
            await edit_template(services, visitor.merchant_id, template_id, TemplateChange(name))
        except FieldInvalid as invalid:
            return await page(visitor, _Refused(template_id, name[:_KEPT_CHARS], str(invalid)))
        return desk.done(PATH, "template_renamed")

    async def delete(visitor: Visitor, _form: Form) -> Answer:
        await delete_template(services, visitor.merchant_id, TemplateId(visitor.id(prefixes.TEMPLATE)))
        return desk.done(PATH, "template_deleted")

    return (
        desk.page(PATH, show),
        desk.form(f"{PATH}/{{id:str}}/rename", rename),
        desk.form(f"{PATH}/{{id:str}}/delete", delete),
    )


def _row(template: LinkTemplate, refused: _Refused | None) -> TemplateRow:
    row = TemplateRow(
        template.id,
        template.name,
        template.terms.description,
        template.terms.due,
        template.filing.tags,
    )
    if refused is None or refused.template_id != template.id:
        return row
    return replace(row, typed=refused.name, errors={"name": refused.why})
