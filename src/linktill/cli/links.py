"""`linktill links …`: payment links from the command line, on the database of this installation. Starts no server."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.fields import (
    limit,
    moment,
    pairs,
    read_asking,
    read_pricing,
    read_translations,
    whole_number,
)
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import NOT_FILED, Filing, checked_filing, tag_to_find
from linktill.core.link_terms import LinkFields
from linktill.core.money import Money
from linktill.core.payers_language import AUTO
from linktill.core.payment_link import LinkStatus, PaymentLink
from linktill.flows.asking_objects import ASKING_FIELDS, AskingObject
from linktill.flows.asking_words import asking_words
from linktill.flows.cancel_link import Received, cancel_link
from linktill.flows.manage_links import create_link, find_links, read_link
from linktill.flows.pricing_objects import PRICING_FIELDS, PricingObject
from linktill.flows.pricing_words import pricing_words
from linktill.flows.publish_link import create_draft, publish_link
from linktill.flows.representations import PaymentLinkObject, link_object
from linktill.flows.services import Services
from linktill.platform.language import format_money
from linktill.storage.link_filing import filing_of
from linktill.storage.link_lists import LinkFilter

BY = "command line"


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A new link's fields as they were typed."""

    currency: Annotated[str, Parameter(help="ISO 4217 code in capitals, such as USD.")]
    description: Annotated[str, Parameter(help="What the payment is for; the payer sees it.")]
    amount_minor: Annotated[
        str,
        Parameter(
            help="In the currency's smallest unit: 2500 is 25.00 USD, or 2500 JPY. Needed, unless --pricing says what it sells."
        ),
    ] = ""
    slug: Annotated[
        str, Parameter(help="The last part of its URL, such as cake-order; drawn if not given.")
    ] = ""
    note: Annotated[str, Parameter(help="More words for the payer.")] = ""
    reference: Annotated[str, Parameter(help="Your own number, such as an invoice's.")] = ""
    payments_max: Annotated[
        str, Parameter(help="How often it can be paid: a number, or none for no limit; once if not given.")
    ] = "1"
    starts_at: Annotated[str, Parameter(help="Opens then: 2030-01-31T18:00:00Z.")] = ""
    due_at: Annotated[str, Parameter(help="Due then; still payable afterwards.")] = ""
    expires_at: Annotated[str, Parameter(help="Closes then.")] = ""
    redirect_url: Annotated[str, Parameter(help="Where the payer may go on to after paying (https).")] = ""
    closed_message: Annotated[str, Parameter(help="Your words on the page once it is closed.")] = ""
    metadata: Annotated[tuple[str, ...], Parameter(help="key=value; repeat it for more.", negative="")] = ()

    allowed_gateways: Annotated[
        tuple[str, ...],
        Parameter(name="--allow", help="Only through this gateway; repeat it for more.", negative=""),
    ] = ()
    denied_gateways: Annotated[
        tuple[str, ...],
        Parameter(name="--deny", help="Not through this gateway; repeat it for more.", negative=""),
    ] = ()

    capture_method: Annotated[
        str, Parameter(name="--capture", help="manual: authorized now, captured when you say so.")
    ] = "automatic"

    pricing: Annotated[
        str,
        Parameter(
            help="More than a price: line_items, open_amount, tax_rates, discounts and tips as JSON, as the API takes them, or "
            "@FILE."
        ),
    ] = ""
    fields_: Annotated[
        str,
        Parameter(
            name="--fields",
            help="What the payer is asked: custom_fields, collects and consents as JSON, as the API takes them, or @FILE.",
        ),
    ] = ""
    locale: Annotated[
        str, Parameter(help="The language of its page, such as de; that of the payer's browser if not given.")
    ] = AUTO
    translations: Annotated[
        str,
        Parameter(
            help='Its texts in other languages: {"translations": …} as JSON, as the API takes it, or @FILE.'
        ),
    ] = ""
    tags: Annotated[
        tuple[str, ...],
        Parameter(
            name="--tag", help="A word to find it by; payers do not see it. Repeat it for more.", negative=""
        ),
    ] = ()
    internal_note: Annotated[str, Parameter(help="Words for you; payers do not see them.")] = ""
    no_requests: Annotated[
        bool, Parameter(negative="", help="Who comes too late cannot ask for another link.")
    ] = False

    def filing(self) -> Filing:
        """Checked. Raises FieldInvalid."""
        return checked_filing(self.tags, self.internal_note, takes_requests=not self.no_requests)

    def fields(self) -> LinkFields:
        """Of the right types, not checked yet. Raises FieldInvalid."""
        pricing = read_pricing(self.pricing) if self.pricing else None
        has_price = pricing is not None and (pricing.items or pricing.open_amount is not None)
        amount_minor = 0
        if self.amount_minor or not has_price:
            amount_minor = whole_number("amount_minor", self.amount_minor)
        return LinkFields(
            amount_minor=amount_minor,
            currency=self.currency,
            description=self.description,
            note=self.note,
            reference=self.reference,
            payments_max=limit("payments_max", self.payments_max),
            starts_at=moment("starts_at", self.starts_at),
            due_at=moment("due_at", self.due_at),
            expires_at=moment("expires_at", self.expires_at),
            redirect_url=self.redirect_url or None,
            closed_message=self.closed_message,
            metadata=pairs("metadata", self.metadata),
            allowed_gateways=self.allowed_gateways,
            denied_gateways=self.denied_gateways,
            pricing=pricing,
            asking=read_asking(self.fields_) if self.fields_ else None,
            capture_method=self.capture_method,
            locale=self.locale,
            translations=read_translations(self.translations) if self.translations else {},
        )


