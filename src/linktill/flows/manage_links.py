"""A merchant makes, edits, pauses, resumes, cancels, copies, finds and reads payment links."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused, VersionConflict
from linktill.core.events import EventType
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_terms import LinkFields, checked_terms
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink, standing, transition_event
from linktill.core.slug import checked_slug, taken
from linktill.flows.announce import Subject, announce
from linktill.flows.offers import TermsCheck, of_changes, terms_check
from linktill.flows.representations import link_object
from linktill.flows.services import Moment, Services, check_room, moment_of
from linktill.storage import directory, links
from linktill.storage.database import Tx
from linktill.storage.link_lists import link_tokens, list_links
from linktill.storage.link_views import views_of

PAGE_MAX: Final = 100
SLUG_BYTES: Final = 8
EDITS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class LinkDetail:
    """A link and how often its page was opened."""

    link: PaymentLink
    views: int
    viewed_at: int | None


@dataclass(frozen=True, slots=True)
class LinkPage:
    """One page of a list; `next_cursor` None: there are no more."""

    links: list[PaymentLink]
    next_cursor: LinkId | None


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
        created_at=now,
        updated_at=now,
    )
    return replace(link, status=standing(link, now))


async def store_link(tx: Tx, moment: Moment, link: PaymentLink, by: str) -> PaymentLink:
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
    await links.set_tokens(tx, link, link_tokens(link.slug, link.terms), is_new=True)
    await _announce(tx, moment, EventType.LINK_CREATED, link)
    return link


async def create_link(
    services: Services, merchant_id: MerchantId, fields: LinkFields, *, by: str, slug: str = ""
) -> PaymentLink:
    """A new link, open for payment unless it starts later. `by` names who made it, for its history."""
    takes = await terms_check(services, merchant_id)
    link = new_link(services, merchant_id, fields, takes, slug=slug)
    stored = await services.database.run(store_link, moment_of(services), link, by)
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
    status: LinkStatus | None = None,
    search: str = "",
    before: LinkId | None = None,
) -> LinkPage:
    """Newest first. `limit` is at most 100; `search` words must each begin a word of the link."""
    limit = max(1, min(limit, PAGE_MAX))
    # A word that most links have takes long to look up: no payer may wait for it.
    read = services.database.report if search else services.database.read
    found = await read(list_links, merchant_id, limit=limit + 1, status=status, search=search, before=before)
    has_more = len(found) > limit
    return LinkPage(found[:limit], found[limit - 1].id if has_more else None)


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
    work = _Edit(edit, by, version, await terms_check(services, merchant_id))
    for _ in range(EDITS_MAX):
        edited = await services.database.run(_edit, moment_of(services), merchant_id, link_id, work)
        if edited is not None:
            services.wake.now()
            return edited
    raise VersionConflict("Others keep editing this link. Try again.")


async def pause_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Takes no new payments until it is resumed; a payer who has pressed Pay may finish."""
    return await _control(services, merchant_id, link_id, LinkStatus.PAUSED)


async def resume_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Takes payments again, if terms and time allow."""
    return await _control(services, merchant_id, link_id, LinkStatus.ACTIVE)


async def cancel_link(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    """Closes the link for good; a payer who has pressed Pay may finish until their checkout ends."""
    return await _control(services, merchant_id, link_id, LinkStatus.CANCELED)


async def duplicate_link(
    services: Services, merchant_id: MerchantId, link_id: LinkId, *, by: str
) -> PaymentLink:
    """A new link with the same terms. A start or expiry that has passed is left out."""
    copy = draft_of(services, merchant_id, await copied_terms(services, merchant_id, link_id))
    return await services.database.run(store_link, moment_of(services), copy, by)


async def copied_terms(services: Services, merchant_id: MerchantId, link_id: LinkId) -> LinkTerms:
    """The terms that a duplicate gets. Raises NotFound."""
    detail = await read_link(services, merchant_id, link_id)
    now = services.clock.now_us()
    terms = detail.link.terms
    return replace(
        terms,
        starts_at=terms.starts_at if terms.starts_at is not None and terms.starts_at > now else None,
        expires_at=terms.expires_at if terms.expires_at is not None and terms.expires_at > now else None,
    )


async def _read_link(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> LinkDetail:
    link = await links.get_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    views, viewed_at = await views_of(tx, merchant_id, link_id)
    return LinkDetail(link, views, viewed_at)


async def _locked(tx: Tx, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    link = await links.lock_link(tx, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    return link


@dataclass(frozen=True, slots=True)
class _Edit:
    """What somebody wants changed. `version`: only while the link is at it."""

    edit: Callable[[LinkTerms], LinkFields]
    by: str
    version: int | None
    takes: TermsCheck


async def _edit(
    tx: Tx,
    moment: Moment,
    merchant_id: MerchantId,
    link_id: LinkId,
    work: _Edit,
) -> PaymentLink | None:
    link = await _locked(tx, merchant_id, link_id)
    version = work.version
    if version is not None and version != link.version and not _has_landed(link, work.edit, version, moment):
        raise VersionConflict(f"The link is at version {link.version}, not {version}. Read it again.")
    if link.status in {LinkStatus.CANCELED, LinkStatus.ARCHIVED}:
        raise TransitionRefused(f"A link that is {link.status} is not edited. Duplicate it instead.")
    takes = of_changes(work.takes, link.terms)
    terms = checked_terms(work.edit(link.terms), now=moment.now, before=link.terms, takes=takes)
    if terms == link.terms:
        return link
    after = replace(link, terms=terms, version=link.version + 1, updated_at=moment.now)
    if not await links.update_terms(tx, after, version_before=link.version):
        return None
    await links.insert_version(tx, after, by=work.by, at=moment.now)
    await links.set_tokens(tx, after, link_tokens(after.slug, terms), is_new=False)
    await _announce(tx, moment, EventType.LINK_UPDATED, after)
    moved = await settle_status(tx, moment, after)
    if moved.status is after.status:
        await links.set_wake(tx, after)
    return moved


def _has_landed(
    link: PaymentLink, edit: Callable[[LinkTerms], LinkFields], version: int, moment: Moment
) -> bool:
    """Is the link what this very edit of `version` makes of it? Then the unit is run again after a lost answer."""
    if link.version != version + 1:
        return False
    try:
        return checked_terms(edit(link.terms), now=moment.now, before=link.terms) == link.terms
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
    link = await services.database.run(_control_unit, moment_of(services), merchant_id, link_id, wanted)
    services.wake.now()
    return link


async def _control_unit(
    tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId, wanted: LinkStatus
) -> PaymentLink:
    link = await settle_status(tx, moment, await _locked(tx, merchant_id, link_id))
    match wanted:
        case LinkStatus.PAUSED:
            return await move_status(tx, moment, link, LinkStatus.PAUSED)
        case LinkStatus.CANCELED:
            return await move_status(tx, moment, link, LinkStatus.CANCELED)
        case _:
            if link.status not in {LinkStatus.PAUSED, LinkStatus.ACTIVE}:
                raise TransitionRefused(f"A link that is {link.status} cannot be resumed.")
            return await settle_status(tx, moment, link, is_paused=False)


async def _announce(tx: Tx, moment: Moment, event: EventType, link: PaymentLink) -> None:
    await announce(
        tx,
        moment,
        event,
        Subject(link.merchant_id, link.id, link.id),
        link_object(link, base_url=moment.base_url, now=moment.now),
    )
