"""The dashboard's pages of payments without a gateway, as samples to look at."""

from collections.abc import Mapping
from dataclasses import replace

from linktill.core.money import Money
from linktill.core.offline_terms import OfflineFields
from linktill.web.dashboard.money.view import MoneyForm, OfflinePanel, ReceiptRow
from linktill.web.dashboard.offline.view import OfflinePage, WaitingRow
from linktill.web.dashboard.payment.view import RefundRow
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LONG_EMAIL, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import CAPTURE, HUGE, ID, LINK, PAYMENT, SHELL

MONEY_FORM = MoneyForm(
    "/dashboard/payments/x/mark_paid", "tok_1", 1_500, "EUR", "25.00", "transfer", "2026-11-22"
)
RECEIPTS = (
    ReceiptRow(
        "rcp_1",
        Money(1_500, "EUR"),
        "cash",
        NOW - DAY,
        "At the counter",
        "owner@example.com",
        NOW,
        None,
        None,
        None,
    ),
    ReceiptRow("rcp_2", HUGE, "transfer", NOW, "", LONG_EMAIL, NOW, NOW, "mistake", f"API key key_{ID}"),
)
PANEL = OfflinePanel(
    received=Money(1_500, "EUR"), missing=Money(2_500, "EUR"), reference="RF67 DZXB 9T9A KKTK", is_waiting=True,
    waits_until=NOW + 14 * DAY, receipts=RECEIPTS, form=MONEY_FORM, may_end=False, may_take_back=True, is_owed_back=False,
)  # fmt: skip
OFFLINE_WAITING = replace(
    PAYMENT, status="partly_paid", amount=Money(4_000, "EUR"), fee=None, refunded=Money(0, "EUR"), net=Money(0, "EUR"),
    method=None, gateway_name="Bank transfer, cash or check", gateway_reference="RF67DZXB9T9AKKTK", captured_at=None,
    refunds=(), refund_form=None, ledger=(), offline=PANEL,
)  # fmt: skip
OFFLINE_SETTINGS = OfflinePage(
    SHELL, True, OfflineFields("Studio Nord GmbH", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX", takes_cash=True), 28,
    (
        WaitingRow("pay_1", "RF67 DZXB 9T9A KKTK", Money(2_500, "EUR"), "anna@example.com", "Logo design", NOW + DAY, True),
        WaitingRow("pay_2", "RF67 DZXB 9T9A KKTK", HUGE, LONG_EMAIL, LONG_TITLE, NOW + DAY, False),
    ),
)  # fmt: skip
OFFLINE: Mapping[str, View] = {
    "payment-offline": OFFLINE_WAITING,
    "payment-offline-errors": replace(
        OFFLINE_WAITING,
        offline=replace(
            PANEL,
            received=Money(0, "EUR"),
            receipts=(),
            may_end=True,
            form=replace(
                MONEY_FORM,
                amount="x",
                errors={"amount": "Write the amount with digits and a point, such as 40."},
            ),
        ),
    ),
    "payment-offline-surplus": replace(
        OFFLINE_WAITING,
        status="captured",
        is_surplus=True,
        captured_at=NOW,
        ledger=(CAPTURE,),
        refunds=(
            RefundRow(
                "re_1", NOW, "pending", Money(1_000, "EUR"), "surplus", "More came than was due.", None
            ),
        ),
        offline=replace(PANEL, is_waiting=False, form=None, is_owed_back=True, receipts=RECEIPTS[:1]),
    ),
    "payment-offline-over": replace(
        OFFLINE_WAITING,
        status="canceled",
        offline=replace(PANEL, is_waiting=False, receipts=RECEIPTS[1:], waits_until=None),
    ),
    "link-record": replace(LINK, money_form=MONEY_FORM),
    "link-record-errors": replace(LINK, money_form=replace(MONEY_FORM, errors={"way": "Choose a way."})),
    "offline": OFFLINE_SETTINGS,
    "offline-new": replace(OFFLINE_SETTINGS, is_set_up=False, fields=OfflineFields(), waiting=()),
    "offline-errors": replace(
        OFFLINE_SETTINGS,
        sought="RF00",
        waiting=(),
        errors={
            "iban": "The check digits of this IBAN are wrong.",
            "check_words": "Write to whom a check is made out.",
        },
    ),
}
