"""A payment whose money is held, as its merchant and its payer see it."""

from dataclasses import replace

from linktill.core.money import Money
from linktill.web.dashboard.payment.held import HeldPanel
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LINK, NOT_PAID, NOW, WAITING
from tests.web.look.dashboard_samples import HOUR, PAYMENT

RESTING = HeldPanel(
    is_held=True, capture_before=NOW + 6 * DAY, asked=None, asked_at=None, asked_by=None, ended=None
)
HELD = replace(
    PAYMENT, status="authorized", fee=None, captured_at=None, refunds=(), refund_form=None, ledger=(),
    refunded=Money(0, "USD"), net=Money(0, "USD"), held=RESTING,
)  # fmt: skip
HOLDS: dict[str, View] = {
    "payment-held": HELD,
    "payment-held-capturing": replace(
        HELD,
        held=replace(RESTING, asked="capture", asked_at=NOW - HOUR, asked_by="anna@studio-nord.example"),
    ),
    "payment-held-ended": replace(
        HELD,
        status="canceled",
        held=replace(
            RESTING, is_held=False, ended="It was not captured in time, so the gateway let go of the money."
        ),
    ),
}
PAYING_HELD: dict[str, View] = {
    "link-held": replace(LINK, pay=replace(LINK.pay, is_held=True)),
    "held": replace(WAITING, kind="held", receipt_email="anna@example.com", refresh_s=600),
    "let-go": replace(NOT_PAID, kind="let_go"),
}
