"""The sandbox as a gateway: reached over HTTP like any other, so that nothing works here that could not work elsewhere."""

from collections.abc import Mapping
from typing import ClassVar, Final, final
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from typing_extensions import override

from linktill.core.currencies import EXPONENTS
from linktill.core.dispute import DisputeFact
from linktill.core.merchant import Mode
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways import timed_signature
from linktill.gateways.answers import Answer
from linktill.gateways.contract import (
    Account,
    AccountFound,
    AttemptRef,
    EvidenceOrder,
    Gateway,
    Hint,
    RefundOrder,
    RefundRef,
    Rejected,
    Started,
    StartOrder,
    Webhook,
)
from linktill.gateways.pages import DisputePage, Page, PayoutPage, RefundPage
from linktill.gateways.sandbox import translate
from linktill.gateways.sandbox.client import SandboxClient
from linktill.platform.http import HttpClient

PAGE_MAX: Final = 100
WEBHOOK: Final = "webhook"
"""What the only webhook of an account is called."""


@final
class SandboxGateway(Gateway):
    """`base_url` is where payers reach the sandbox; `api_url` where this machine does, if that differs."""

    name: ClassVar[str] = "sandbox"
    label: ClassVar[str] = "Sandbox"
    is_test_only: ClassVar[bool] = True
    lists_payouts: ClassVar[bool] = True
    # The sandbox remembers a key for 24 hours (docs/sandbox.md); an hour of that is margin.
    start_key_valid_s: ClassVar[int] = 23 * 3_600
    refund_key_valid_s: ClassVar[int] = 23 * 3_600
    answer_key_valid_s: ClassVar[int] = 23 * 3_600
    evidence_chars_max: ClassVar[int] = 2_000
    may_accept_disputes: ClassVar[bool] = True
    captures_manually: ClassVar[bool] = True

    def __init__(self, http: HttpClient, base_url: str, api_url: str | None = None) -> None:
        parts = urlsplit(base_url)
        self.form_action_origin = f"{parts.scheme}://{parts.netloc}"
        self._client = SandboxClient(http, (api_url or base_url).rstrip("/"))

    @override
    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        return amount.currency in EXPONENTS and 0 < amount.minor <= AMOUNT_MAX_MINOR

    @override
    def mode_of(self, account: Account) -> Mode | None:
        return Mode.TEST

    @override
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        answer = await self._client.post(account, "/v1/payments", translate.order_body(order), key=key)
        payment = answer.read(translate.Payment)
        answer.must_be(payment.reference, order.reference)
        return Started(payment.id, payment.hosted_url)

    @override
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        payment = await self._find(account, ref)
        return AttemptFact(FactKind.NOT_FOUND) if payment is None else translate.attempt_fact(payment)

    @override
    async def capture(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return await self._end(account, ref, "capture", key)

    @override
    async def void(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return await self._end(account, ref, "void", key)

    async def _end(self, account: Account, ref: AttemptRef, how: str, key: str) -> AttemptFact:
        if ref.gateway_ref is None:
            return await self.look_up(account, ref)
        path = f"/v1/payments/{_segment(ref.gateway_ref)}/{how}"
        try:
            answer = await self._client.post(account, path, b"{}", key=key)
        except Rejected as rejected:
            # Not held any more: what is true now is told by a look-up, as for a payment that is not there.
            if rejected.code in {"not_held", "not_found"}:
                return await self.look_up(account, ref)
            raise
        payment = answer.read(translate.Payment)
        answer.must_be(payment.id, ref.gateway_ref)
        return translate.attempt_fact(payment)

    @override
    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        gateway_ref = ref.gateway_ref
        if gateway_ref is None:
            payment = await self._find(account, ref)
            if payment is None:
                return AttemptFact(FactKind.NOT_FOUND)
            gateway_ref = payment.id
        try:
            answer = await self._client.post(
                account, f"/v1/payments/{_segment(gateway_ref)}/cancel", b"{}", key=key
            )
        except Rejected as rejected:
            # Not cancelable any more: what is true now is told by a look-up, as for a payment that is not there.
            if rejected.code in {"not_cancelable", "not_found"}:
                return await self.look_up(account, AttemptRef(ref.reference, gateway_ref))
            raise
        canceled = answer.read(translate.Payment)
        answer.must_be(canceled.id, gateway_ref)
        return translate.attempt_fact(canceled)

    @override
    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> RefundFact:
        path = f"/v1/payments/{_segment(order.payment_ref)}/refunds"
        answer = await self._client.post(account, path, translate.refund_body(order), key=key)
        refund = answer.read(translate.Refund)
        answer.must_be(refund.reference, order.reference)
        return translate.refund_fact(refund)

    @override
    async def look_up_refund(self, account: Account, ref: RefundRef) -> RefundFact:
        if ref.gateway_ref is None:
            found = await self._by_reference(account, "/v1/refunds", ref.reference)
            refunds = found.read(translate.RefundPage).data
            # With several under one reference (which our keys prevent) the one that moved money is the one to know of.
            refund = min(refunds, key=lambda each: each.status == "failed", default=None)
            if refund is not None:
                found.must_be(refund.reference, ref.reference)
        else:
            answer = await self._client.get(account, f"/v1/refunds/{_segment(ref.gateway_ref)}")
            refund = None if answer is None else answer.read(translate.Refund)
            if answer is not None and refund is not None:
                answer.must_be(refund.id, ref.gateway_ref)
        return RefundFact(RefundFactKind.NOT_FOUND) if refund is None else translate.refund_fact(refund)

    @override
    async def look_up_dispute(self, account: Account, dispute_ref: str) -> DisputeFact:
        answer = await self._client.get(account, f"/v1/disputes/{_segment(dispute_ref)}")
        if answer is None:
            raise Rejected("The sandbox knows no such dispute.", code="not_found")
        dispute = answer.read(translate.Dispute)
        answer.must_be(dispute.id, dispute_ref)
        return translate.dispute_fact(dispute)

    @override
    async def submit_evidence(self, account: Account, order: EvidenceOrder, *, key: str) -> None:
        path = f"/v1/disputes/{_segment(order.dispute_ref)}/evidence"
        answer = await self._client.post(account, path, translate.evidence_body(order), key=key)
        answer.must_be(answer.read(translate.Dispute).id, order.dispute_ref)

    @override
    async def accept_dispute(self, account: Account, dispute_ref: str, *, key: str) -> None:
        path = f"/v1/disputes/{_segment(dispute_ref)}/accept"
        answer = await self._client.post(account, path, b"{}", key=key)
        answer.must_be(answer.read(translate.Dispute).id, dispute_ref)

    @override
    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        page = (await self._list(account, "/v1/payments", since, cursor)).read(translate.PaymentPage)
        return Page(tuple(translate.attempt_fact(payment) for payment in page.data), page.next_cursor)

    @override
    async def list_refunds(self, account: Account, *, since: int, cursor: str | None) -> RefundPage:
        page = (await self._list(account, "/v1/refunds", since, cursor)).read(translate.RefundPage)
        return RefundPage(tuple(translate.refund_fact(refund) for refund in page.data), page.next_cursor)

    @override
    async def list_disputes(self, account: Account, *, since: int, cursor: str | None) -> DisputePage:
        page = (await self._list(account, "/v1/disputes", since, cursor)).read(translate.DisputePage)
        return DisputePage(tuple(translate.dispute_fact(dispute) for dispute in page.data), page.next_cursor)

    @override
    async def list_payouts(self, account: Account, *, since: int, cursor: str | None) -> PayoutPage:
        page = (await self._list(account, "/v1/payouts", since, cursor)).read(translate.PayoutPage)
        return PayoutPage(tuple(translate.payout_fact(payout) for payout in page.data), page.next_cursor)

    @override
    async def pay_out_as_test(self, account: Account, *, key: str) -> str:
        answer = await self._client.post(account, "/v1/payouts", b"{}", key=key)
        made = len(answer.read(translate.PayoutPage).data)
        return "The sandbox pays out what it holds." if made else "The sandbox holds nothing to pay out."

    @override
    async def check(self, account: Account) -> None:
        await self._client.get_known(account, "/v1/account")

    @override
    async def complete(self, account: Account) -> AccountFound:
        await self.check(account)
        vendor_id = account.credentials.get("account_id", "")
        return AccountFound(account.credentials, vendor_id, "Test account", Mode.TEST)

    @override
    async def register_webhook(self, account: Account, url: str, *, key: str) -> Webhook:
        """An account has one webhook, so asking again only makes another secret."""
        return Webhook(WEBHOOK, await self._point_webhook(account, {"url": url}, key))

    @override
    async def remove_webhook(self, account: Account, ref: str) -> None:
        await self._client.change(account, "/v1/account", msgspec.json.encode({"webhook_url": ""}))

    @override
    async def renew_webhook_secret(self, account: Account, ref: str, *, key: str) -> str:
        return await self._point_webhook(account, {}, key)

    @override
    async def send_test_event(self, account: Account, ref: str, *, key: str) -> str:
        await self._client.post(account, "/v1/account/test_event", b"{}", key=key)
        return "The sandbox sends an event now."

    async def _point_webhook(self, account: Account, body: Mapping[str, str], key: str) -> str:
        answer = await self._client.post(account, "/v1/account/webhook", msgspec.json.encode(body), key=key)
        return answer.read(translate.WebhookMade).secret

    @override
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        timed_signature.verify(
            "Sandbox-Signature", account.webhook_secrets, headers, body, now_s=now // 1_000_000
        )
        return translate.hint(body)

    async def _find(self, account: Account, ref: AttemptRef) -> translate.Payment | None:
        if ref.gateway_ref is not None:
            answer = await self._client.get(account, f"/v1/payments/{_segment(ref.gateway_ref)}")
            if answer is None:
                return None
            payment = answer.read(translate.Payment)
            answer.must_be(payment.id, ref.gateway_ref)
            return payment
        found = await self._by_reference(account, "/v1/payments", ref.reference)
        # As for refunds: among several, money outranks everything.
        first = min(
            found.read(translate.PaymentPage).data, key=lambda each: each.status != "captured", default=None
        )
        if first is not None:
            found.must_be(first.reference, ref.reference)
        return first

    async def _list(self, account: Account, path: str, since: int, cursor: str | None) -> Answer:
        query = {"created_after": str(since), "limit": str(PAGE_MAX)} | (
            {} if cursor is None else {"cursor": cursor}
        )
        return await self._client.get_known(account, f"{path}?{urlencode(query)}")

    async def _by_reference(self, account: Account, path: str, reference: str) -> Answer:
        return await self._client.get_known(account, f"{path}?{urlencode({'reference': reference})}")


def _segment(ref: str) -> str:
    """An id of the gateway's as one part of a path, whatever it holds."""
    return quote(ref, safe="")
