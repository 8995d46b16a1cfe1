"""A payer presses Pay: remember first, then ask the gateway, then remember what it said.

Snapshot, slot and attempt are committed before the gateway is called, with the attempt's id as its idempotency key. The
same form submitted twice finds the first one's session; a crash anywhere in between is found by `reconcile`.
"""

from dataclasses import dataclass, replace
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.checkout_session import CheckoutSession, SessionStatus, attempt_of
from linktill.core.computation import Computation
from linktill.core.errors import (
    FieldInvalid,
    GatewayTrouble,
    LinkNotPayable,
    NotFound,
    PaymentInProgress,
    PriceChanged,
    WayNotOffered,
)
from linktill.core.events import EventType
from linktill.core.ids import AttemptId, GatewayAccountId, SessionId
from linktill.core.money import Money
from linktill.core.payers_language import NO_WISH, Wish
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind, Failover, PaymentAttempt
from linktill.core.payment_link import Payability, PaymentLink, payability
from linktill.core.pricing import AS_FILLED, Choices
from linktill.core.sentence import sentence
from linktill.flows.account_health import note_trouble
from linktill.flows.accounts import Connection, connection
from linktill.flows.announce import Subject, announce
from linktill.flows.answers_given import NOTHING_TOLD, Told, checked_given, country_said
from linktill.flows.apply_fact import apply_fact
from linktill.flows.offers import Ways, ways_to_pay
from linktill.flows.payers_pages import as_shown, own_page_url, return_url
from linktill.flows.place import CHANGED, SOMEBODY_ELSE, refusal_of, remember_taken, take_place, wanted_of
from linktill.flows.redeem import Redeemed, redeemed, takes_codes
from linktill.flows.representations import payment_object
from linktill.flows.schedule import next_poll
from linktill.flows.services import Moment, Services, check_room, moment_of
from linktill.gateways.contract import OutcomeUnknown, Rejected, Started, StartOrder, Unavailable
from linktill.platform.log import get_logger
from linktill.storage import attempts, sessions
from linktill.storage.answers import keep_given
from linktill.storage.checkout_pages import page_of
from linktill.storage.database import Tx
from linktill.storage.pricings import keep_computation

SESSION_TTL_US: Final = 30 * 60 * 1_000_000
"""So long a payer may take on the gateway's page; then the attempt is canceled there and its slot freed."""
CRASH_POLL_US: Final = 60 * 1_000_000
"""So long after Pay the reconciler looks whether the call to the gateway was ever finished."""
ATTEMPTS_MAX: Final = 20
"""Tries per checkout session; then the payer starts again from the link."""
SUBMIT_TOKEN_MAX: Final = 100
UNAVAILABLE: Final = "gateway_unavailable"
REJECTED: Final = "gateway_rejected"
"""Why an attempt has failed that the gateway never saw, or refused to begin."""
SESSION_TOKEN_BYTES: Final = 18

log = get_logger("start_payment")

BEFORE_PAGE: Final = frozenset({AttemptStatus.CREATED, AttemptStatus.UNKNOWN, AttemptStatus.REQUIRES_ACTION})


@dataclass(frozen=True, slots=True)
class PayForm:
    """What the payer submitted: which version of the link at which price they saw, and who they are."""

    submit_token: str
    version: int
    amount: Money
    payer_email: str | None = None
    payer_name: str | None = None
    gateway: str | None = None
    """Which of several the payer has chosen; None: they were not asked."""
    choices: Choices = AS_FILLED
    """Of a link that has more than a price: what they chose, and `amount` is what that comes to."""
    told: Told = NOTHING_TOLD
    """What they answered to what the link asks, and what came with its address."""
    wish: Wish = NO_WISH
    """What is known of the language that they read."""

    def has_seen(self, amount: Money, *, may_be_typed: bool) -> bool:
        """Was this displayed? What a payer types themselves is: the page need not show it to them once more. Not where a coupon
        may have come off it: then they were shown less, and agreed to that.
        """
        typed = {self.choices.amount_minor, self.choices.part_minor} if may_be_typed else set[int | None]()
        return amount == self.amount or (amount.minor in typed and amount.currency == self.amount.currency)


@dataclass(frozen=True, slots=True)
class PayResult:
    """Where the payer goes: to the gateway's page, or (None) to our page that shows how the payment stands."""

    session: CheckoutSession
    redirect_url: str | None


