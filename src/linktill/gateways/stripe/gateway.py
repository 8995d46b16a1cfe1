"""Stripe as a gateway: a Checkout Session for each attempt, on Stripe's own page, or on one of ours where its merchant chose so.

Source: https://docs.stripe.com/api/checkout/sessions, /api/payment_intents, /api/refunds and /api/disputes.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, final
from urllib.parse import quote

from typing_extensions import override

from linktill.core.dispute import DisputeFact
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways import timed_signature
from linktill.gateways.answers import Nonsense
from linktill.gateways.contract import (
    Account,
    AccountFound,
    AttemptRef,
    EvidenceOrder,
    Gateway,
    Hint,
    OutcomeUnknown,
    RefundOrder,
    RefundRef,
    Rejected,
    Started,
    StartOrder,
    Unavailable,
    Webhook,
)
from linktill.gateways.own_page import OwnPage
from linktill.gateways.pages import DisputePage, Page, PayoutPage, RefundPage
from linktill.gateways.stripe import (
    LABEL,
    NAME,
    PAGE_ORIGINS,
    connecting,
    currencies,
    elements,
    payouts,
    translate,
)
from linktill.gateways.stripe.check import check
from linktill.gateways.stripe.client import StripeClient, Value
from linktill.gateways.stripe.evidence import CHARS_MAX, evidence_params
from linktill.gateways.stripe.listing import Listing
from linktill.gateways.stripe.objects import Dispute, Intent, OwnPageSession, PageOf, Refund, Session
from linktill.platform.http import HttpClient

API_URL: Final = "https://api.stripe.com"
SESSIONS: Final = "/v1/checkout/sessions"
INTENTS: Final = "/v1/payment_intents"
REFUNDS: Final = "/v1/refunds"
DISPUTES: Final = "/v1/disputes"
REFUNDS_MAX: Final = 100

_MONEY: Final = "latest_charge.balance_transaction"
_INTENT_REF: Final = "pi_"
_LISTED_INTENTS: Final = "intents:"


@final
class StripeGateway(Gateway):
    """`credentials` hold `secret_key`, a secret or restricted key, and where payers pay on a page of ours `payment_page` and
    `publishable_key`. The two addresses are Stripe's, or in tests a stand-in's.
    """

    name: ClassVar[str] = NAME
    label: ClassVar[str] = LABEL
    lists_payouts: ClassVar[bool] = True
    # Stripe forgets a key after 24 hours at the earliest; an hour of that is margin.
    start_key_valid_s: ClassVar[int] = 23 * 3_600
    refund_key_valid_s: ClassVar[int] = 23 * 3_600
    answer_key_valid_s: ClassVar[int] = 23 * 3_600
    evidence_chars_max: ClassVar[int] = CHARS_MAX
    may_accept_disputes: ClassVar[bool] = True
    captures_manually: ClassVar[bool] = True
    # Most cards; where the issuer gives another term, Stripe tells it with the charge (https://docs.stripe.com/payments/place-a-hold).
    authorization_lasts_s: ClassVar[int] = 7 * 24 * 3_600

    def __init__(self, http: HttpClient, *, api_url: str = API_URL, page_origin: str = PAGE_ORIGINS) -> None:
        self.form_action_origin = page_origin
        self._client = StripeClient(http, api_url)
        self._listing = Listing(self._client)

    @override
    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        return currencies.accepts(amount)

    @override
    def mode_of(self, account: Account) -> Mode | None:
        # Secret and restricted keys alike: sk_live_…, rk_test_… (https://docs.stripe.com/keys).
        match account.credentials.get("secret_key", "").split("_")[1:2]:
            case ["live"]:
                return Mode.LIVE
            case ["test"]:
                return Mode.TEST
            case _:
                return None

    @override
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        is_own_page = elements.leads_there(account, order, self.mode_of(account))
        params = translate.session_params(order, is_own_page=is_own_page)
        answer = await self._client.post(account, SESSIONS, params, key=key)
        session = answer.read(Session)
        answer.must_be(session.client_reference_id, order.reference)
        if is_own_page:
            answer.must_be(session.ui_mode, elements.UI_MODE)
            return Started(session.id, order.own_page_url)
        if session.url is None:
            # The key's first answer is replayed with its page; a session without one can no longer be paid.
            raise OutcomeUnknown(f"Stripe has no page for {session.id} any more.")
        if not session.url.startswith(f"{self.form_action_origin}/"):
            raise OutcomeUnknown(
                f"Stripe's page is not at {self.form_action_origin}: turn off the custom domain for Checkout."
            )
        return Started(session.id, session.url)

    @override
    async def own_page(self, account: Account, ref: AttemptRef) -> OwnPage | None:
        if ref.gateway_ref is None:
            return None
        answer = await self._client.get(account, f"{SESSIONS}/{_segment(ref.gateway_ref)}", {})
        if answer is None:
            return None
        session = answer.read(OwnPageSession)
        answer.must_be(session.id, ref.gateway_ref)
        return elements.page_of(account, session)

    @override
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        found = await self._find(account, ref)
        if found is None:
            return AttemptFact(FactKind.NOT_FOUND)
        return translate.session_fact(found) if isinstance(found, Session) else translate.intent_fact(found)

    @override
    async def capture(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return await self._end_hold(account, ref, "capture", key)

    @override
    async def void(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return await self._end_hold(account, ref, "cancel", key)

    async def _end_hold(self, account: Account, ref: AttemptRef, how: str, key: str) -> AttemptFact:
        intent_id = None if ref.gateway_ref is None else await self._intent_id(account, ref.gateway_ref)
        if ref.gateway_ref is None or intent_id is None:
            return await self.look_up(account, ref)
        path, params = f"{INTENTS}/{_segment(intent_id)}/{how}", {"expand": [_MONEY]}
        try:
            answer = await self._client.post(account, path, params, key=key)
        except Rejected as rejected:
            if rejected.is_account_trouble:
                raise
            # Held no more, or not there: what is true now is told by a look-up.
            if rejected.code not in {"payment_intent_unexpected_state", "resource_missing"}:
                raise
            return await self.look_up(account, ref)
        intent = answer.read(Intent)
        answer.must_be(intent.id, intent_id)
        return translate.hold_fact(intent, ref.gateway_ref)

    @override
    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        gateway_ref = ref.gateway_ref
        if gateway_ref is None:
            found = await self._listing.find(account, ref.reference)
            if found is None:
                return AttemptFact(FactKind.NOT_FOUND)
            gateway_ref = found.id
        params: Mapping[str, Value] = {"expand": [f"payment_intent.{_MONEY}"]}
        path = f"{SESSIONS}/{_segment(gateway_ref)}/expire"
        try:
            answer = await self._client.post(account, path, params, key=key)
        except Rejected as rejected:
            if rejected.is_account_trouble:
                raise
            # Not open any more, or not there: what is true now is told by a look-up.
            return await self.look_up(account, AttemptRef(ref.reference, gateway_ref))
        session = answer.read(Session)
        answer.must_be(session.id, gateway_ref)
        return translate.session_fact(session)

    @override
    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> RefundFact:
        intent_id = await self._intent_id(account, order.payment_ref)
        if intent_id is None:
            raise Rejected("Stripe has taken no money for this payment.", code="not_captured")
        params = translate.refund_params(order, intent_id)
        answer = await self._client.post(account, REFUNDS, params, key=key)
        refund = answer.read(Refund)
        answer.must_be((refund.metadata or {}).get(translate.REFUND), order.reference)
        return translate.refund_fact(refund, order.payment_ref)

    @override
    async def look_up_refund(self, account: Account, ref: RefundRef) -> RefundFact:
        if ref.gateway_ref is None:
            refund = await self._refund_by_reference(account, ref)
        else:
            path, params = f"{REFUNDS}/{_segment(ref.gateway_ref)}", {"expand": ["payment_intent"]}
            answer = await self._client.get(account, path, params)
            refund = None if answer is None else answer.read(Refund)
            if answer is not None and refund is not None:
                answer.must_be(refund.id, ref.gateway_ref)
        if refund is None:
            return RefundFact(RefundFactKind.NOT_FOUND)
        return translate.refund_fact(refund, ref.payment_ref or await self._refunded_ref(account, refund))

    @override
    async def look_up_dispute(self, account: Account, dispute_ref: str) -> DisputeFact:
        path, params = f"{DISPUTES}/{_segment(dispute_ref)}", {"expand": ["payment_intent"]}
        answer = await self._client.get(account, path, params)
        if answer is None:
            raise Rejected("Stripe knows no such dispute.", code="resource_missing")
        dispute = answer.read(Dispute)
        answer.must_be(dispute.id, dispute_ref)
        return await self._dispute_fact(account, dispute)

    @override
    async def submit_evidence(self, account: Account, order: EvidenceOrder, *, key: str) -> None:
        path = f"{DISPUTES}/{_segment(order.dispute_ref)}"
        answer = await self._client.post(account, path, evidence_params(order.evidence), key=key)
        answer.must_be(answer.read(Dispute).id, order.dispute_ref)

    @override
    async def accept_dispute(self, account: Account, dispute_ref: str, *, key: str) -> None:
        path = f"{DISPUTES}/{_segment(dispute_ref)}/close"
        answer = await self._client.post(account, path, {}, key=key)
        answer.must_be(answer.read(Dispute).id, dispute_ref)

    @override
    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        """Our sessions first, then what anything else took on the account, so that money without a link is found, too."""
        created = _since(since)
        if cursor is not None and cursor.startswith(_LISTED_INTENTS):
            params: Mapping[str, Value] = {**created, "expand": [f"data.{_MONEY}"]}
            newer = cursor.removeprefix(_LISTED_INTENTS) or None
            intents = await self._listing.oldest_first(account, INTENTS, Intent, params, newer)
            others = (each for each in intents.items if not translate.is_ours(each))
            next_cursor = None if intents.newer is None else f"{_LISTED_INTENTS}{intents.newer}"
            return Page(tuple(translate.intent_fact(each) for each in others), next_cursor)
        params = {**created, "expand": [f"data.payment_intent.{_MONEY}"]}
        sessions = await self._listing.oldest_first(account, SESSIONS, Session, params, cursor)
        ours = (each for each in sessions.items if translate.is_ours(each))
        return Page(tuple(translate.session_fact(each) for each in ours), sessions.newer or _LISTED_INTENTS)

    @override
    async def list_refunds(self, account: Account, *, since: int, cursor: str | None) -> RefundPage:
        params: Mapping[str, Value] = {**_since(since), "expand": ["data.payment_intent"]}
        page = await self._listing.oldest_first(account, REFUNDS, Refund, params, cursor)
        facts = [translate.refund_fact(each, await self._refunded_ref(account, each)) for each in page.items]
        return RefundPage(tuple(facts), page.newer)

    @override
    async def list_disputes(self, account: Account, *, since: int, cursor: str | None) -> DisputePage:
        params: Mapping[str, Value] = {**_since(since), "expand": ["data.payment_intent"]}
        page = await self._listing.oldest_first(account, DISPUTES, Dispute, params, cursor)
        return DisputePage(
            tuple([await self._dispute_fact(account, each) for each in page.items]), page.newer
        )

    @override
    async def list_payouts(self, account: Account, *, since: int, cursor: str | None) -> PayoutPage:
        return await payouts.list_payouts(self._client, account, _since(since), cursor)

    @override
    async def check(self, account: Account) -> None:
        await check(self._client, account)

    @override
    async def complete(self, account: Account) -> AccountFound:
        return await connecting.complete(self._client, account)

    @override
    async def register_webhook(self, account: Account, url: str, *, key: str) -> Webhook:
        return await connecting.register(self._client, account, url, key=key)

    @override
    async def remove_webhook(self, account: Account, ref: str) -> None:
        await connecting.remove(self._client, account, ref)

    @override
    async def send_test_event(self, account: Account, ref: str, *, key: str) -> str:
        return await connecting.send_test_event(self._client, account, key=key)

    @override
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        timed_signature.verify(
            "Stripe-Signature", account.webhook_secrets, headers, body, now_s=now // 1_000_000
        )
        return translate.hint(body)

    async def _find(self, account: Account, ref: AttemptRef) -> Session | Intent | None:
        gateway_ref = ref.gateway_ref
        if gateway_ref is None:
            found = await self._listing.find(account, ref.reference)
            return None if found is None else await self._session(account, found.id)
        if not gateway_ref.startswith(_INTENT_REF):
            return await self._session(account, gateway_ref)
        session = await self._session_of(account, gateway_ref)
        if session is not None:
            return await self._session(account, session.id)
        answer = await self._client.get(account, f"{INTENTS}/{_segment(gateway_ref)}", {"expand": [_MONEY]})
        if answer is None:
            return None
        intent = answer.read(Intent)
        answer.must_be(intent.id, gateway_ref)
        # A session of ours made it, and the list does not show that one yet: under this id we do not know the payment.
        return None if translate.is_ours(intent) else intent

    async def _session(self, account: Account, session_id: str) -> Session | None:
        """With all that was taken for it."""
        path, params = f"{SESSIONS}/{_segment(session_id)}", {"expand": [f"payment_intent.{_MONEY}"]}
        answer = await self._client.get(account, path, params)
        if answer is None:
            return None
        session = answer.read(Session)
        answer.must_be(session.id, session_id)
        return session

    async def _session_of(self, account: Account, intent_id: str) -> Session | None:
        """The session of ours that made the PaymentIntent."""
        answer = await self._client.get(account, SESSIONS, {"payment_intent": intent_id, "limit": 1})
        if answer is None:
            return None
        for session in answer.read(PageOf[Session]).data:
            found = session.payment_intent
            answer.must_be(found.id if isinstance(found, Intent) else found, intent_id)
            if translate.is_ours(session):
                return session
        return None

    async def _intent_id(self, account: Account, payment_ref: str) -> str | None:
        """Refunds go by PaymentIntent. A session has none before its payer has tried to pay."""
        if payment_ref.startswith(_INTENT_REF):
            return payment_ref
        answer = await self._client.get(account, f"{SESSIONS}/{_segment(payment_ref)}", {})
        if answer is None:
            return None
        session = answer.read(Session)
        answer.must_be(session.id, payment_ref)
        intent = session.payment_intent
        return intent.id if isinstance(intent, Intent) else intent

    async def _refund_by_reference(self, account: Account, ref: RefundRef) -> Refund | None:
        intent_id = await self._intent_id(account, ref.payment_ref)
        if intent_id is None:
            return None
        params: Mapping[str, Value] = {"payment_intent": intent_id, "limit": REFUNDS_MAX}
        answer = await self._client.get_known(account, REFUNDS, params)
        page = answer.read(PageOf[Refund])
        mine = [each for each in page.data if (each.metadata or {}).get(translate.REFUND) == ref.reference]
        if not mine and page.has_more:
            raise Unavailable(f"Stripe has more than {REFUNDS_MAX} refunds of one payment.")
        # With several under one reference (which our keys prevent) the one that moved money is the one to know of.
        return min(mine, key=lambda each: each.status in {"failed", "canceled"}, default=None)

    async def _refunded_ref(self, account: Account, refund: Refund) -> str | None:
        """The payment as we call it. A refund that was made in Stripe's Dashboard does not carry it."""
        known = (refund.metadata or {}).get(translate.PAYMENT)
        return known or await self._payment_ref(account, refund.payment_intent)

    async def _payment_ref(self, account: Account, intent: Intent | str | None) -> str | None:
        if not isinstance(intent, Intent):
            return intent
        session = await self._session_of(account, intent.id) if translate.is_ours(intent) else None
        return intent.id if session is None else session.id

    async def _dispute_fact(self, account: Account, dispute: Dispute) -> DisputeFact:
        payment_ref = await self._payment_ref(account, dispute.payment_intent)
        try:
            return translate.dispute_fact(dispute, payment_ref)
        except Nonsense as error:
            raise Unavailable(f"Stripe's dispute {dispute.id} could not be read: {error}") from error


def _since(since: int) -> Mapping[str, Value]:
    return {"created": {"gte": since // 1_000_000}}


def _segment(ref: str) -> str:
    """An id of Stripe's as one part of a path, whatever it holds."""
    return quote(ref, safe="")
