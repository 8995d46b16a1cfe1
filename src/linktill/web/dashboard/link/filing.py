"""`/dashboard/links/{id}/filing`: tags, the merchant's note, whom it is for and whether it takes requests, in whatever state
the link is.
"""

from collections.abc import Awaitable, Callable, Sequence

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.ids import CustomerId, LinkId
from linktill.core.link_filing import Filing, Refiling
from linktill.flows.manage_links import LinkChange, change_link
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.customer.choose import read_customer_field
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.link.view import FilingForm
from linktill.web.dashboard.link_form.read import read_filing
from linktill.web.form import Form

_KEPT_CHARS = 4_000


def filing_form(filing: Filing, customer: str) -> FilingForm:
    """The form for a link as it is now. `customer`: the text for whom it is for."""
    return FilingForm(", ".join(filing.tags), filing.internal_note, customer, filing.takes_requests)


def filing_routes(
    desk: Desk, path: str, show: Callable[[Visitor, FilingForm], Awaitable[Answer]]
) -> Sequence[HTTPRouteHandler]:
    """The routes below a link's. `show`: its page, with the form as it was sent."""

    async def save(visitor: Visitor, form: Form) -> Answer:
        link_id = LinkId(visitor.id(prefixes.LINK))
        tags, note = form.text("tags"), form.text("internal_note")
        errors: dict[str, str] = {}
        filing, whose = read_filing(tags, note, errors), form.text("customer")
        customer_id = await read_customer_field(desk.services, visitor.merchant_id, whose, errors)
        if errors:
            takes = form.text("takes_requests") != "no"
            typed = FilingForm(tags[:_KEPT_CHARS], note[:_KEPT_CHARS], whose[:_KEPT_CHARS], takes, errors)
            return await show(visitor, typed)
        # A form that does not ask for whom the link is leaves it as it is.
        named = (customer_id or CustomerId("")) if "customer" in form.fields else None
        takes_requests = {"yes": True, "no": False}.get(form.text("takes_requests"))
        refiling = Refiling(filing.tags, filing.internal_note, named, takes_requests)
        change = LinkChange(None, visitor.by, refiling=refiling)
        await change_link(desk.services, visitor.merchant_id, link_id, change)
        return desk.done(f"{path}/{link_id}", "link_filed")

    async def lead_back(visitor: Visitor) -> Answer:
        return see_other(f"{path}/{visitor.id(prefixes.LINK)}")

    one = f"{path}/{{id:str}}/filing"
    return (desk.page(one, lead_back), desk.form(one, save))
