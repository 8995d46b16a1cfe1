"""Mollie as a gateway: one payment for each attempt, which is paid on Mollie's page in the way that the payer chooses there."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Final, final
from urllib.parse import quote

from typing_extensions import override

from linktill.core.dispute import DisputeFact
from linktill.core.merchant import Mode
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.gateways.answers import Answer, Nonsense
from linktill.gateways.contract import (
    NO_CALL,
    Account,
    AccountFound,
    AttemptRef,
    Gateway,
    Hint,
    RefundOrder,
    RefundRef,
    Rejected,
    Started,
    StartOrder,
    Webhook,
)
from linktill.gateways.mollie import LABEL, NAME, PAGE_ORIGINS, amounts, signature, translate
from linktill.gateways.mollie.client import MollieClient, looking
from linktill.gateways.mollie.listing import CHARGEBACKS, PAYMENTS, REFUNDS, Lists, of_payment
from linktill.gateways.mollie.messages import Chargeback, Payment, Profile, Refund
from linktill.gateways.pages import DisputePage, Page, RefundPage
from linktill.platform.http import HttpClient

CLOCKS_DIFFER_US: Final = 600 * 1_000_000
SEARCH_PAGES_MAX: Final = 20
"""Pages of payments that are searched for our reference: 5,000 payments."""

_KEY: Final = re.compile(r"(test|live)_\w+", re.ASCII)


@final
class MollieGateway(Gateway):
    """An account's credentials are its `api_key`."""

    name: ClassVar[str] = NAME
    label: ClassVar[str] = LABEL
    # Mollie has remembered keys for 24 hours and, by newer words, for one: ten minutes of that are margin.
    start_key_valid_s: ClassVar[int] = 3_000
    refund_key_valid_s: ClassVar[int] = 3_000

    def __init__(self, http: HttpClient) -> None:
        self.form_action_origin = PAGE_ORIGINS
        self._client = MollieClient(http)
        self._lists = Lists(self._client)

    @override
    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        return amounts.is_accepted(amount)

    @override
    def mode_of(self, account: Account) -> Mode | None:
        found = _KEY.fullmatch(account.credentials.get("api_key", ""))
        if found is None:
            return None
        return Mode.LIVE if found[1] == "live" else Mode.TEST

    @override
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        answer = await self._client.do(account, "POST", PAYMENTS.path, translate.start_body(order), key=key)
        payment = answer.read(Payment)
        answer.must_be(translate.reference_of(payment.metadata), order.reference)
        page = payment.links.checkout
        if page is None or _money(answer, payment) != order.amount:
            raise answer.unsure("Mollie's payment has no page, or asks for another amount than we did.")
        until = None if payment.expires_at is None else answer.told(Payment, _expiry)
        return Started(
            payment.id, page.href, expires_at=until if until and until > order.expires_at else None
        )

    @override
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        if ref.gateway_ref is not None:
            answer = await self._client.look(account, _payment_path(ref.gateway_ref))
            if answer is None:
                return AttemptFact(FactKind.NOT_FOUND)
            answer.must_be(answer.read(Payment).id, ref.gateway_ref)
            return answer.told(Payment, translate.attempt_fact)
        with looking():
            payment = await self._by_reference(account, ref)
            return AttemptFact(FactKind.NOT_FOUND) if payment is None else translate.attempt_fact(payment)

    @override
    async def capture(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        payment_id = ref.gateway_ref or (await self.look_up(account, ref)).gateway_ref
        if payment_id is None:
            return AttemptFact(FactKind.NOT_FOUND)
        await self._client.do(account, "POST", f"{_payment_path(payment_id)}/captures", b"{}", key=key)
        return await self.look_up(account, replace(ref, gateway_ref=payment_id))

    @override
    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        with looking():
            if ref.gateway_ref is not None:
                payment = await self._payment(account, ref.gateway_ref)
            else:
                payment = await self._by_reference(account, ref)
            if payment is None:
                return AttemptFact(FactKind.NOT_FOUND)
            # Some could be called back even after the payer has paid: that would be a refund in disguise.
            if payment.status != "open" or not payment.is_cancelable:
                return translate.attempt_fact(payment)
        try:
            answer = await self._client.do(account, "DELETE", _payment_path(payment.id))
        except Rejected as rejected:
            if rejected.is_account_trouble:
                raise
            # Paid or expired meanwhile: what is true now is told by a look-up.
            return await self.look_up(account, replace(ref, gateway_ref=payment.id))
        answer.must_be(answer.read(Payment).id, payment.id)
        return answer.told(Payment, translate.attempt_fact)

    @override
    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> RefundFact:
        path = f"{_payment_path(order.payment_ref)}/refunds"
        answer = await self._client.do(account, "POST", path, translate.refund_body(order), key=key)
        fact = answer.told(Refund, translate.refund_fact)
        answer.must_be(fact.reference, order.reference)
        if fact.amount != order.amount:
            raise answer.unsure("Mollie refunds another amount than we asked for.")
        return fact

    @override
    async def look_up_refund(self, account: Account, ref: RefundRef) -> RefundFact:
        with looking():
            if ref.gateway_ref is not None:
                refund = await self._lists.one(account, REFUNDS, ref.gateway_ref)
            else:
                refund = await self._refund_by_reference(account, ref)
            return RefundFact(RefundFactKind.NOT_FOUND) if refund is None else translate.refund_fact(refund)

    @override
    async def look_up_dispute(self, account: Account, dispute_ref: str) -> DisputeFact:
        chargeback = await self._lists.one(account, CHARGEBACKS, dispute_ref)
        if chargeback is None:
            raise Rejected("Mollie knows no such chargeback.", code="not_found")
        with looking():
            return await self._dispute_fact(account, chargeback)

    @override
    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        with looking():
            payments, following = await self._lists.page(account, PAYMENTS, since=since, cursor=cursor)
            return Page(tuple(translate.attempt_fact(payment) for payment in payments), following)

    @override
    async def list_refunds(self, account: Account, *, since: int, cursor: str | None) -> RefundPage:
        with looking():
            refunds, following = await self._lists.page(account, REFUNDS, since=since, cursor=cursor)
            return RefundPage(tuple(translate.refund_fact(refund) for refund in refunds), following)

    @override
    async def list_disputes(self, account: Account, *, since: int, cursor: str | None) -> DisputePage:
        with looking():
            found, following = await self._lists.page(account, CHARGEBACKS, since=since, cursor=cursor)
            return DisputePage(tuple([await self._dispute_fact(account, each) for each in found]), following)

    @override
    async def check(self, account: Account) -> None:
        await self._profile(account)

    @override
    async def complete(self, account: Account) -> AccountFound:
        profile = await self._profile(account)
        return AccountFound(account.credentials, profile.id, profile.name, self.mode_of(account))

    @override
    async def register_webhook(self, account: Account, url: str, *, key: str) -> Webhook:
        raise Rejected("Mollie lets no API key make a webhook: it is made by hand.", code=NO_CALL)

    @override
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        signature.verify(account.webhook_secrets, headers.get(signature.HEADER, ""), body)
        return translate.hint(body)

    async def _profile(self, account: Account) -> Profile:
        if self.mode_of(account) is None:
            raise Rejected(
                "This is no API key of Mollie: they begin with test_ or live_. (Access tokens are something else.)",
                code="api_key",
                is_account_trouble=True,
            )
        profile = (await self._client.search(account, "/v2/profiles/me")).read(Profile)
        if profile.status == "blocked":
            raise Rejected(
                f"Mollie has blocked the profile {profile.name}. Ask Mollie why.",
                code="blocked",
                is_account_trouble=True,
            )
        return profile

    async def _payment(self, account: Account, payment_id: str) -> Payment | None:
        answer = await self._client.look(account, _payment_path(payment_id))
        if answer is None:
            return None
        payment = answer.read(Payment)
        answer.must_be(payment.id, payment_id)
        return payment

    async def _by_reference(self, account: Account, ref: AttemptRef) -> Payment | None:
        """The payment with our reference, among all since we asked for it: Mollie cannot search for it."""
        since = 0 if ref.asked_at is None else ref.asked_at - CLOCKS_DIFFER_US
        found: list[Payment] = []
        async for payment in self._lists.back(account, PAYMENTS, pages_max=SEARCH_PAGES_MAX):
            if translate.moment(payment.created_at) < since:
                break
            if translate.reference_of(payment.metadata) == ref.reference:
                found.append(payment)
        # As for refunds: among several, money outranks everything.
        return min(found, key=lambda payment: payment.status != "paid", default=None)

    async def _refund_by_reference(self, account: Account, ref: RefundRef) -> Refund | None:
        if await self._payment(account, ref.payment_ref) is None:
            return None
        listed = of_payment(REFUNDS, ref.payment_ref, "refunds")
        found = [
            refund
            async for refund in self._lists.back(account, listed, pages_max=SEARCH_PAGES_MAX)
            if translate.reference_of(refund.metadata) == ref.reference
        ]
        # With several under one reference (which our keys prevent) the one that moved money is the one to know of.
        return min(found, key=lambda refund: refund.status in {"failed", "canceled"}, default=None)

    async def _dispute_fact(self, account: Account, chargeback: Chargeback) -> DisputeFact:
        return translate.dispute_fact(chargeback, await self._payment(account, chargeback.payment_id))


def _payment_path(payment_id: str) -> str:
    """An id of Mollie's as one part of a path, whatever it holds."""
    return f"{PAYMENTS.path}/{quote(payment_id, safe='')}"


def _expiry(payment: Payment) -> int:
    assert payment.expires_at is not None, "asked before"
    return translate.moment(payment.expires_at)


def _money(answer: Answer, payment: Payment) -> Money:
    try:
        return amounts.decoded(payment.amount)
    except Nonsense as error:
        raise answer.unsure("Mollie's answer could not be read.") from error
