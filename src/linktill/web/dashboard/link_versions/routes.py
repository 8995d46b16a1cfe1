"""`/dashboard/links/{id}/versions`: what each edit of a link changed."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.capture import CaptureMethod
from linktill.core.ids import LinkId
from linktill.core.localization import TEXTS
from linktill.core.money import Money
from linktill.core.payers_language import AUTO
from linktill.core.payment_link import LinkTerms
from linktill.flows.asking_words import asking_words
from linktill.flows.link_history import FIELDS, Edited, link_history
from linktill.flows.manage_links import read_link
from linktill.flows.pricing_words import pricing_words
from linktill.flows.services import Services
from linktill.platform.translation import OWN_NAMES
from linktill.storage.link_versions import BEFORE_ALL
from linktill.storage.members import emails_of
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.link_versions.view import ChangeRow, LinkVersionsPage, Shown, VersionRow
from linktill.web.dashboard.paging import pager
from linktill.web.dashboard.rows import who
from linktill.web.form import whole_number

PATH: Final = "/dashboard/links/{id:str}/versions"
ROWS: Final = 20

_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amount": "Price",
        "description": "What it is for",
        "note": "Message to the payer",
        "reference": "Your reference",
        "payments_max": "Can be paid",
        "starts_at": "Opens",
        "due_at": "Due",
        "expires_at": "Closes",
        "redirect_url": "After paying",
        "closed_message": "Words when closed",
        "metadata": "Metadata",
        "allowed_gateways": "Only through",
        "denied_gateways": "Not through",
        "pricing": "What makes up the amount",
        "asking": "What the payer is asked",
        "capture_method": "Money is taken",
        "locale": "Language of the page",
        "translations": "Other languages",
    }
)
_UNSET: Final[Mapping[str, str]] = MappingProxyType(
    {
        "starts_at": "at once",
        "due_at": "no day",
        "expires_at": "never",
        "closed_message": "our words",
        "allowed_gateways": "every gateway",
    }
)
"""What it means when nothing is set, where that is not simply nothing."""


def link_versions_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The route."""

    async def show(visitor: Visitor) -> Answer:
        services, link_id = desk.services, LinkId(visitor.id(prefixes.LINK))
        before = whole_number(visitor.query("cursor")) or BEFORE_ALL
        link = (await read_link(services, visitor.merchant_id, link_id)).link
        found = await link_history(
            services, visitor.merchant_id, link_id, limit=ROWS + 1, before=min(before, BEFORE_ALL)
        )
        people = await services.database.read(emails_of, visitor.merchant_id)
        older = str(found[ROWS - 1].now.version) if len(found) > ROWS else None
        page = LinkVersionsPage(
            shell=desk.shell(visitor),
            link_id=link_id,
            description=link.terms.description,
            rows=tuple(_row(services, edited, people) for edited in found[:ROWS]),
            pager=pager(
                f"/dashboard/links/{link_id}/versions",
                newer=None,
                older=older,
                is_first=before == BEFORE_ALL,
            ),
        )
        return desk.show(visitor, page)

    return (desk.page(PATH, show),)


def _row(services: Services, edited: Edited, people: Mapping[str, str]) -> VersionRow:
    now, before = edited.now, edited.before
    names = edited.changed() if before is not None else _set(now.terms)
    changes = tuple(
        ChangeRow(
            _LABELS[name],
            None if before is None else _shown(services, before.terms, name) or _UNSET.get(name, "nothing"),
            _shown(services, now.terms, name) or _UNSET.get(name, "nothing"),
        )
        for name in names
    )
    return VersionRow(now.version, now.at, who(now.by, people), before is None, changes)


def _set(terms: LinkTerms) -> tuple[str, ...]:
    """What says something: a price always does, and so does how often it can be paid."""
    return tuple(
        name
        for name in FIELDS
        if name == "payments_max"
        or (
            getattr(terms, name)
            and getattr(terms, name) != CaptureMethod.AUTOMATIC
            and getattr(terms, name) != AUTO
        )
    )


def _shown(services: Services, terms: LinkTerms, name: str) -> Shown:
    match name:
        case "payments_max":
            limit = terms.payments_max
            return "any number of times" if limit is None else "once" if limit == 1 else f"{limit} times"
        case "pricing":
            return "; ".join(pricing_words(terms.pricing, terms.amount.currency))
        case "asking":
            return "; ".join(asking_words(terms.asking))
        case "capture_method":
            return "when you capture it" if terms.capture_method is CaptureMethod.MANUAL else "at once"
        case "locale":
            return OWN_NAMES.get(terms.locale, "your payer’s own")
        case "translations":
            return "; ".join(_translation_words(terms))
        case "metadata":
            return ", ".join(f"{key}={value}" for key, value in terms.metadata.items())
        case "allowed_gateways" | "denied_gateways":
            return ", ".join(services.gateways.label(each) for each in getattr(terms, name))
        case _:
            value: Money | int | str | None = getattr(terms, name)
            return "" if value is None else value


def _translation_words(terms: LinkTerms) -> Iterator[str]:
    """Every text, so that a change of any of them is seen."""
    for language, texts in terms.translations.items():
        said = [text for name in TEXTS if (text := getattr(texts, name))]
        yield f"{OWN_NAMES[language]}: {' / '.join(said)}"
