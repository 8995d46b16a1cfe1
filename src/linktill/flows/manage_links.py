"""A merchant makes, edits, pauses, resumes, copies, finds and reads payment links."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused, VersionConflict
from linktill.core.events import EventType
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import NOT_FILED, Filing, Refiling
from linktill.core.link_terms import LinkFields, checked_terms
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink, standing, transition_event
from linktill.core.slug import checked_slug, taken
from linktill.core.stock import is_out, keyed, unkeyed
from linktill.flows.announce import Subject, announce
from linktill.flows.name_customer import check_customer
from linktill.flows.offers import TermsCheck, of_changes, terms_check
from linktill.flows.place import settle_stock
from linktill.flows.representations import link_object
from linktill.flows.services import Moment, Services, check_room, moment_of
from linktill.storage import directory, links
from linktill.storage.database import Tx
from linktill.storage.link_filing import filing_of, filings_of, set_filing, touch_link
from linktill.storage.link_lists import EVERY_LINK, LinkFilter, link_tokens, list_links
from linktill.storage.link_money import recount
from linktill.storage.link_views import views_of

PAGE_MAX: Final = 100
SLUG_BYTES: Final = 8
EDITS_MAX: Final = 5
NOTHING_REFILED: Final = Refiling()


@dataclass(frozen=True, slots=True)
class LinkDetail:
    """A link, how it is filed, and how often its page was opened."""

    link: PaymentLink
    filing: Filing
    views: int
    viewed_at: int | None


@dataclass(frozen=True, slots=True)
class FiledLink:
    """A link, and how it is filed."""

    link: PaymentLink
    filing: Filing


@dataclass(frozen=True, slots=True)
class LinkPage:
    """One page of a list; `next_cursor` None: there are no more. `filings`: of those links that have tags or a note."""

    links: list[PaymentLink]
    next_cursor: LinkId | None
    filings: Mapping[LinkId, Filing]


@dataclass(frozen=True, slots=True)
class LinkChange:
    """What somebody wants changed of a link. `edit` None: none of its terms, which is possible in every state."""

    edit: Callable[[LinkTerms], LinkFields] | None
    by: str
    version: int | None = None
    """Only while the link is at this one."""
    refiling: Refiling = NOTHING_REFILED


def new_link(
    services: Services, merchant_id: MerchantId, fields: LinkFields, takes: TermsCheck, *, slug: str = ""
) -> PaymentLink:
    """A link that is not stored yet. Raises FieldInvalid. `takes`: of `terms_check`. `slug`: empty where it is drawn."""
    now = services.clock.now_us()
    chosen = checked_slug(slug) if slug else ""
    return draft_of(services, merchant_id, checked_terms(fields, now=now, takes=takes), slug=chosen)


def draft_of(services: Services, merchant_id: MerchantId, terms: LinkTerms, *, slug: str = "") -> PaymentLink:
    """As `new_link`, from what was checked before."""
    now = services.clock.now_us()
    terms = replace(terms, pricing=keyed(terms.pricing, None, 1))
    link = PaymentLink(
        merchant_id=merchant_id,
        id=LinkId(services.ids.new(prefixes.LINK)),
        slug=slug or services.randomness.token(SLUG_BYTES),
        status=LinkStatus.ACTIVE,
        version=1,
        terms=terms,
        slots_taken=0,
        captured_count=0,
        captured_minor=0,
        refunded_minor=0,
        is_out=is_out(terms.pricing, {}),
        created_at=now,
        updated_at=now,
    )
    return replace(link, status=standing(link, now))


async def store_link(
    tx: Tx, moment: Moment, link: PaymentLink, by: str, filing: Filing = NOT_FILED
) -> PaymentLink:
    """Unit: stores a new link and says so. Run again after a lost answer, it finds its own link.

    Raises NoRoom, and FieldInvalid where another link has its address.
    """
    check_room(moment)
    is_ours = await directory.claim(tx, directory.SLUG, link.slug, link.merchant_id, link.id)
    if not is_ours:
        found = await links.get_link(tx, link.merchant_id, link.id)
        if found is None:
            raise FieldInvalid("slug", taken(link.slug))
        return found
    await links.insert_link(tx, link)
    await links.insert_version(tx, link, by=by, at=moment.now)
    if filing != NOT_FILED:
        await check_customer(tx, link.merchant_id, filing.customer_id)
        await set_filing(tx, link, filing, before=NOT_FILED)
    await links.set_tokens(tx, link, link_tokens(link.slug, link.terms, filing), is_new=True)
    await _announce(tx, moment, EventType.LINK_CREATED, link, filing)
    return link


async def create_link(
    services: Services,
    merchant_id: MerchantId,
    fields: LinkFields,
    *,
    by: str,
    slug: str = "",
    filing: Filing = NOT_FILED,
) -> PaymentLink:
    """A new link, open for payment unless it starts later. `by` names who made it, for its history."""
    takes = await terms_check(services, merchant_id)
    link = new_link(services, merchant_id, fields, takes, slug=slug)
    stored = await services.database.run(store_link, moment_of(services), link, by, filing)
    services.wake.now()
    return stored


async def read_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> LinkDetail:
    """The link. Raises NotFound."""
    return await services.database.read(_read_link, merchant_id, link_id)


async def find_links(
    services: Services,
    merchant_id: MerchantId,
    *,
    limit: int,
    wanted: LinkFilter = EVERY_LINK,
    before: LinkId | None = None,
) -> LinkPage:
    """Newest first. `limit` is at most 100."""
    limit = max(1, min(limit, PAGE_MAX))
    # A word that most links have takes long to look up: no payer may wait for it.
    read = services.database.report if wanted.needs_report else services.database.read
    return await read(_find_links, merchant_id, limit=limit, wanted=wanted, before=before)


async def _find_links(
    tx: Tx, merchant_id: MerchantId, *, limit: int, wanted: LinkFilter, before: LinkId | None
) -> LinkPage:
    found = await list_links(tx, merchant_id, limit=limit + 1, wanted=wanted, before=before)
    shown = found[:limit]
    filings = await filings_of(tx, merchant_id, [link.id for link in shown])
    return LinkPage(shown, shown[-1].id if len(found) > limit else None, filings)


async def edit_link(
    services: Services,
    merchant_id: MerchantId,
    link_id: LinkId,
    edit: Callable[[LinkTerms], LinkFields],
    *,
    by: str,
    version: int | None = None,
) -> PaymentLink:
    """A new version with the edited terms; open checkouts keep the one they showed.

    `version`: refuse (VersionConflict) unless the link is still at this one. Raises NotFound, FieldsInvalid and
    TransitionRefused for a canceled link.
    """
    return (await change_link(services, merchant_id, link_id, LinkChange(edit, by, version))).link


async def change_link(
    services: Services, merchant_id: MerchantId, link_id: LinkId, change: LinkChange
) -> FiledLink:
    """As `edit_link`, with tags and note of the link in the same unit."""
    takes = await terms_check(services, merchant_id)
    for _ in range(EDITS_MAX):
        changed = await services.database.run(
            _change, moment_of(services), merchant_id, link_id, change, takes
        )
        if changed is not None:
            services.wake.now()
            return changed
    raise VersionConflict("Others keep editing this link. Try again.")


async def pause_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Takes no new payments until it is resumed; a payer who has pressed Pay may finish."""
    return await _control(services, merchant_id, link_id, LinkStatus.PAUSED)