@dataclass(frozen=True, slots=True)
class _New:
    """Ids and tokens for a session that may be new, drawn outside the unit."""

    session_id: SessionId
    attempt_id: AttemptId
    token: str
    gateway: str
    account_id: GatewayAccountId
    failover: Failover | None = None
    is_offered: bool = True


@dataclass(frozen=True, slots=True)
class _Claimed:
    session: CheckoutSession
    attempt: PaymentAttempt
    is_new: bool


async def start_payment(services: Services, slug: str, form: PayForm) -> PayResult:
    """Starts the payment that the payer saw. The same `submit_token` again answers with the same session.

    Raises NotFound, LinkNotPayable, PaymentInProgress, PriceChanged, FieldInvalid, WayNotOffered and NoRoom before anything is
    charged, and GatewayTrouble when the gateway surely charged nothing. A payer who was not asked for a gateway is led to
    the next one then.
    """
    page = await services.database.read(page_of, slug)
    if page is None or not 16 <= len(form.submit_token) <= SUBMIT_TOKEN_MAX:
        raise NotFound("There is no such payment link.")
    link = as_shown(*page, form.amount.currency, form.wish)
    amount = await _due(services, link, form)
    ways = await ways_to_pay(services, link.merchant_id, link.terms, amount=amount)
    chosen = ways.through(form.gateway)
    for found in chosen[:-1]:
        try:
            return await _start(services, link, form, found, _new(services, found, ways))
        except GatewayTrouble as trouble:
            log.warning("payment.failover", gateway=found.gateway.name, error=str(trouble.__cause__))
    found = chosen[-1] if chosen else ways.connections[0]
    new = replace(_new(services, found, ways), is_offered=bool(chosen))
    return await _start(services, link, form, found, new)


async def _due(services: Services, link: PaymentLink, form: PayForm) -> Money:
    """What is charged for the payer's choices. Raises FieldInvalid."""
    now = services.clock.now_us()
    if takes_codes(link):
        link = (await services.database.read(_redeemed, link, form, now)).link
    try:
        computation = link.charge(form.choices)
    except FieldInvalid:
        # What cannot be chosen is no wonder on a link that is closed or has changed, and that is what it says then.
        _check_open(link, form, now)
        raise
    return link.terms.amount if computation is None else computation.charged


def _new(services: Services, found: Connection, ways: Ways) -> _New:
    failover = None if ways.skipped is None else Failover(ways.skipped, UNAVAILABLE)
    return _New(
        SessionId(services.ids.new(prefixes.SESSION)),
        AttemptId(services.ids.new(prefixes.ATTEMPT)),
        services.randomness.token(SESSION_TOKEN_BYTES),
        found.gateway.name,
        found.account.id,
        failover,
    )


async def _start(
    services: Services, link: PaymentLink, form: PayForm, found: Connection, new: _New
) -> PayResult:
    claimed = await services.database.run(claim, moment_of(services), link.slug, form, new)
    attempt = claimed.attempt
    # Also when a look-up has found the payment whose answer was lost: it told everything but the page's address.
    if attempt.status in BEFORE_PAGE and attempt.redirect_url is None:
        if not claimed.is_new:
            found = await connection(services, attempt.merchant_id, attempt.gateway_account_id)
        return await _ask(services, found, link.slug, claimed)
    return PayResult(claimed.session, _page_of(attempt))


