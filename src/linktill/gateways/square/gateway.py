"""Square as a gateway: one payment link for each attempt, which is paid on Square's page.

What we call the payment is Square's order: it is made with the link, carries our reference, and every payment, refund and
dispute leads back to it.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar, Final, final
from urllib.parse import quote, urlencode

from typing_extensions import override

from linktill.core.dispute import DisputeFact
from linktill.core.merchant import Mode
from linktill.core.money import AMOUNT_MAX_MINOR, Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Answer
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
from linktill.gateways.pages import DisputePage, Page, PayoutPage, RefundPage
from linktill.gateways.square import LABEL, NAME, PAGE_ORIGINS, connecting, messages, signature, translate
from linktill.gateways.square.account import check_account
from linktill.gateways.square.client import SquareClient
from linktill.gateways.square.evidence import CHARS_MAX, evidence_bodies
from linktill.gateways.square.payouts import payout_fact
from linktill.platform.http import HttpClient

LINKS: Final = "/v2/online-checkout/payment-links"
PAGE_MAX: Final = 100
SEARCH_PAGES_MAX: Final = 20
"""Pages of orders that are searched for our reference."""
LINKS_MAX: Final = 250
LINK_PAGES_MAX: Final = 40
"""Pages of links that are searched for an order."""
CLOCKS_DIFFER_US: Final = 600 * 1_000_000

MODES: Final[Mapping[str, Mode]] = MappingProxyType({"sandbox": Mode.TEST, "production": Mode.LIVE})
"""What Square calls an environment → what moves there."""


@final
class SquareGateway(Gateway):
    """An account's credentials are `access_token`, `location_id`, `currency` (the location's), `environment`, `webhook_url`."""

    name: ClassVar[str] = NAME
    label: ClassVar[str] = LABEL
    lists_payouts: ClassVar[bool] = True
    # Square does not say how long it remembers a key, so we do not count on it for long.
    start_key_valid_s: ClassVar[int] = 3_600
    refund_key_valid_s: ClassVar[int] = 3_600
    # Without a key of its own a submission is still taken once: a dispute that is in process takes no other.
    answer_key_valid_s: ClassVar[int] = 3_600
    evidence_chars_max: ClassVar[int] = CHARS_MAX
    may_accept_disputes: ClassVar[bool] = True

    def __init__(self, http: HttpClient) -> None:
        self.form_action_origin = PAGE_ORIGINS
        self._client = SquareClient(http)

    @override
    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        known = account is None or account.credentials.get("currency", "") == amount.currency
        return known and amount.currency in translate.CURRENCIES and 0 < amount.minor <= AMOUNT_MAX_MINOR

    @override
    def mode_of(self, account: Account) -> Mode | None:
        return MODES.get(account.credentials.get("environment", "production"))

    @override
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        body = translate.start_body(order, _location(account), key)
        answer = await self._client.do(account, "POST", LINKS, body)
        made = answer.read(messages.LinkMade)
        for sold in (made.related_resources or messages.Related()).orders or ():
            answer.must_be(sold.reference_id, order.reference)
            if sold.total_money is not None and translate.money(sold.total_money) != order.amount:
                raise answer.unsure("Square's page asks for another amount than we did.")
        link = made.payment_link
        return Started(link.order_id, translate.page_url(link))

    @override
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        order = await self._order(account, ref)
        return AttemptFact(FactKind.NOT_FOUND) if order is None else await self._fact(account, order)

    @override
    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        order = await self._order(account, ref)
        if order is None:
            return AttemptFact(FactKind.NOT_FOUND)
        fact = await self._fact(account, order)
        if fact.kind is not FactKind.REQUIRES_ACTION:
            return fact
        link_id = translate.link_of(ref.redirect_url) or await self._link_of(account, order.id)
        if link_id is None:
            return fact
        canceled = None
        try:
            answer = await self._client.do(account, "DELETE", f"{LINKS}/{_segment(link_id)}")
            canceled = answer.read(messages.LinkDeleted).cancelled_order_id
        except Rejected as rejected:
            # Deleted before, or paid meanwhile: what is true now is told by a look-up.
            if rejected.is_account_trouble:
                raise
        after = await self.look_up(account, AttemptRef(ref.reference, order.id))
        is_dead = after.kind is FactKind.REQUIRES_ACTION and canceled == order.id
        return replace(after, kind=FactKind.CANCELED) if is_dead else after

    @override
    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> RefundFact:
        sold = await self._order_of(account, order.payment_ref)
        payments = [] if sold is None else await self._payments(account, sold)
        taken = [payment for payment in payments if payment.status == "COMPLETED" and payment.total_money]
        if not taken:
            raise Rejected("Square has no completed payment here.", code="not_captured")
        # Several are rare (part of it by gift card). Always the same one: the key stands for it.
        largest = max(taken, key=lambda each: 0 if each.total_money is None else each.total_money.amount)
        answer = await self._client.do(
            account, "POST", "/v2/refunds", translate.refund_body(order, largest.id, key)
        )
        refund = answer.read(messages.RefundBody).refund
        if refund.reason is not None:
            answer.must_be(translate.refund_reference(refund), order.reference)
        return translate.refund_fact(refund, order.payment_ref)

    @override
    async def look_up_refund(self, account: Account, ref: RefundRef) -> RefundFact:
        if ref.gateway_ref is None:
            refund = await self._refund_by_reference(account, ref)
        else:
            refund = await self._refund(account, ref.gateway_ref)
        if refund is None:
            return RefundFact(RefundFactKind.NOT_FOUND)
        payment_ref = ref.payment_ref or await self._order_id_of(account, refund.payment_id)
        return translate.refund_fact(refund, payment_ref)

    @override
    async def look_up_dispute(self, account: Account, dispute_ref: str) -> DisputeFact:
        answer = await self._client.look(account, f"/v2/disputes/{_segment(dispute_ref)}")
        if answer is None:
            raise Rejected("Square knows no such dispute.", code="not_found")
        dispute = answer.read(messages.DisputeBody).dispute
        answer.must_be(dispute.id, dispute_ref)
        return await self._dispute_fact(account, dispute)

    @override
    async def submit_evidence(self, account: Account, order: EvidenceOrder, *, key: str) -> None:
        path = f"/v2/disputes/{_segment(order.dispute_ref)}"
        for body in evidence_bodies(order.evidence, key):
            try:
                answer = await self._client.do(account, "POST", f"{path}/evidence-text", body)
                answer.read(messages.EvidenceBody)
            except OutcomeUnknown as error:
                # Uploaded or not, nothing is submitted yet; the same key uploads it once.
                raise Unavailable(str(error), retry_after_s=error.retry_after_s) from error
        await self._end_dispute(account, order.dispute_ref, "submit-evidence")

    @override
    async def accept_dispute(self, account: Account, dispute_ref: str, *, key: str) -> None:
        # Square takes no key here: a dispute that is accepted cannot be accepted again.
        await self._end_dispute(account, dispute_ref, "accept")

    @override
    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        page = await self._search(account, since, cursor)
        facts = [await self._fact(account, order) for order in page.orders if order.is_sale()]
        return Page(tuple(facts), page.cursor or None)

    @override
    async def list_refunds(self, account: Account, *, since: int, cursor: str | None) -> RefundPage:
        query = {
            "begin_time": translate.timestamp(since),
            "sort_order": "ASC",
            "location_id": _location(account),
            "limit": str(PAGE_MAX),
        }
        page = (await self._list(account, "/v2/refunds", query, cursor)).read(messages.RefundList)
        order_ids: dict[str | None, str | None] = {}
        for refund in page.refunds:
            if refund.payment_id not in order_ids:
                order_ids[refund.payment_id] = await self._order_id_of(account, refund.payment_id)
        facts = (translate.refund_fact(refund, order_ids[refund.payment_id]) for refund in page.refunds)
        return RefundPage(tuple(facts), page.cursor or None)

    @override
    async def list_disputes(self, account: Account, *, since: int, cursor: str | None) -> DisputePage:
        # Square lists them all, in an order that it does not tell.
        query = {"location_id": _location(account)}
        page = (await self._list(account, "/v2/disputes", query, cursor)).read(messages.DisputeList)
        dated = [(translate.opened_at(dispute), dispute) for dispute in page.disputes]
        new = sorted((each for each in dated if each[0] >= since), key=lambda each: each[0])
        facts = [await self._dispute_fact(account, dispute) for _, dispute in new]
        return DisputePage(tuple(facts), page.cursor or None)

    @override
    async def list_payouts(self, account: Account, *, since: int, cursor: str | None) -> PayoutPage:
        query = {
            "begin_time": translate.timestamp(since),
            "sort_order": "ASC",
            "location_id": _location(account),
            "limit": str(PAGE_MAX),
        }
        answer = await self._list(account, "/v2/payouts", query, cursor)
        page = answer.read(messages.PayoutList)
        for payout in page.payouts:
            answer.must_be(payout.location_id, _location(account))
        return PayoutPage(tuple(payout_fact(each) for each in page.payouts), page.cursor or None)

    @override
    async def check(self, account: Account) -> None:
        await check_account(self._client, account)

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
    async def renew_webhook_secret(self, account: Account, ref: str, *, key: str) -> str:
        return await connecting.renew(self._client, account, ref, key=key)

    @override
    async def send_test_event(self, account: Account, ref: str, *, key: str) -> str:
        return await connecting.send_test_event(self._client, account, ref)

    @override
    async def pay_as_test(self, account: Account, amount: Money, *, reference: str, key: str) -> str:
        return await connecting.pay_as_test(self._client, account, amount, reference=reference, key=key)

    @override
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        # Several while the address changes, separated by spaces, which no address has.
        urls = account.credentials.get("webhook_url", "").split()
        signature.verify(account.webhook_secrets, urls, headers.get(signature.HEADER, ""), body)
        return translate.hint(body, _location(account))

    async def _fact(self, account: Account, order: messages.Order) -> AttemptFact:
        return translate.attempt_fact(order, await self._payments(account, order))

    async def _order(self, account: Account, ref: AttemptRef) -> messages.Order | None:
        if ref.gateway_ref is not None:
            return await self._order_of(account, ref.gateway_ref)
        since = None if ref.asked_at is None else ref.asked_at - CLOCKS_DIFFER_US
        cursor = None
        for _ in range(SEARCH_PAGES_MAX):
            page = await self._search(account, since, cursor)
            found = [each for each in page.orders if each.reference_id == ref.reference and each.is_sale()]
            if found:
                # With several under one reference (which our keys prevent) the one with money is the one to know of.
                return min(found, key=lambda order: not order.tenders)
            cursor = page.cursor or None
            if cursor is None:
                break
        return None

    async def _order_of(self, account: Account, order_id: str) -> messages.Order | None:
        answer = await self._client.look(account, f"/v2/orders/{_segment(order_id)}")
        if answer is None:
            return None
        order = answer.read(messages.OrderBody).order
        answer.must_be(order.id, order_id)
        return order

    async def _search(self, account: Account, since: int | None, cursor: str | None) -> messages.OrderPage:
        body = translate.search_body(_location(account), since=since, cursor=cursor)
        answer = await self._client.search(account, "POST", "/v2/orders/search", body)
        return answer.read(messages.OrderPage)

    async def _payments(self, account: Account, order: messages.Order) -> list[messages.Payment]:
        # One that the order names and Square does not find (yet) has no status, so it is never taken for none.
        return [
            await self._payment(account, payment_id) or messages.Payment(payment_id)
            for payment_id in order.payment_ids()
        ]

    async def _payment(self, account: Account, payment_id: str) -> messages.Payment | None:
        answer = await self._client.look(account, f"/v2/payments/{_segment(payment_id)}")
        if answer is None:
            return None
        payment = answer.read(messages.PaymentBody).payment
        answer.must_be(payment.id, payment_id)
        return payment

    async def _order_id_of(self, account: Account, payment_id: str | None) -> str | None:
        payment = None if payment_id is None else await self._payment(account, payment_id)
        return None if payment is None else payment.order_id

    async def _end_dispute(self, account: Account, dispute_ref: str, how: str) -> None:
        answer = await self._client.do(account, "POST", f"/v2/disputes/{_segment(dispute_ref)}/{how}")
        answer.must_be(answer.read(messages.DisputeBody).dispute.id, dispute_ref)

    async def _dispute_fact(self, account: Account, dispute: messages.Dispute) -> DisputeFact:
        payment_id = None if dispute.disputed_payment is None else dispute.disputed_payment.payment_id
        payment = None if payment_id is None else await self._payment(account, payment_id)
        return translate.dispute_fact(dispute, payment)

    async def _refund(self, account: Account, refund_id: str) -> messages.Refund | None:
        answer = await self._client.look(account, f"/v2/refunds/{_segment(refund_id)}")
        if answer is None:
            return None
        refund = answer.read(messages.RefundBody).refund
        answer.must_be(refund.id, refund_id)
        return refund

    async def _refund_by_reference(self, account: Account, ref: RefundRef) -> messages.Refund | None:
        order = await self._order_of(account, ref.payment_ref)
        payments = [] if order is None else await self._payments(account, order)
        found: list[messages.Refund] = []
        for refund_id in (refund_id for payment in payments for refund_id in payment.refund_ids or ()):
            refund = await self._refund(account, refund_id)
            if refund is not None and translate.refund_reference(refund) == ref.reference:
                found.append(refund)
        # As for orders: the one that moved money is the one to know of.
        return min(found, key=lambda refund: refund.status in {"FAILED", "REJECTED"}, default=None)

    async def _link_of(self, account: Account, order_id: str) -> str | None:
        """The link of an order, looked for among all: only where its page's address is not known."""
        cursor = None
        for _ in range(LINK_PAGES_MAX):
            answer = await self._list(account, LINKS, {"limit": str(LINKS_MAX)}, cursor)
            page = answer.read(messages.LinkPage)
            for link in page.payment_links:
                if link.order_id == order_id:
                    return link.id
            cursor = page.cursor or None
            if cursor is None:
                break
        return None

    async def _list(self, account: Account, path: str, query: dict[str, str], cursor: str | None) -> Answer:
        full = query if cursor is None else {**query, "cursor": cursor}
        return await self._client.search(account, "GET", f"{path}?{urlencode(full)}")


def _location(account: Account) -> str:
    return account.credentials.get("location_id", "")


def _segment(ref: str) -> str:
    """An id of Square's as one part of a path, whatever it holds."""
    return quote(ref, safe="")