async def resume_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Takes payments again, if terms and time allow."""
    return await _control(services, merchant_id, link_id, LinkStatus.ACTIVE)


async def duplicate_link(
    services: Services, merchant_id: MerchantId, link_id: LinkId, *, by: str
) -> PaymentLink:
    """A new link with the same terms and tags. A start or expiry that has passed is left out."""
    terms, filing = await copied_link(services, merchant_id, link_id)
    copy = draft_of(services, merchant_id, terms)
    return await services.database.run(store_link, moment_of(services), copy, by, filing)


async def copied_link(
    services: Services, merchant_id: MerchantId, link_id: LinkId
) -> tuple[LinkTerms, Filing]:
    """What a duplicate gets. Raises NotFound."""
    detail = await read_link(services, merchant_id, link_id)
    terms = detail.link.terms.without_past(services.clock.now_us(), "starts_at", "expires_at")
    terms = replace(terms, pricing=unkeyed(terms.pricing))
    # The tags say what kind of link it is, the note what happened with this one.
    return terms, Filing(detail.filing.tags, takes_requests=detail.filing.takes_requests)


async def _read_link(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> LinkDetail:
    link = await links.get_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    views, viewed_at = await views_of(tx, merchant_id, link_id)
    return LinkDetail(link, await filing_of(tx, merchant_id, link_id), views, viewed_at)


async def locked_link(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    link = await links.lock_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    return link


async def _change(
    tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId, change: LinkChange, takes: TermsCheck
) -> FiledLink | None:
    link = await locked_link(tx, merchant_id, link_id)
    version = change.version
    if (
        version is not None
        and version != link.version
        and not _has_landed(link, change.edit, version, moment)
    ):
        raise VersionConflict(f"The link is at version {link.version}, not {version}. Read it again.")
    terms = link.terms
    if change.edit is not None:
        _check_editable(link)
        takes = of_changes(takes, terms)
        terms = _edited(link, change.edit, link.version + 1, moment, takes)
    filed = await filing_of(tx, merchant_id, link_id)
    filing = change.refiling.of(filed)
    if terms == link.terms and filing == filed:
        return FiledLink(link, filing)
    after = replace(link, updated_at=moment.now)
    if terms != link.terms:
        after = replace(after, terms=terms, version=link.version + 1)
        if not await links.update_terms(tx, after, version_before=link.version):
            return None
        await links.insert_version(tx, after, by=change.by, at=moment.now)
        if terms.amount.currency != link.terms.amount.currency:
            after = await recount(tx, after)
        after = await settle_stock(tx, after)
    else:
        await touch_link(tx, after)
    if filing != filed:
        if filing.customer_id != filed.customer_id:
            await check_customer(tx, merchant_id, filing.customer_id)
        await set_filing(tx, after, filing, before=filed)
    await links.set_tokens(tx, after, link_tokens(after.slug, terms, filing), is_new=False)
    await _announce(tx, moment, EventType.LINK_UPDATED, after, filing)
    moved = await settle_status(tx, moment, after)
    if moved.status is after.status:
        await links.set_wake(tx, after)
    return FiledLink(moved, filing)


def _edited(
    link: PaymentLink,
    edit: Callable[[LinkTerms], LinkFields],
    version: int,
    moment: Moment,
    takes: TermsCheck | None = None,
) -> LinkTerms:
    """The link's terms as this version of them. Raises FieldsInvalid."""
    before = link.terms
    terms = checked_terms(edit(before), now=moment.now, before=before, takes=takes)
    if (
        terms.amount.currency != before.amount.currency
        and terms.amount_max_minor is not None
        and link.taken_minor
    ):
        raise FieldInvalid(
            "currency", "What was paid already counts towards the limit. Make another link for this currency."
        )
    return replace(terms, pricing=keyed(terms.pricing, before.pricing, version))


