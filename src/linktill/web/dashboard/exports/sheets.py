"""What each list takes along: its rows under the filters that the page's address names."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeVar

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid
from linktill.core.events import EventType
from linktill.core.ids import LinkId
from linktill.core.link_filing import tag_to_find
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.payment_link import LinkStatus, PaymentLink, standing
from linktill.core.payout import PayoutStatus
from linktill.flows.link_reports import page_url
from linktill.flows.search import asked_of
from linktill.flows.services import Services
from linktill.flows.sheets import ROWS_AT_ONCE, At, Cell, Page, Sheet
from linktill.storage.attempt_lists import BEFORE_ALL, attempts_to_decide, list_attempts
from linktill.storage.customer_payments import totals_of_many
from linktill.storage.customers import CustomerFilter, list_customers
from linktill.storage.database import Tx
from linktill.storage.events import BEFORE_ALL as NEWEST_EVENT
from linktill.storage.events import list_events, list_events_of
from linktill.storage.link_lists import LinkFilter, list_links
from linktill.storage.needs import Need, links_in_need
from linktill.storage.overview import JOURNAL_FIRST, descriptions_of, journal
from linktill.storage.payment_search import find_payments
from linktill.storage.payouts import list_payouts
from linktill.web.dashboard.desk import Visitor
from linktill.web.dashboard.paging import SEARCH_MAX

T = TypeVar("T")
Reader = Callable[[Tx, str | None], Coroutine[Any, Any, Page]]
_LINK: Final = ("id", "url", "status", "description", "reference", "total", "currency", "payments", "received",
                "refunded", "created_at", "due_at", "expires_at")  # fmt: skip
_PAYMENT: Final = ("id", "status", "amount", "currency", "captured", "refunded", "fee", "description",
                   "payer_email", "payer_name", "method", "gateway", "gateway_ref", "link_id", "customer_id",
                   "created_at", "captured_at")  # fmt: skip
_CUSTOMER: Final = (
    "id",
    "name",
    "email",
    "phone",
    "company",
    "note",
    "payments",
    "paid",
    "currency",
    "created_at",
)
_PAYOUT: Final = ("id", "status", "amount", "currency", "fee", "gateway_account_id", "gateway_ref", "made_at",
                  "arrives_at", "note")  # fmt: skip
_EVENT: Final = ("id", "type", "at", "object_id", "link_id", "payment_id")
_LEDGER: Final = ("id", "at", "kind", "account", "debit", "credit", "currency", "payment_id", "description")


def sheet_of(name: str, visitor: Visitor, services: Services) -> Sheet | None:
    """The sheet of that name, filtered as the address says; None: there is none."""
    made = _SHEETS.get(name)
    if made is None:
        return None
    columns, reader = made
    return Sheet(name, columns, reader(visitor, services))


def _search(visitor: Visitor) -> str:
    return visitor.query("q").strip()[:SEARCH_MAX]


def _page(found: Sequence[T], rows: list[list[Cell]], id_of: Callable[[T], str]) -> Page:
    return rows, id_of(found[-1]) if len(found) == ROWS_AT_ONCE else None


def _links(visitor: Visitor, services: Services) -> Reader:
    status, now = visitor.query("status"), services.clock.now_us()
    need = Need(status) if status in set(Need) else None
    chosen = LinkStatus(status) if status in set(LinkStatus) else None
    try:
        tag = tag_to_find(visitor.query("tag").strip()[:SEARCH_MAX]) if visitor.query("tag").strip() else ""
    except FieldInvalid:
        tag = "\x00"  # no link has it, as on the page
    wanted = LinkFilter(chosen, _search(visitor), tag)
    origin = services.origin_of(visitor.merchant_id)

    async def read(tx: Tx, cursor: str | None) -> Page:
        before = LinkId(cursor) if cursor else None
        if need is not None:
            rest = {} if before is None else {"before": before}
            found = await links_in_need(tx, visitor.merchant_id, need, now=now, limit=ROWS_AT_ONCE, **rest)
        else:
            found = await list_links(
                tx, visitor.merchant_id, limit=ROWS_AT_ONCE, wanted=wanted, before=before
            )
        return _page(found, [_link(each, origin, now) for each in found], lambda link: link.id)

    return read


def _link(link: PaymentLink, origin: str, now: int) -> list[Cell]:
    terms, currency = link.terms, link.terms.amount.currency
    return [link.id, page_url(origin, link.slug), standing(link, now).value, terms.description, terms.reference,
            terms.due, currency, link.captured_count, Money(link.captured_minor, currency),
            Money(link.refunded_minor, currency), At(link.created_at), _at(terms.due_at), _at(terms.expires_at)]  # fmt: skip


def _payments(visitor: Visitor, _services: Services) -> Reader:
    text, search = visitor.query("status"), _search(visitor)
    status = AttemptStatus(text) if text in set(AttemptStatus) else None
    asked, merchant_id = asked_of(search), visitor.merchant_id

    async def read(tx: Tx, cursor: str | None) -> Page:
        before = cursor or BEFORE_ALL
        if search:
            found = await find_payments(
                tx, merchant_id, asked, limit=ROWS_AT_ONCE, before=before, status=status
            )
        elif status is AttemptStatus.NEEDS_REVIEW:
            found = await attempts_to_decide(tx, merchant_id, limit=ROWS_AT_ONCE, before=before)
        else:
            found = await list_attempts(tx, merchant_id, limit=ROWS_AT_ONCE, before=before, status=status)
        shown = await descriptions_of(tx, merchant_id, [each.session_id for each in found])
        rows = [_payment(each, shown.get(each.session_id, "")) for each in found]
        return _page(found, rows, lambda attempt: attempt.id)

    return read


def _payment(each: PaymentAttempt, description: str) -> list[Cell]:
    currency = each.amount.currency
    return [each.id, each.status.value, each.amount, currency, Money(each.captured_minor, currency),
            Money(each.refunded_minor, currency), Money(each.fee_minor, currency), description, each.payer_email,
            each.payer_name, each.method, each.gateway, each.gateway_ref, each.link_id, each.customer_id,
            At(each.created_at), _at(each.captured_at)]  # fmt: skip


def _customers(visitor: Visitor, _services: Services) -> Reader:
    wanted, merchant_id = CustomerFilter(_search(visitor)), visitor.merchant_id

    async def read(tx: Tx, cursor: str | None) -> Page:
        rest = {} if cursor is None else {"before": cursor}
        found = await list_customers(tx, merchant_id, limit=ROWS_AT_ONCE, wanted=wanted, **rest)
        totals = await totals_of_many(tx, merchant_id, [each.id for each in found])
        rows: list[list[Cell]] = []
        for each in found:
            known: list[Cell] = [each.id, each.name, each.email, each.phone, each.company, each.note]
            # One line for each currency: no sum crosses.
            paid = totals.get(each.id, [])
            rows += [
                [*known, total.payments, Money(total.captured_minor - total.refunded_minor, total.currency),
                 total.currency, At(each.created_at)]
                for total in paid
            ] or [[*known, 0, None, "", At(each.created_at)]]  # fmt: skip
        return _page(found, rows, lambda customer: customer.id)

    return read


def _payouts(visitor: Visitor, _services: Services) -> Reader:
    text = visitor.query("status")
    status = PayoutStatus(text) if text in set(PayoutStatus) else None

    async def read(tx: Tx, cursor: str | None) -> Page:
        rest = {} if cursor is None else {"before": cursor}
        found = await list_payouts(tx, visitor.merchant_id, limit=ROWS_AT_ONCE, status=status, **rest)
        rows: list[list[Cell]] = [
            [each.id, each.status.value, each.amount, each.amount.currency,
             Money(each.fee_minor, each.amount.currency), each.gateway_account_id, each.gateway_ref, At(each.made_at),
             _at(each.arrives_at), each.note]
            for each in found
        ]  # fmt: skip
        return _page(found, rows, lambda payout: payout.id)

    return read


def _events(visitor: Visitor, _services: Services) -> Reader:
    text, of, merchant_id = visitor.query("type"), visitor.query("of").strip()[:60], visitor.merchant_id
    event_type = EventType(text) if text in set(EventType) and not of else None

    async def read(tx: Tx, cursor: str | None) -> Page:
        before = cursor or NEWEST_EVENT
        if of.startswith(prefixes.LINK):
            found = await list_events(tx, merchant_id, limit=ROWS_AT_ONCE, link_id=of, before=before)
        elif of.startswith(prefixes.ATTEMPT):
            found = await list_events(tx, merchant_id, limit=ROWS_AT_ONCE, attempt_id=of, before=before)
        elif of:
            found = await list_events_of(tx, merchant_id, of, limit=ROWS_AT_ONCE, before=before)
        else:
            found = await list_events(
                tx, merchant_id, limit=ROWS_AT_ONCE, event_type=event_type, before=before
            )
        rows: list[list[Cell]] = [
            [each.id, each.type.value, At(each.at), each.object_id, each.link_id, each.attempt_id]
            for each in found
        ]
        return _page(found, rows, lambda event: event.id)

    return read


def _ledger(visitor: Visitor, _services: Services) -> Reader:
    account, merchant_id = visitor.query("account")[:100] or None, visitor.merchant_id

    async def read(tx: Tx, cursor: str | None) -> Page:
        before = cursor or JOURNAL_FIRST
        found = await journal(tx, merchant_id, limit=ROWS_AT_ONCE, before=before, account=account)
        rows: list[list[Cell]] = [
            [row.id, At(row.at), row.kind, entry.account, _side(entry.amount_minor, row.currency),
             _side(-entry.amount_minor, row.currency), row.currency, row.attempt_id, row.description]
            for row in found
            for entry in row.entries
        ]  # fmt: skip
        return _page(found, rows, lambda row: row.id)

    return read


def _side(minor: int, currency: str) -> Money | None:
    return Money(minor, currency) if minor > 0 else None


def _at(us: int | None) -> At | None:
    return None if us is None else At(us)


_SHEETS: Final[Mapping[str, tuple[Sequence[str], Callable[[Visitor, Services], Reader]]]] = MappingProxyType(
    {
        "links": (_LINK, _links),
        "payments": (_PAYMENT, _payments),
        "customers": (_CUSTOMER, _customers),
        "payouts": (_PAYOUT, _payouts),
        "events": (_EVENT, _events),
        "ledger": (_LEDGER, _ledger),
    }
)
