"""Events with all that their mails mention, read in one unit, and the mails to write of them."""

from dataclasses import dataclass

import msgspec

from linktill.core.answers import NOTHING_GIVEN, Given
from linktill.core.checkout_session import CheckoutSession
from linktill.core.computation import Computation
from linktill.core.events import Event, EventType
from linktill.core.ids import AttemptId, LinkId
from linktill.core.merchant import Merchant
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.flows.request_objects import LinkRequestObject
from linktill.notify.letters import View
from linktill.storage import attempts, links, sessions
from linktill.storage.answers import given_with
from linktill.storage.database import Tx
from linktill.storage.pricings import kept_computation
from linktill.storage.webhook_endpoints import WebhookEndpoint


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail to write."""

    recipient: str
    view: View
    attached: str | None = None
    """What goes along as PDF: as `Mail.attached`."""


@dataclass(frozen=True, slots=True)
class Story:
    """An event and all that its mails mention; the payment's parts are None where it is not about a payment. `link`: also the
    one that somebody was sent who had asked.
    """

    event: Event
    merchant: Merchant
    endpoints: tuple[WebhookEndpoint, ...]
    attempt: PaymentAttempt | None
    session: CheckoutSession | None
    link: PaymentLink | None
    computation: Computation | None = None
    """How the amount came about, where there was more than a price."""
    given: Given = NOTHING_GIVEN
    """What the payer told."""
    has_invoices: bool = False
    """Has the merchant set what invoices need?"""


async def story_of(
    tx: Tx, event: Event, merchant: Merchant, endpoints: tuple[WebhookEndpoint, ...], *, is_mailed: bool
) -> Story:
    """Unit: the event with what is needed to tell of it; for mails more than for webhooks."""
    if event.type is EventType.LINK_SENT:
        link = await links.get_link(tx, merchant.id, LinkId(event.link_id or ""))
        return Story(event, merchant, endpoints, None, None, link)
    if event.type is EventType.REQUEST_ANSWERED:
        sent = msgspec.json.decode(event.data, type=LinkRequestObject)
        link = await links.get_link(tx, merchant.id, LinkId(sent.answer_link_id or ""))
        return Story(event, merchant, endpoints, None, None, link)
    if not is_mailed or event.attempt_id is None:
        return Story(event, merchant, endpoints, None, None, None)
    attempt = await attempts.get_attempt(tx, merchant.id, AttemptId(event.attempt_id))
    assert attempt is not None, "attempts are never deleted"
    session = await sessions.get_session(tx, merchant.id, attempt.session_id)
    link = await links.get_link(tx, merchant.id, attempt.link_id)
    computation = await kept_computation(tx, merchant.id, attempt.id)
    given = await given_with(tx, attempt)
    return Story(event, merchant, endpoints, attempt, session, link, computation, given)