def _check_editable(link: PaymentLink) -> None:
    if link.status is LinkStatus.ARCHIVED:
        raise TransitionRefused("A link that is archived is not edited. Unarchive it first, or duplicate it.")
    if link.status is LinkStatus.CANCELED:
        raise TransitionRefused("A link that is canceled is not edited. Duplicate it instead.")


def _has_landed(
    link: PaymentLink,
    edit: Callable[[LinkTerms], LinkFields] | None,
    version: int,
    moment: Moment,
) -> bool:
    """Is the link what this very edit of `version` makes of it? Then the unit is run again after a lost answer."""
    if edit is None or link.version != version + 1:
        return False
    try:
        return _edited(link, edit, link.version, moment) == link.terms
    except FieldInvalid:
        return False


async def settle_status(
    tx: Tx, moment: Moment, link: PaymentLink, *, is_paused: bool | None = None
) -> PaymentLink:
    """Moves the stored status to where terms, counters and time put the link, and says so. In a unit that locked it."""
    status = standing(link, moment.now, is_paused=is_paused)
    return await move_status(tx, moment, link, status)


async def move_status(tx: Tx, moment: Moment, link: PaymentLink, status: LinkStatus) -> PaymentLink:
    """Moves the stored status and says so; the same status is no move. Raises TransitionRefused."""
    if status is link.status:
        return link
    event = EventType(transition_event(link.status, status))
    after = replace(link, status=status, updated_at=moment.now)
    if await links.move_link(tx, link, status, now=moment.now):
        await _announce(tx, moment, event, after)
    return after


async def _control(
    services: Services, merchant_id: MerchantId, link_id: LinkId, wanted: LinkStatus
) -> PaymentLink:
    link = await services.database.run(control_unit, moment_of(services), merchant_id, link_id, wanted)
    services.wake.now()
    return link


async def control_unit(
    tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId, wanted: LinkStatus
) -> PaymentLink:
    """Unit: moves the link there, if it may. Raises NotFound and TransitionRefused."""
    link = await settle_status(tx, moment, await locked_link(tx, merchant_id, link_id))
    if link.status is LinkStatus.ARCHIVED:
        raise TransitionRefused(f"A link that is archived cannot become {wanted}. Unarchive it first.")
    match wanted:
        case LinkStatus.PAUSED:
            return await move_status(tx, moment, link, LinkStatus.PAUSED)
        case LinkStatus.CANCELED:
            return await move_status(tx, moment, link, LinkStatus.CANCELED)
        case _:
            if link.status not in {LinkStatus.PAUSED, LinkStatus.ACTIVE}:
                raise TransitionRefused(f"A link that is {link.status} cannot be resumed.")
            return await settle_status(tx, moment, link, is_paused=False)


async def _announce(
    tx: Tx, moment: Moment, event: EventType, link: PaymentLink, filing: Filing | None = None
) -> None:
    """`filing` None: it is read, since an event shows the whole link."""
    if filing is None:
        filing = await filing_of(tx, link.merchant_id, link.id)
    await announce(
        tx,
        moment,
        event,
        Subject(link.merchant_id, link.id, link.id),
        link_object(link, filing, base_url=moment.origin_of(link.merchant_id), now=moment.now),
    )
