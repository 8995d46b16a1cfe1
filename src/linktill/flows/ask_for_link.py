"""A payer who came too late leaves an address: for a new link, or to be told when there is more.

Whoever asks is answered the same, whether the address asked before or not: nobody learns who else wants to pay.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.customer import email_key
from linktill.core.errors import TooMany
from linktill.core.events import EventType
from linktill.core.ids import LinkRequestId
from linktill.core.link_request import (
    OPEN_MAX,
    REQUESTABLE,
    LinkRequest,
    RequestFields,
    RequestStatus,
    checked_request,
)
from linktill.core.payment_link import PaymentLink, payability
from linktill.core.sentence import sentence
from linktill.flows.announce import Subject, announce
from linktill.flows.request_objects import request_object
from linktill.flows.services import Moment, Services, check_room, moment_of
from linktill.flows.set_up import checked_email
from linktill.flows.throttle import Throttle
from linktill.platform.clock import Clock
from linktill.storage import link_requests, links
from linktill.storage.database import Tx
from linktill.storage.link_filing import filing_of

ASKS_MAX: Final = 20
"""From one address on the net in an hour."""


class Asked(Enum):
    """What came of it."""

    NOTED = auto()
    """Noted now, or before."""
    CLOSED = auto()
    """The link takes no requests: it can be paid, say, or its merchant does not want any."""
    FULL = auto()
    """So many wait already that nobody reads more."""


class AskGate:
    """What slows floods down. One for a process."""

    def __init__(self, clock: Clock) -> None:
        self.addresses: Final = Throttle(clock, limit=ASKS_MAX, window_s=3600, keys_max=10_000)


@dataclass(frozen=True, slots=True)
class _Ask:
    request_id: LinkRequestId
    link: PaymentLink
    fields: RequestFields


async def may_be_asked(services: Services, link: PaymentLink) -> bool:
    """Does its page offer to ask? Reads nothing of a link that can be paid."""
    if payability(link, services.clock.now_us()) not in REQUESTABLE:
        return False
    return (await services.database.read(filing_of, link.merchant_id, link.id)).takes_requests


async def ask_for_link(
    services: Services, gate: AskGate, link: PaymentLink, fields: RequestFields, *, address: str
) -> Asked:
    """Notes the request. `address`: the client's. Raises FieldsInvalid, TooMany and NoRoom."""
    checked = checked_request(fields, checked_email)
    if not gate.addresses.take(address):
        raise TooMany(sentence("Too many requests came from where you are. Wait an hour, then try again."))
    ask = _Ask(LinkRequestId(services.ids.new(prefixes.LINK_REQUEST)), link, checked)
    asked = await services.database.run(_ask, moment_of(services), ask)
    services.wake.now()
    return asked


async def _ask(tx: Tx, moment: Moment, ask: _Ask) -> Asked:
    check_room(moment)
    merchant_id = ask.link.merchant_id
    # Two at once see each other: there are never too many, and never two of one payer.
    link = await links.lock_link(tx, merchant_id, ask.link.id)
    if link is None or payability(link, moment.now) not in REQUESTABLE:
        return Asked.CLOSED
    if not (await filing_of(tx, merchant_id, link.id)).takes_requests:
        return Asked.CLOSED
    # Before the address is looked for: else a full list would tell who is on it.
    if await link_requests.count_open(tx, merchant_id, link.id) >= OPEN_MAX:
        return Asked.FULL
    key = email_key(ask.fields.email)
    if await link_requests.has_open(tx, merchant_id, link.id, key):
        return Asked.NOTED
    request = LinkRequest(
        merchant_id,
        ask.request_id,
        link.id,
        RequestStatus.OPEN,
        ask.fields.email,
        ask.fields.name,
        ask.fields.message,
        None,
        moment.now,
        None,
        ask.fields.language,
    )
    # Not on the link's own timeline: strangers would push what happened to it out of sight.
    subject = Subject(merchant_id, request.id)
    event_id = await announce(tx, moment, EventType.LINK_REQUESTED, subject, request_object(request))
    await link_requests.insert_request(tx, request, email_key=key, event_id=event_id)
    return Asked.NOTED
