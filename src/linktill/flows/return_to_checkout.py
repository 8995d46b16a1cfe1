"""The payer comes back from the gateway: one more messenger. What the gateway says is applied before it is shown."""

import hmac
from dataclasses import dataclass

from linktill.core.answers import NOTHING_GIVEN, Given
from linktill.core.checkout_session import CheckoutSession
from linktill.core.computation import Computation
from linktill.core.errors import GatewayTrouble
from linktill.core.ids import SessionId
from linktill.core.merchant import Merchant
from linktill.core.payment_attempt import OPEN, AttemptStatus, PaymentAttempt
from linktill.core.payment_link import Payability, PaymentLink, payability
from linktill.flows.account_health import note_trouble
from linktill.flows.accounts import connection
from linktill.flows.payers_pages import own_page_url
from linktill.flows.resolve_attempt import look_again, resolve_attempt
from linktill.flows.services import Services
from linktill.flows.start_payment import BEFORE_PAGE
from linktill.gateways.contract import AttemptRef, GatewayError
from linktill.gateways.own_page import OwnPage
from linktill.storage import attempts, sessions
from linktill.storage.answers import given_with
from linktill.storage.checkout_pages import page_of
from linktill.storage.database import Tx
from linktill.storage.pricings import kept_computation


@dataclass(frozen=True, slots=True)
class Visit:
    """How a payer's checkout stands."""

    merchant: Merchant
    link: PaymentLink
    session: CheckoutSession
    attempt: PaymentAttempt
    payability: Payability
    computation: Computation | None = None
    """How the amount came about, where there was more than a price."""
    given: Given = NOTHING_GIVEN
    """What the payer told with the latest try."""


async def return_to_checkout(services: Services, slug: str, session_id: str, token: str) -> Visit | None:
    """The visit behind a return address, or None if there is none or the token is not its own."""
    visit = await services.database.read(_load, slug, session_id, token, services.clock.now_us())
    if visit is None or visit.attempt.status not in OPEN:
        return visit
    await look_again(services, visit.attempt.merchant_id, visit.attempt.id)
    services.wake.now()
    return await services.database.read(_load, slug, session_id, token, services.clock.now_us())


async def turn_back(services: Services, slug: str, session_id: str, token: str) -> Visit | None:
    """The payer gives up on the gateway's page: it is closed there, so that they can pay in another way, or somebody else can.

    The visit as it is then: canceled, or paid if that was faster. None: as `return_to_checkout`. Raises GatewayTrouble when the
    gateway does not answer; the payment then waits as it did.
    """
    visit = await services.database.read(_load, slug, session_id, token, services.clock.now_us())
    if visit is None or visit.attempt.status is not AttemptStatus.REQUIRES_ACTION:
        return visit
    try:
        await resolve_attempt(services, visit.attempt, is_given_up=True)
    except GatewayError as error:
        raise GatewayTrouble("The payment service cannot be reached right now.") from error
    services.wake.now()
    return await services.database.read(_load, slug, session_id, token, services.clock.now_us())


async def own_page(services: Services, visit: Visit) -> OwnPage | None:
    """The gateway's own fields, for a page of ours. None: this payment is not paid there, or not any more.

    Asks the gateway each time, as nothing of it is kept. Raises GatewayTrouble when it does not answer.
    """
    session, attempt = visit.session, visit.attempt
    own_path = own_page_url("", visit.link.slug, session)
    is_over = services.clock.now_us() >= session.expires_at
    # The payer's time is over before the gateway's: what they return to closes it there.
    if is_over or attempt.status is not AttemptStatus.REQUIRES_ACTION:
        return None
    if attempt.redirect_url is None or not attempt.redirect_url.endswith(own_path):
        return None
    found = await connection(services, attempt.merchant_id, attempt.gateway_account_id)
    try:
        return await found.gateway.own_page(found.account, AttemptRef(attempt.id, attempt.gateway_ref))
    except GatewayError as error:
        await note_trouble(services, attempt.merchant_id, attempt.gateway_account_id, error)
        raise GatewayTrouble("The payment service cannot be reached right now.") from error


async def read_in(services: Services, visit: Visit, language: str) -> None:
    """The payer chose another language: their pages and mails of this payment speak it from now on."""
    if language != visit.session.language and may_read_in(visit):
        await services.database.run(sessions.set_language, visit.session, language)


def may_read_in(visit: Visit) -> bool:
    """May another language be chosen now? Not while the gateway may still be asked for its page with the same key: what is
    asked with one key must always be the same.
    """
    return visit.attempt.status not in BEFORE_PAGE or visit.attempt.redirect_url is not None


async def read_visit(services: Services, slug: str, session_id: str, token: str) -> Visit | None:
    """As `return_to_checkout`, as far as we know it, without asking the gateway."""
    return await services.database.read(_load, slug, session_id, token, services.clock.now_us())


async def _load(tx: Tx, slug: str, session_id: str, token: str, now: int) -> Visit | None:
    page = await page_of(tx, slug)
    if page is None:
        return None
    merchant, link = page
    session = await sessions.get_session(tx, link.merchant_id, SessionId(session_id))
    if session is None or session.link_id != link.id:
        return None
    if not hmac.compare_digest(session.token.encode(), token.encode()):
        return None
    link = link.in_currency(session.amount.currency)
    attempt = await attempts.get_attempt(tx, session.merchant_id, session.attempt_id)
    assert attempt is not None, "a session has an attempt"
    is_priced = link.terms.pricing is None and session.link_version == link.version
    computation = None if is_priced else await kept_computation(tx, attempt.merchant_id, attempt.id)
    given = await given_with(tx, attempt)
    return Visit(merchant, link, session, attempt, payability(link, now), computation, given)
