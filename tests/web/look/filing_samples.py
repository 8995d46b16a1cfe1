"""Sample pages of many links kept in order: archived, tagged, with notes, as templates."""

from dataclasses import replace

from linktill.core.money import Money
from linktill.web.dashboard.link.view import FilingForm
from linktill.web.dashboard.link_form.view import LinkValues
from linktill.web.dashboard.link_templates.view import TemplateForm, TemplateRow, TemplatesPage
from linktill.web.dashboard.shell import Pager
from linktill.web.look.look import View
from tests.web.look.checkout_samples import LONG_TITLE
from tests.web.look.dashboard_samples import FORM, HUGE, LINK, LINKS, SHELL, TAGS

TAKEN = "There is a template called Logo design. Choose another name."
ROWS = (
    TemplateRow("tpl_1", "Guitar lesson", "Guitar lesson, one hour", Money(4_000, "USD"), ("lessons",)),
    TemplateRow("tpl_2", LONG_TITLE[:100], LONG_TITLE, HUGE, tuple(each.tag for each in TAGS)),
    TemplateRow("tpl_3", "Logo design", "Logo design, final invoice", Money(4_000, "USD"), ()),
)
TEMPLATES = TemplatesPage(SHELL, ROWS)
FILING: dict[str, View] = {
    "filing-links-tagged": replace(
        LINKS, tag="wholesale", untagged_url="/dashboard/links", rows=LINKS.rows[:1], pager=Pager()
    ),
    "filing-links-no-tag": replace(
        LINKS, tag="nobody", untagged_url="/dashboard/links", rows=(), pager=Pager()
    ),
    "filing-links-archived": replace(LINKS, rows=(), pager=Pager()),
    "filing-link-archived": replace(
        LINK,
        status="archived",
        actions=replace(
            LINK.actions,
            may_edit=False,
            may_pause=False,
            may_cancel=False,
            may_archive=False,
            may_unarchive=True,
        ),
    ),
    "filing-link-errors": replace(
        LINK,
        filing_form=FilingForm("a" * 60, "Called twice.", errors={"tags": "At most 40 characters."}),
        template_form=TemplateForm("Logo design", {"name": TAKEN}),
    ),
    "filing-link-none": replace(LINK, tags=(), internal_note="", filing_form=FilingForm()),
    "filing-form": replace(
        FORM,
        values=LinkValues(
            description="Logo design",
            amount="40",
            tags="wholesale, spring 2027",
            internal_note="Called twice.\nPays by transfer.",
        ),
        template_name="Logo design",
        errors={"template_name": TAKEN},
    ),
    "filing-templates": TEMPLATES,
    "filing-templates-taken": replace(
        TEMPLATES, rows=(replace(ROWS[0], typed="Logo design", errors={"name": TAKEN}), *ROWS[1:])
    ),
    "filing-templates-none": TemplatesPage(SHELL, ()),
}
