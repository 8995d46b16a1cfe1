"""Sample pages of customers."""

from dataclasses import replace

from linktill.core.money import Money
from linktill.web.dashboard.customer.view import (
    CustomerPage,
    CustomerValues,
    MergePage,
    NewCustomerPage,
    ReceiptRow,
    Side,
    TheirLink,
    TotalRow,
)
from linktill.web.dashboard.customers.view import CustomerRow, CustomersPage
from linktill.web.dashboard.link_form.view import LinkValues
from linktill.web.dashboard.shell import CustomerLink, Pager
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import FORM, HUGE, LINK, PAYMENT, PAYMENTS, SHELL

USD, EUR = Money(128_000, "USD"), Money(4_000, "EUR")
LONG_EMAIL = f"{'anna-maria.' * 5}berg@{'very-long-' * 10}example.com"
ROWS = (
    CustomerRow("cus_1", "Anna Berg", "anna@example.com", "Studio Nord", (USD, EUR), NOW - 30 * DAY),
    CustomerRow("cus_2", "sam@example.com", "sam@example.com", "", (), NOW - DAY),
    CustomerRow("cus_3", LONG_TITLE[:200], LONG_EMAIL, LONG_TITLE[:200], (HUGE,), NOW - DAY),
    CustomerRow("cus_4", "Engines Ltd", "", "Engines Ltd", (Money(0, "USD"),), NOW),
)
LIST = CustomersPage(
    SHELL, "", ROWS, Pager(older_url="/dashboard/customers?cursor=cus_1"), "/dashboard/customers/export", True
)
VALUES = CustomerValues(
    "Anna Berg", "anna@example.com", "+49 30 1234567", "Studio Nord", "Pays late.\nAsk first."
)
NEW = NewCustomerPage(SHELL, "tok_1", CustomerValues())
PAGE = CustomerPage(
    SHELL,
    "cus_01kan4r5v7x9z1b3d5f7h9k1m3",
    "Anna Berg",
    VALUES.email,
    VALUES.company,
    VALUES.phone,
    VALUES.note,
    {"crm": "4711"},
    None,
    NOW - 30 * DAY,
    NOW,
    (TotalRow(USD, Money(2_000, "USD"), 12), TotalRow(EUR, Money(0, "EUR"), 1)),
    (
        TheirLink("plink_1", "Logo design, final invoice", "active", Money(4_000, "USD")),
        TheirLink("plink_2", LONG_TITLE, "completed", HUGE),
        TheirLink("plink_3", "What you like", "paused", Money(0, "USD")),
    ),
    True,
    PAYMENTS[:3],
    Pager(older_url="/dashboard/customers/cus_1?cursor=pay_1"),
    (
        ReceiptRow("pay_1", "Bank transfer", "2026-11-20", EUR, is_taken_back=False),
        ReceiptRow("pay_2", "Cash", "2026-11-19", EUR, is_taken_back=True),
    ),
    False,
    VALUES,
)
BARE = replace(
    PAGE, label="sam@example.com", email="sam@example.com", company="", phone="", note="", metadata={}, totals=(),
    links=(), has_more_links=False, payments=(), payments_pager=Pager(), receipts=(), may_delete=True,
    values=CustomerValues(email="sam@example.com"),
)  # fmt: skip
GONE = Side("cus_2", "Anna", "anna.private@example.com", "", "", (EUR,), 1, NOW - DAY)
STAYS = Side("cus_1", "Anna Berg", VALUES.email, VALUES.company, VALUES.phone, (USD, EUR), 13, NOW - 30 * DAY)
MERGE = MergePage(SHELL, GONE, STAYS, "", ())
CUSTOMERS: dict[str, View] = {
    "customers": LIST,
    "customers-none": replace(LIST, rows=(), pager=Pager(), has_customers=False),
    "customers-not-found": replace(LIST, rows=(), pager=Pager(), search="zoe"),
    "customer-new": NEW,
    "customer-new-errors": replace(
        NEW,
        values=replace(VALUES, email="anna"),
        errors={"email": "Give an e-mail address, such as name@example.com."},
    ),
    "customer-page": PAGE,
    "customer-page-bare": BARE,
    "customer-page-merged": replace(
        BARE, merged_into=CustomerLink("cus_1", "Anna Berg"), may_delete=False, label=LONG_TITLE[:200], email=LONG_EMAIL
    ),
    "customer-page-errors": replace(
        PAGE, label=LONG_TITLE[:200], values=replace(VALUES, phone="1" * 41), errors={"phone": "At most 40 characters."}
    ),
    "customer-page-changed": replace(
        PAGE, problem="Someone else has changed this customer since you opened it. Check your values and save again."
    ),
    "customer-merge": MERGE,
    "customer-merge-long": replace(MERGE, into=replace(STAYS, label=LONG_TITLE[:200], email=LONG_EMAIL, paid=(HUGE,))),
    "customer-merge-choose": replace(MERGE, into=None, rows=ROWS[:1] + ROWS[2:3], search="anna"),
    "customer-merge-nobody": replace(
        MERGE, into=None, search="zoe", problem="That customer is not there, or is this one. Choose another."
    ),
    "customer-of-link": replace(LINK, customer=CustomerLink("cus_1", "Anna Berg")),
    "customer-of-link-unknown": replace(
        LINK,
        filing_form=replace(
            LINK.filing_form, customer="zoe@example.com", errors={"customer": "No customer has this e-mail address or number."}
        ),
    ),
    "customer-of-payment": replace(PAYMENT, customer=CustomerLink("cus_1", "Anna Berg")),
    "customer-link-new": replace(
        FORM, values=LinkValues(description="Logo design", amount="40", customer="anna@example.com")
    ),
}  # fmt: skip