async def claim(tx: Tx, moment: Moment, slug: str, form: PayForm, new: _New) -> _Claimed:
    """Unit: session, slot and attempt, or the refusal. Nothing is kept of a refused one."""
    page = await page_of(tx, slug)
    assert page is not None, "a link's address never goes away"
    link = as_shown(*page, form.amount.currency, form.wish)
    known = await sessions.session_of_form(tx, link.merchant_id, link.id, form.submit_token)
    if known is not None and not _may_retry(known):
        return await _claimed_before(tx, known, new)
    if not new.is_offered:
        raise WayNotOffered(
            sentence("This way to pay is not offered any more. Choose another one."), param="gateway"
        )
    check_room(moment)
    found = await _redeemed(tx, link, form, moment.now)
    link = found.link
    amount, computation = _check(link, form, moment.now)
    country = country_said(link.terms.pricing, form.choices)
    given = checked_given(link, form.told, form.payer_email, form.payer_name, country=country, now=moment.now)
    language = form.wish.language(link.terms.locale, page[0].language)
    session = replace(_session(link, form, new, amount, moment.now), language=language)
    failover = new.failover
    if known is None:
        if not await sessions.insert_session(tx, session):
            # The twin of this request was faster: its session is committed now.
            twin = await sessions.session_of_form(tx, link.merchant_id, link.id, form.submit_token)
            assert twin is not None, "the session that was in the way is there"
            return await _claimed_before(tx, twin, new)
    else:
        session = replace(session, id=known.id, token=known.token, attempts=known.attempts + 1)
        failover = await _failover(tx, known, new) or failover
        if not await sessions.retry_session(tx, session, attempt_before=known.attempt_id):
            raise PaymentInProgress("This payment was just submitted. Wait a moment and look again.")
    attempt = attempt_of(
        session,
        new.gateway,
        new.account_id,
        now=moment.now,
        poll_at=moment.now + CRASH_POLL_US,
        failover=failover,
    )
    attempt = replace(attempt, has_answers=not given.is_empty, is_manual=link.terms.is_manual)
    wanted = (*wanted_of(link, form.choices), *found.wanted)
    short = await take_place(tx, attempt, link, wanted, now=moment.now)
    if short is not None:
        raise await refusal_of(tx, link, short, now=moment.now)
    await attempts.insert_attempt(tx, attempt)
    await remember_taken(tx, attempt, wanted)
    if attempt.has_answers:
        await keep_given(tx, link.merchant_id, attempt.id, given)
    await announce(
        tx,
        moment,
        EventType.PAYMENT_STARTED,
        Subject(link.merchant_id, attempt.id, link.id, attempt.id),
        payment_object(attempt, given),
    )
    if computation is not None:
        await keep_computation(tx, link.merchant_id, attempt.id, computation)
    return _Claimed(session, attempt, is_new=True)


async def _redeemed(tx: Tx, link: PaymentLink, form: PayForm, now: int) -> Redeemed:
    try:
        return await redeemed(tx, link, form.choices, form.payer_email, now=now)
    except FieldInvalid:
        _check_open(link, form, now)
        raise


async def _failover(tx: Tx, session: CheckoutSession, new: _New) -> Failover | None:
    """Why this try goes elsewhere than the session's last one, if that could not be sent."""
    last = await attempts.get_attempt(tx, session.merchant_id, session.attempt_id)
    assert last is not None, "a session has an attempt"
    if last.decline_code not in {UNAVAILABLE, REJECTED} or last.gateway_account_id == new.account_id:
        return None
    return last.failover or Failover(last.gateway, last.decline_code)


def _may_retry(session: CheckoutSession) -> bool:
    return session.status is SessionStatus.OPEN and session.attempts < ATTEMPTS_MAX


async def _claimed_before(tx: Tx, session: CheckoutSession, new: _New) -> _Claimed:
    """What this form has claimed before; new all the same if it was an earlier run of this very unit."""
    attempt = await attempts.get_attempt(tx, session.merchant_id, session.attempt_id)
    assert attempt is not None, "a session has an attempt"
    return _Claimed(session, attempt, is_new=attempt.id == new.attempt_id)


def _check(link: PaymentLink, form: PayForm, now: int) -> tuple[Money, Computation | None]:
    """May this be paid as it was displayed? Answers what is due, and how it comes about where there is more than a price."""
    _check_open(link, form, now)
    computation = link.charge(form.choices)
    amount = link.terms.amount if computation is None else computation.charged
    if not form.has_seen(amount, may_be_typed=not takes_codes(link)):
        raise PriceChanged(CHANGED)
    return amount, computation


def _check_open(link: PaymentLink, form: PayForm, now: int) -> None:
    """May it be paid at all, in the version that was displayed? Told before what is wrong with the choices."""
    state = payability(link, now)
    if state is Payability.IN_PROGRESS:
        raise PaymentInProgress(SOMEBODY_ELSE)
    if state is not Payability.PAYABLE:
        raise LinkNotPayable(state.value, "This link does not take payments now.")
    if form.version != link.version:
        raise PriceChanged(CHANGED)


def _session(link: PaymentLink, form: PayForm, new: _New, amount: Money, now: int) -> CheckoutSession:
    return CheckoutSession(
        merchant_id=link.merchant_id,
        id=new.session_id,
        link_id=link.id,
        link_version=link.version,
        status=SessionStatus.PROCESSING,
        amount=amount,
        description=link.terms.description,
        submit_token=form.submit_token,
        token=new.token,
        attempt_id=new.attempt_id,
        attempts=1,
        payer_email=form.payer_email,
        payer_name=form.payer_name,
        created_at=now,
        expires_at=now + SESSION_TTL_US,
    )


