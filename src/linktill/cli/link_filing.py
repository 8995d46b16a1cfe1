"""`linktill links archive`, `unarchive`, `file` and `control`: many links kept in order, from the command line."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.links import BY, one_link
from linktill.cli.merchants import ANY_BOOKS, Whose, merchant_of
from linktill.cli.output import FAILED, OK, AsJson, Table, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.core.errors import FieldInvalid
from linktill.core.ids import CustomerId, LinkId, MerchantId
from linktill.core.link_filing import Refiling, checked_note, checked_tags
from linktill.core.payment_link import PaymentLink
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.control_links import LINKS_MAX, Control, control_links
from linktill.flows.control_objects import LinkControlObject, control_object
from linktill.flows.manage_links import LinkChange, change_link
from linktill.flows.services import Services


def archive(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Takes the link out of lists and closes it until it is unarchived. Who pressed Pay before may still finish."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        return await archive_link(services, merchant_id, LinkId(link_id))

    return one_link(work, whose, as_json=json)


def unarchive(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Shows the link again, where its terms, its payments and time put it by now."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        return await unarchive_link(services, merchant_id, LinkId(link_id))

    return one_link(work, whose, as_json=json)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be filed, as it was typed. What is not given stays."""

    tags: Annotated[
        tuple[str, ...],
        Parameter(name="--tag", help="All tags that it has from now on: repeat it for more.", negative=""),
    ] = ()
    no_tags: Annotated[bool, Parameter(name="--no-tags", negative="", help="No tags from now on.")] = False
    internal_note: Annotated[
        str | None, Parameter(help='Words for you; "" for none. Left as it is if not given.')
    ] = None
    customer: Annotated[
        str | None, Parameter(help='cus_…, whom the link is for; "" for nobody. Left as it is if not given.')
    ] = None

    def refiling(self) -> Refiling:
        """Raises FieldInvalid, also where nothing was given."""
        if self.tags and self.no_tags:
            raise FieldInvalid("tags", "Give --tag or --no-tags, not both.")
        refiling = Refiling(
            checked_tags(self.tags) if self.tags or self.no_tags else None,
            None if self.internal_note is None else checked_note(self.internal_note),
            None if self.customer is None else CustomerId(self.customer),
        )
        if refiling == Refiling():
            raise FieldInvalid("tags", "Say what to file: --tag, --no-tags, --internal-note or --customer.")
        return refiling


NOTHING = Wanted()


def file(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    wanted: Wanted = NOTHING,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """What is not given stays as it is. Possible in every state; payers see none of it."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        change = LinkChange(None, BY, refiling=wanted.refiling())
        return (await change_link(services, merchant_id, LinkId(link_id), change)).link

    return one_link(work, whose, as_json=json)


def control(
    action: Annotated[Control, Parameter(help="What is done with each of them.")],
    link_ids: Annotated[tuple[str, ...], Parameter(help=f"plink_…, up to {LINKS_MAX} of them.")],
    /,
    *,
    keep_payments: Annotated[
        bool,
        Parameter(
            negative="",
            help="With cancel: bills of which a part is paid, too; what was paid is kept.",
        ),
    ] = False,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Each link for itself: one that cannot be keeps none of the others from it. 1: one at least was refused."""
    settings = settings_now()

    async def command() -> LinkControlObject:
        if not 0 < len(link_ids) <= LINKS_MAX:
            raise FieldInvalid("link-ids", f"Name 1 to {LINKS_MAX} links.")
        if keep_payments and action is not Control.CANCEL:
            raise FieldInvalid("keep-payments", "This goes with cancel only. Leave it out.")
        async with local_services(settings) as services:
            merchant_id = await merchant_of(services, whose)
            wanted = [LinkId(text) for text in link_ids]
            done = await control_links(services, merchant_id, wanted, action, keeps_payments=keep_payments)
            return control_object(action, done, now=services.clock.now_us())

    report = run(command)
    answer(report, as_json=json, person=lambda: _table(report))
    return FAILED if report.refused else OK


def _table(report: LinkControlObject) -> Table:
    rows = [(each.payment_link_id, each.status or "", each.message or "Done") for each in report.results]
    return Table(("Link", "Status", "What happened"), rows)