def create(
    *,
    typed: Typed,
    draft: Annotated[bool, Parameter(help="Keep it closed until it is published.", negative="")] = False,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Answers with the link's id, url and status, and all of its fields with --json."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        make = create_draft if draft else create_link
        return await make(
            services, merchant_id, typed.fields(), by=BY, slug=typed.slug, filing=typed.filing()
        )

    return one_link(work, whose, as_json=json)


def publish(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Opens a draft."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        return await publish_link(services, merchant_id, LinkId(link_id))

    return one_link(work, whose, as_json=json)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which links, as it was typed."""

    status: Annotated[
        str, Parameter(help="Only those: active, paused, completed, expired, canceled, archived, …")
    ] = ""
    tag: Annotated[str, Parameter(help="Only those with this tag.")] = ""
    search: Annotated[str, Parameter(help="Words that each begin a word of the link.")] = ""

    def filter(self) -> LinkFilter:
        """Read. Raises FieldInvalid."""
        return LinkFilter(_status(self.status), self.search, tag_to_find(self.tag) if self.tag else "")


EVERY = Wanted()


def list_(
    *,
    wanted: Wanted = EVERY,
    limit_: Annotated[
        str, Parameter(name="--limit", help="At most so many, up to 100; 20 if not given.")
    ] = "20",
    cursor: Annotated[str, Parameter(help="next_cursor of the page before.")] = "",
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Newest first; archived links only with --status archived."""

    async def work(services: Services, merchant_id: MerchantId) -> tuple[list[PaymentLinkObject], str | None]:
        page = await find_links(
            services,
            merchant_id,
            limit=whole_number("limit", limit_),
            wanted=wanted.filter(),
            before=LinkId(cursor) if cursor else None,
        )
        links = [_object(services, link, page.filings.get(link.id, NOT_FILED)) for link in page.links]
        return links, page.next_cursor

    links, next_cursor = in_books(work, whose)
    answer({"data": links, "next_cursor": next_cursor}, as_json=json, person=lambda: _table(links))
    return OK


def show(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """All fields of one link."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        return (await read_link(services, merchant_id, LinkId(link_id))).link

    return one_link(work, whose, as_json=json)


def cancel(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    payments: Annotated[
        Received | None, Parameter(help="What becomes of what was paid: keep or refund.")
    ] = None,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Closes the link for good. Who pressed Pay before may still finish."""

    async def work(services: Services, merchant_id: MerchantId) -> PaymentLink:
        return await cancel_link(services, merchant_id, LinkId(link_id), payments)

    return one_link(work, whose, as_json=json)


def one_link(
    work: Callable[[Services, MerchantId], Awaitable[PaymentLink]], whose: Whose, *, as_json: bool
) -> int:
    """Answers with the link that the work ends with."""

    async def command(services: Services, merchant_id: MerchantId) -> PaymentLinkObject:
        link = await work(services, merchant_id)
        filing = await services.database.read(filing_of, merchant_id, link.id)
        return _object(services, link, filing)

    link = in_books(command, whose)
    answer(link, as_json=as_json, person=lambda: Table(("Field", "Value"), _rows(link)))
    return OK


def _object(services: Services, link: PaymentLink, filing: Filing) -> PaymentLinkObject:
    return link_object(
        link, filing, base_url=services.origin_of(link.merchant_id), now=services.clock.now_us()
    )


def _status(text: str) -> LinkStatus | None:
    if not text:
        return None
    try:
        return LinkStatus(text)
    except ValueError:
        raise FieldInvalid("status", f"Send one of {', '.join(LinkStatus)}.") from None


def _rows(link: PaymentLinkObject) -> list[tuple[str, str]]:
    """What matters first; what is empty is left out."""
    rows = [
        ("URL", link.url),
        ("Status", link.status),
        ("Amount", _amount(link)),
        ("Description", link.description),
    ]
    more = {
        "Note": link.note,
        "Reference": link.reference,
        "Payments": f"{link.captured_count} of {link.payments_max or 'any number'}",
        "Opens": _time(link.starts_at),
        "Due": _time(link.due_at),
        "Expires": _time(link.expires_at),
        "Then on to": link.redirect_url or "",
        "When closed": link.closed_message,
        "Metadata": ", ".join(f"{key}={value}" for key, value in link.metadata.items()),
        "Only through": ", ".join(link.allowed_gateways),
        "Not through": ", ".join(link.denied_gateways),
        "Captured": "by hand" if link.capture_method == "manual" else "",
        "Made up of": "; ".join(_pricing(link)),
        "Asks for": "; ".join(_asking(link)),
        "Language": "" if link.locale == AUTO else link.locale,
        "Also in": ", ".join(link.translations),
        "Tags": ", ".join(link.tags),
        "Internal note": link.internal_note,
        "Requests": "" if link.takes_requests else "not taken",
        "Created": _time(link.created_at),
        "Id": link.id,
    }
    return [*rows, *((name, value) for name, value in more.items() if value)]


def _table(links: list[PaymentLinkObject]) -> Table:
    rows = [(link.status, _amount(link), link.description, link.url, link.id) for link in links]
    return Table(
        ("Status", "Amount", "Description", "URL", "Id"), rows, empty="There are no such payment links."
    )


def _pricing(link: PaymentLinkObject) -> tuple[str, ...]:
    parts = {name: getattr(link, name) for name in PRICING_FIELDS}
    return pricing_words(PricingObject(**parts).pricing(), link.currency)


def _asking(link: PaymentLinkObject) -> tuple[str, ...]:
    parts = {name: getattr(link, name) for name in ASKING_FIELDS}
    return asking_words(AskingObject(**parts).asking())


def _amount(link: PaymentLinkObject) -> str:
    return format_money(Money(link.total_minor, link.currency)) if link.total_minor else "open"


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