async def send_start(
    services: Services, found: Connection, slug: str, session: CheckoutSession, attempt: PaymentAttempt
) -> Started:
    """Asks the gateway to open its page, always with this attempt's one key. Raises GatewayError."""
    back = return_url(origin := services.origin_of(attempt.merchant_id), slug, session)
    order = StartOrder(
        reference=attempt.id,
        amount=attempt.amount,
        description=session.description,
        return_url=back,
        cancel_url=back,
        payer_email=attempt.payer_email,
        expires_at=session.expires_at,
        own_page_url=own_page_url(origin, slug, session),
        is_manual=attempt.is_manual,
        language=session.language,
    )
    return await found.gateway.start(found.account, order, key=attempt.key("start"))


async def _ask(services: Services, found: Connection, slug: str, claimed: _Claimed) -> PayResult:
    session, attempt = claimed.session, claimed.attempt
    age_s = (services.clock.now_us() - (attempt.started_at or attempt.created_at)) // 1_000_000
    if age_s > found.gateway.start_key_valid_s:
        return PayResult(session, None)
    if not claimed.is_new and not await services.database.run(
        attempts.ask_again, attempt.merchant_id, attempt.id
    ):
        known = await services.database.read(attempts.get_attempt, attempt.merchant_id, attempt.id)
        return PayResult(session, None if known is None else _page_of(known))
    try:
        started = await send_start(services, found, slug, session, attempt)
    except (Unavailable, Rejected) as error:
        # Only the very first call can prove that nothing was sent, and only while nobody else has asked.
        code = UNAVAILABLE if isinstance(error, Unavailable) else REJECTED
        services.outages.note_down(found.account.id, services.clock.monotonic_s())
        await note_trouble(services, attempt.merchant_id, attempt.gateway_account_id, error)
        if not claimed.is_new or not await services.database.run(
            fail_unsent, moment_of(services), attempt, code
        ):
            return PayResult(session, None)
        services.wake.now()
        raise GatewayTrouble(
            "The payment service cannot be reached right now. Nothing was charged."
        ) from error
    except OutcomeUnknown:
        fact = AttemptFact(FactKind.UNKNOWN)
        await services.database.run(apply_fact, moment_of(services), attempt.merchant_id, attempt.id, fact)
        return PayResult(session, None)
    url = await services.database.run(record_started, moment_of(services), session, attempt, started)
    return PayResult(session, url)


def _page_of(attempt: PaymentAttempt) -> str | None:
    """The gateway's page, while it waits for the payer."""
    return attempt.redirect_url if attempt.status is AttemptStatus.REQUIRES_ACTION else None


async def fail_unsent(tx: Tx, moment: Moment, attempt: PaymentAttempt, code: str) -> bool:
    """Unit: the first call was surely not executed, so the attempt has failed. False: somebody else has asked since."""
    now = await attempts.lock_attempt(tx, attempt.merchant_id, attempt.id)
    assert now is not None, "attempts are not deleted"
    if now.status is AttemptStatus.CREATED and now.gateway_ref is None and now.polls == 0:
        fact = AttemptFact(FactKind.FAILED, decline_code=code)
        now = await apply_fact(tx, moment, attempt.merchant_id, attempt.id, fact)
    return now.status is AttemptStatus.FAILED


async def record_started(
    tx: Tx, moment: Moment, session: CheckoutSession, attempt: PaymentAttempt, started: Started
) -> str | None:
    """Unit: the gateway's page is open. Answers its address, or None when there is nothing to be done there any more."""
    if started.expires_at is not None:
        await sessions.set_expiry(tx, session, started.expires_at)
    if await attempts.record_started(
        tx,
        attempt,
        gateway_ref=started.gateway_ref,
        redirect_url=started.redirect_url,
        poll_at=next_poll(moment.now, since=moment.now, expires_at=started.expires_at or session.expires_at),
        now=moment.now,
    ):
        return started.redirect_url
    now = await attempts.get_attempt(tx, attempt.merchant_id, attempt.id)
    assert now is not None, "attempts are not deleted"
    return _page_of(now) if now.gateway_ref == started.gateway_ref else None
