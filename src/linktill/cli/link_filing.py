"""`linktill links archive`, `unarchive` and `file`: many links kept in order, from the command line."""

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


def file(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    tags: Annotated[
        tuple[str, ...],
        Parameter(name="--tag", help="All tags that it has from now on: repeat it for more.", negative=""),
    ] = (),
    no_tags: Annotated[bool, Parameter(name="--no-tags", negative="", help="No tags from now on.")] = False,
    internal_note: Annotated[
        str | None, Parameter(help='Words for you; "" for none. Left as it is if not given.')
    ] = None,
    customer: Annotated[
        str | None, Parameter(help='cus_…, whom the link is for; "" for nobody. Left as it is if not given.')
    ] = None,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """What is not given stays as it is. Possible in every state; payers see none of it."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        if tags and no_tags:
            raise FieldInvalid("tags", "Give --tag or --no-tags, not both.")
        refiling = Refiling(
            checked_tags(tags) if tags or no_tags else None,
            None if internal_note is None else checked_note(internal_note),
            None if customer is None else CustomerId(customer),
        )
        if refiling == Refiling():
            raise FieldInvalid("tags", "Say what to file: --tag, --no-tags, --internal-note or --customer.")
        change = LinkChange(None, BY, refiling=refiling)
        return (await change_link(services, merchant_id, LinkId(link_id), change)).link

    return one_link(work, whose, as_json=json)
