"""The page of money without a link and links without money, as samples to look at."""

from collections.abc import Mapping
from dataclasses import replace

from linktill.core.money import Money
from linktill.web.dashboard.reconcile.view import (
    AccountRow,
    Choice,
    ClearingRow,
    DoneRow,
    ForeignRow,
    MismatchRow,
    PayoutForm,
    PayoutRow,
    ReconcilePage,
)
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LONG_EMAIL, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import HUGE, ID, PAYMENTS, SHELL

NOTHING = Money(0, "USD")
PAGE = ReconcilePage(
    shell=SHELL,
    accounts=(
        AccountRow("gwa_1", "Sandbox – Test account", NOW, "", may_pay_out=True),
        AccountRow("gwa_2", "PayPal", None, "PayPal answered with status 503.", may_pay_out=False),
    ),
    clearing=(
        ClearingRow(
            "Sandbox – Test account", "", Money(3_854, "USD"),
            (("payments", Money(13_437, "USD")), ("refunds", Money(-1_000, "USD")), ("disputes", Money(-5_500, "USD")),
             ("payouts", Money(-3_083, "USD"))),
            Money(3_854, "USD"), NOTHING,
        ),
        ClearingRow("PayPal", "", Money(-2_500, "USD"), (("payouts", Money(-2_500, "USD")),), NOTHING, Money(2_600, "USD")),
        ClearingRow("Offline", "clearing:gwa_offline_1:cash", HUGE, (("moved", HUGE),), NOTHING, NOTHING),
    ),
    foreign=(
        ForeignRow("payment", "sbpay_" + ID, "sbpay_" + ID, "gwa_1", "Sandbox – Test account", "pay_" + ID,
                   Money(4_000, "USD"), NOW, may_attach=True),
        ForeignRow("refund", "refund:" + "x" * 60, "x" * 60, "gwa_2", "PayPal", "", HUGE, NOW, may_attach=False),
        ForeignRow("dispute", "dispute:sbdis_1", "sbdis_1", "gwa_2", "PayPal", "", None, NOW, may_attach=False),
    ),
    review=PAYMENTS[:2],
    mismatches=(
        MismatchRow("pay_" + ID, "Stripe – Acme", Money(4_000, "USD"), "not_found", NOW),
        MismatchRow("pay_2", "PayPal", HUGE, "failed", NOW),
    ),
    payouts=(
        PayoutRow("po_1", "Sandbox", "pending", Money(3_854, "USD"), NOW, "", "", "sbpo_" + ID, may_take_back=False),
        PayoutRow("po_2", "PayPal", "paid", HUGE, NOW - DAY, LONG_TITLE, LONG_EMAIL, "", may_take_back=True),
        PayoutRow("po_3", "Sandbox", "failed", Money(-500, "USD"), NOW - DAY, "", "", "sbpo_2", may_take_back=False),
    ),
    done=(
        DoneRow("set_aside", "sbpay_1", None, Money(900, "USD"), "Paid in the shop", "owner@example.com", NOW),
        DoneRow("attached", "sbpay_" + ID, "pay_" + ID, HUGE, "", LONG_EMAIL, NOW),
        DoneRow("settled", "pay_" + ID, "pay_" + ID, Money(4_000, "USD"), "The gateway has it as captured by now.", "", NOW),
    ),
    payout_form=PayoutForm((Choice("gwa_2 USD", "PayPal, USD"), Choice("gwa_3 EUR cash", "Offline, cash, EUR")), "tok_1",
                           paid_on="2026-11-22"),
)  # fmt: skip
RECONCILE: Mapping[str, View] = {
    "reconcile": PAGE,
    "reconcile-clear": replace(
        PAGE, foreign=(), review=(), mismatches=(), done=(), payout_form=None, clearing=(), payouts=()
    ),
    "reconcile-empty": replace(
        PAGE,
        accounts=(),
        foreign=(),
        review=(),
        mismatches=(),
        done=(),
        payout_form=None,
        clearing=(),
        payouts=(),
    ),
    "reconcile-errors": replace(
        PAGE,
        problem="This link asks for $40.00, and $35.00 was paid. Make a link for what was paid, and attach it there.",
        payout_form=PayoutForm(
            (Choice("gwa_2 USD", "PayPal, USD"),),
            "tok_1",
            "gwa_2 USD",
            "x",
            "2027-01-01",
            "",
            {"amount": "Write the amount with digits and a point, such as 40 or 40.50."},
        ),
    ),
}
