"""What PayPal has: the account's list of transactions, and the disputes.

The list names captures, not orders; each is looked up, so that a fact from here is the same as one from a look-up.
Source: https://developer.paypal.com/docs/api/transaction-search/v1/ (rows appear up to three hours late, three years back).
"""

from dataclasses import dataclass
from typing import Final, final
from urllib.parse import quote, urlencode, urlsplit

from typing_extensions import override

from linktill.core.dispute import DisputeFact
from linktill.core.payment_attempt import AttemptFact
from linktill.core.refund import RefundFact
from linktill.gateways.contract import Account, Rejected
from linktill.gateways.pages import DisputePage, Page, PayoutPage, RefundPage
from linktill.gateways.paypal import disputes, shapes, translate
from linktill.gateways.paypal.client import PayPalClient
from linktill.gateways.paypal.payouts import is_payout, payout_fact
from linktill.gateways.paypal.shapes import (
    Capture,
    Dispute,
    DisputeList,
    Refund,
    Transaction,
    TransactionInfo,
)
from linktill.platform.clock import Clock

ROWS_MAX: Final = 100
DISPUTES_MAX: Final = 20
WINDOW_US: Final = 7 * 86_400 * 1_000_000
"""PayPal lists 31 days at most at a time, and 10,000 rows."""
BACK_US: Final = 3 * 365 * 86_400 * 1_000_000
DISPUTES_BACK_US: Final = 179 * 86_400 * 1_000_000
PAYMENT: Final = "T00"
REFUND: Final = "T1107"
"""A merchant's refund. What PayPal or a bank takes back (other T11 and T12) is told by its dispute.

Source: https://developer.paypal.com/docs/transaction-search/transaction-event-codes
"""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the list: the window that begins then (microseconds UTC), and the page in it, from 1."""

    begin: int
    page: int

    @staticmethod
    def read(cursor: str) -> "_Place":
        begin, _, page = cursor.partition(".")
        if not (begin.isdecimal() and page.isdecimal()):
            raise Rejected("This is no place in a list of PayPal's.", code="cursor")
        return _Place(int(begin), int(page))

    @override
    def __str__(self) -> str:
        return f"{self.begin}.{self.page}"


@final
class Lists:
    """Goes through PayPal's lists, page by page."""

    def __init__(self, client: PayPalClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def attempts(self, account: Account, since: int, cursor: str | None) -> Page:
        """Money that came in. Orders that nobody has paid are in no list of PayPal's."""
        rows, following = await self._rows(account, since, cursor)
        facts = [await self._attempt(account, row) for row in rows if _is_payment(row)]
        return Page(tuple(facts), following)

    async def refunds(self, account: Account, since: int, cursor: str | None) -> RefundPage:
        """Money that the merchant sent back."""
        rows, following = await self._rows(account, since, cursor)
        facts = [await self._refund(account, row) for row in rows if row.transaction_event_code == REFUND]
        return RefundPage(tuple(facts), following)

    async def payouts(self, account: Account, since: int, cursor: str | None) -> PayoutPage:
        """What was withdrawn to the bank, by hand or by itself, and what the bank sent back."""
        rows, following = await self._rows(account, since, cursor)
        return PayoutPage(tuple(payout_fact(row) for row in rows if is_payout(row)), following)

    async def disputes(self, account: Account, since: int, cursor: str | None) -> DisputePage:
        """All that were opened or have moved since, the newest page first, as PayPal gives them."""
        if cursor is None:
            after = max(since, self._clock.now_us() - DISPUTES_BACK_US)
            cursor = urlencode({"update_time_after": shapes.timestamp(after), "page_size": DISPUTES_MAX})
        answer = await self._client.get_known(account, f"/v1/customer/disputes?{cursor}")
        found = answer.read(DisputeList)
        facts = [await self.dispute(account, row.dispute_id) for row in reversed(found.items)]
        following = next((link.href for link in found.links if link.rel == "next"), "")
        return DisputePage(tuple(facts), urlsplit(following).query or None)

    async def dispute(self, account: Account, ref: str) -> DisputeFact:
        """The truth about one dispute. Raises Rejected if there is none."""
        answer = await self._client.get(account, f"/v1/customer/disputes/{segment(ref)}")
        if answer is None:
            raise Rejected("PayPal knows no such dispute.", code="RESOURCE_NOT_FOUND")
        dispute = answer.read(Dispute)
        answer.must_be(dispute.dispute_id, ref)
        of = dispute.disputed_transactions[0] if dispute.disputed_transactions else shapes.Disputed()
        capture = await self.capture(account, of.seller_transaction_id)
        payment_ref = None if capture is None else translate.order_of(capture)
        reference = of.custom or (None if capture is None else capture.custom_id)
        return answer.told(Dispute, lambda found: disputes.dispute_fact(found, payment_ref, reference))

    async def capture(self, account: Account, capture_id: str | None) -> Capture | None:
        """A capture by its id. None: there is none, or it came otherwise than through an order."""
        if not capture_id:
            return None
        answer = await self._client.get(account, f"/v2/payments/captures/{segment(capture_id)}")
        if answer is None:
            return None
        capture = answer.read(Capture)
        answer.must_be(capture.id, capture_id)
        return capture

    async def refund(self, account: Account, refund_id: str, payment_ref: str) -> RefundFact | None:
        """A refund by its id. `payment_ref` empty: the order that it is of is asked for as well."""
        answer = await self._client.get(account, f"/v2/payments/refunds/{segment(refund_id)}")
        if answer is None:
            return None
        refund = answer.read(Refund)
        answer.must_be(refund.id, refund_id)
        of: str | None = payment_ref
        if not payment_ref:
            capture = await self.capture(account, translate.capture_of(refund))
            of = None if capture is None else translate.order_of(capture)
        return answer.told(Refund, lambda found: translate.refund_fact(found, of))

    async def _attempt(self, account: Account, row: TransactionInfo) -> AttemptFact:
        answer = await self._client.get(account, f"/v2/payments/captures/{segment(row.transaction_id)}")
        if answer is None:
            return translate.row_fact(row)
        answer.must_be(answer.read(Capture).id, row.transaction_id)
        return answer.told(Capture, lambda found: _capture_or_row(found, row))

    async def _refund(self, account: Account, row: TransactionInfo) -> RefundFact:
        found = await self.refund(account, row.transaction_id, "")
        return translate.refund_row_fact(row) if found is None else found

    async def _rows(
        self, account: Account, since: int, cursor: str | None
    ) -> tuple[list[TransactionInfo], str | None]:
        now = self._clock.now_us()
        place = _Place(max(since, now - BACK_US), 1) if cursor is None else _Place.read(cursor)
        end = min(place.begin + WINDOW_US, now)
        query = urlencode(
            {
                "start_date": shapes.timestamp(place.begin),
                # In whole seconds, and both ends belong to it: what is on the border comes twice rather than never.
                "end_date": shapes.timestamp(end + 999_999),
                "fields": "transaction_info",
                "page_size": ROWS_MAX,
                "page": place.page,
            }
        )
        answer = await self._client.get_known(account, f"/v1/reporting/transactions?{query}")
        found = answer.read(shapes.TransactionList)
        if place.page < found.total_pages:
            following: str | None = str(_Place(place.begin, place.page + 1))
        else:
            following = str(_Place(end, 1)) if end < now else None
        return [_info(row) for row in found.transaction_details], following


def _capture_or_row(capture: Capture, row: TransactionInfo) -> AttemptFact:
    order_id = translate.order_of(capture)
    return translate.row_fact(row) if order_id is None else translate.capture_fact(capture, order_id)


def _info(row: Transaction) -> TransactionInfo:
    return row.transaction_info


def _is_payment(row: TransactionInfo) -> bool:
    """Money from a payer. What the merchant paid to others has a minus."""
    amount = row.transaction_amount
    return row.transaction_event_code.startswith(PAYMENT) and not (amount and amount.value.startswith("-"))


def segment(ref: str) -> str:
    """An id of PayPal's as one part of a path, whatever it holds."""
    return quote(ref, safe="")
