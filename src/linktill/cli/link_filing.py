"""`linktill links archive`, `unarchive` and `file`: many links kept in order, from the command line."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.links import BY, one_link
from linktill.cli.merchants import ANY_BOOKS, Whose
from linktill.cli.output import AsJson
from linktill.core.errors import FieldInvalid
from linktill.core.ids import CustomerId, LinkId, MerchantId
from linktill.core.link_filing import Refiling, checked_note, checked_tags
from linktill.core.payment_link import PaymentLink
from linktill.flows.archive_link import archive_link, unarchive_link
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
    requests: Annotated[
        bool | None,
        Parameter(help="May who comes too late ask for another link? Left as it is if not given."),
    ] = None

    def refiling(self) -> Refiling:
        """Raises FieldInvalid, also where nothing was given."""
        if self.tags and self.no_tags:
            raise FieldInvalid("tags", "Give --tag or --no-tags, not both.")
        refiling = Refiling(
            checked_tags(self.tags) if self.tags or self.no_tags else None,
            None if self.internal_note is None else checked_note(self.internal_note),
            None if self.customer is None else CustomerId(self.customer),
            self.requests,
        )
        if refiling == Refiling():
            raise FieldInvalid(
                "tags", "Say what to file: --tag, --no-tags, --internal-note, --customer or --requests."
            )
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
