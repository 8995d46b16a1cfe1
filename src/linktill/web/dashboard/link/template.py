"""`/dashboard/links/{id}/template`: keeps a link under a name, to make others like it."""

from collections.abc import Awaitable, Callable, Sequence

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId
from linktill.core.link_terms import fields_of
from linktill.flows.link_templates import new_template
from linktill.flows.manage_links import copied_link
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.link_templates.keep import keep_template
from linktill.web.dashboard.link_templates.routes import PATH as TEMPLATES
from linktill.web.dashboard.link_templates.view import TemplateForm
from linktill.web.form import Form

_KEPT_CHARS = 200


def template_routes(
    desk: Desk, path: str, show: Callable[[Visitor, TemplateForm], Awaitable[Answer]]
) -> Sequence[HTTPRouteHandler]:
    """The routes below a link's. `show`: its page, with the form as it was sent."""
    services = desk.services

    async def keep(visitor: Visitor, form: Form) -> Answer:
        link_id = LinkId(visitor.id(prefixes.LINK))
        name = form.text("name")
        terms, filing = await copied_link(services, visitor.merchant_id, link_id)
        try:
            template = new_template(services, visitor.merchant_id, name, fields_of(terms), filing)
            await keep_template(services, template)
        except FieldInvalid as invalid:
            return await show(visitor, TemplateForm(name[:_KEPT_CHARS], {"name": str(invalid)}))
        return desk.done(TEMPLATES, "template_kept")

    async def lead_back(visitor: Visitor) -> Answer:
        return see_other(f"{path}/{visitor.id(prefixes.LINK)}")

    one = f"{path}/{{id:str}}/template"
    return (desk.page(one, lead_back), desk.form(one, keep))
