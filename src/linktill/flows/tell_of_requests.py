"""Tells merchants by mail that payers ask for new links: soon after the first, and then of all that came within an hour."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from linktill.core.ids import MerchantId
from linktill.core.link_request import RequestStatus
from linktill.core.merchant import Mode
from linktill.flows.send_mails import new_mail, post
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.stories import Draft
from linktill.notify.letters import Alert, Line, News
from linktill.storage.database import Tx
from linktill.storage.link_lists import descriptions_of
from linktill.storage.link_requests import Told, last_told, merchants_untold, take_untold
from linktill.storage.merchants import get_merchant

EVERY_US: Final = 3600 * 1_000_000
"""A merchant gets no more than one such mail in this time."""
LINKS_NAMED: Final = 10


async def tell_of_requests(services: Services, *, has_mailer: bool) -> int:
    """A step: writes the mails that are due; answers how many."""
    written = 0
    for merchant_id in await services.database.read(merchants_untold):
        last = await services.database.read(last_told, merchant_id)
        if last is None or services.clock.now_us() - last >= EVERY_US:
            written += await services.database.run(_tell, moment_of(services), merchant_id, has_mailer)
    if written:
        services.wake.now()
    return written


async def _tell(tx: Tx, moment: Moment, merchant_id: MerchantId, has_mailer: bool) -> bool:  # noqa: FBT001 - a unit's arguments have no names
    """Unit: False where there is nobody to tell, or nothing that still waits."""
    merchant = await get_merchant(tx, merchant_id)
    assert merchant is not None, "requests belong to merchants"
    waiting = [
        told
        for told in await take_untold(tx, merchant_id, now=moment.now)
        if told.status is RequestStatus.OPEN
    ]
    if not waiting or not merchant.alert_email:
        return False
    news = await _news(tx, moment, merchant_id, waiting)
    draft = Draft(merchant.alert_email, Alert(merchant.name, merchant.mode is Mode.TEST, news))
    newest = max(waiting, key=lambda told: told.id)
    await post(tx, new_mail(moment, merchant, newest.event_id, draft, has_mailer=has_mailer))
    return True


async def _news(tx: Tx, moment: Moment, merchant_id: MerchantId, waiting: Sequence[Told]) -> News:
    counts = Counter(told.link_id for told in waiting)
    words = await descriptions_of(tx, merchant_id, list(counts))
    named = [
        Line(_payers(count).capitalize(), words[link_id])
        for link_id, count in counts.most_common(LINKS_NAMED)
    ]
    if len(counts) > LINKS_NAMED:
        named.append(Line("And", f"{len(counts) - LINKS_NAMED} more links"))
    ask = "asks" if len(waiting) == 1 else "ask"
    return News(
        headline=f"{_payers(len(waiting)).capitalize()} {ask} for a new link",
        tone="wait",
        lines=tuple(named),
        explanation="They came to a link that is closed, and left an address. Make them a new link, open the old one again, "
        "or dismiss them.",
        subject=f"{_payers(len(waiting)).capitalize()} {ask} for a new link",
        action="See who asks",
        action_url=f"{moment.base_url}/dashboard/requests",
    )


def _payers(count: int) -> str:
    return "one payer" if count == 1 else f"{count} payers"
