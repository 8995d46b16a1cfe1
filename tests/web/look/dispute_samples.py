"""The dashboard's pages of disputes, as samples to look at."""

from collections.abc import Mapping
from dataclasses import replace

from linktill.core.dispute_answer import Evidence
from linktill.core.money import Money
from linktill.web.dashboard.dispute.fields import asked_fields, said_fields
from linktill.web.dashboard.dispute.view import DisputePage, EvidenceForm, SavedDraft, SentAnswer
from linktill.web.dashboard.disputes.view import DisputeRow, DisputesPage
from linktill.web.dashboard.shell import EntryRow, LedgerRow, Pager, Tab, TimelineEntry
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LONG_TITLE, NOW
from tests.web.look.dashboard_samples import HUGE, ID, SHELL

STATES = (
    "needs_response", "inquiry", "answering", "answer_unknown", "answered", "late",
    "under_review", "won", "lost", "accepted", "prevented", "early_warning",
)  # fmt: skip
TABS = tuple(
    Tab(label, f"/dashboard/disputes?status={name}", is_current=not name, count=number)
    for number, (label, name) in enumerate(
        (("All", ""), ("Waiting for you", "waiting"), ("With the bank", "bank"), ("Decided", "decided"))
    )
)
ROWS = tuple(
    DisputeRow(
        f"dp_{number}",
        LONG_TITLE if number == 1 else "Bicycle repair",
        state,
        HUGE if number == 1 else Money(4_000 + number, "USD"),
        NOW + number * DAY if number < 4 else None,
        NOW,
    )
    for number, state in enumerate(STATES)
)
KNOWN = Evidence(
    explanation="$40.00 was paid with Visa •••• 4242 on 2026-11-22 10:25 UTC.\nNothing of it was refunded.",
    product_description="Bicycle repair\nOur reference: INV-7",
    agreement="On 2026-11-22 10:20 UTC the payer was on the page https://pay.example.com/p/abc, and pressed Pay.",
    customer_name="Ada Lovelace",
    customer_email="ada@example.com",
)
SENT = SentAnswer("evidence", "submitted", NOW, "owner@studio-nord.example", None, said_fields(KNOWN))
DISPUTE = DisputePage(
    shell=SHELL,
    id=f"dp_{ID}",
    state="needs_response",
    status="needs_response",
    amount=Money(4_000, "USD"),
    fee=Money(1_500, "USD"),
    is_withdrawn=True,
    reason="product_not_received",
    respond_by=NOW + 7 * DAY,
    opened_at=NOW,
    gateway_name="Stripe",
    gateway_reference="du_1QabcdefGHIJKLmnop",
    payment_id=f"pay_{ID}",
    description="Bicycle repair",
    payer="ada@example.com",
    form=EvidenceForm(asked_fields(KNOWN, chars_max=2_000), is_prefilled=True),
    draft=None,
    may_accept=True,
    is_by_hand=False,
    answers=(),
    ledger=(
        LedgerRow(
            "ltx_1",
            NOW,
            "dispute",
            (
                EntryRow("disputes", Money(4_000, "USD"), None),
                EntryRow("dispute_fees", Money(1_500, "USD"), None),
                EntryRow("clearing:gwa_1", None, Money(5_500, "USD")),
            ),
        ),
    ),
    timeline=(TimelineEntry(NOW, "dispute.opened", Money(4_000, "USD")),),
)
DRAFTED = replace(
    DISPUTE,
    form=EvidenceForm(asked_fields(KNOWN, chars_max=2_000), is_prefilled=False),
    draft=SavedDraft(NOW, said_fields(KNOWN)),
)
CLOSED = replace(DISPUTE, form=None, may_accept=False, answers=(SENT,))

_EACH: dict[str, View] = {
    "disputes": DisputesPage(SHELL, TABS, ROWS, Pager(None, "/dashboard/disputes?cursor=b"), has_disputes=True),
    "disputes-empty": DisputesPage(SHELL, TABS, (), Pager(), has_disputes=False),
    "disputes-none-fits": DisputesPage(SHELL, TABS, (), Pager(), has_disputes=True),
    "dispute": DISPUTE,
    "dispute-drafted": DRAFTED,
    "dispute-errors": replace(
        DRAFTED,
        errors={"explanation": "Say why the money is yours.", "sure": "Tick this.", "sure_to_accept": "Tick this."},
    ),
    "dispute-in-doubt": replace(
        DISPUTE,
        state="answer_unknown",
        form=EvidenceForm(asked_fields(KNOWN, chars_max=500), is_prefilled=False, is_after_doubt=True),
        answers=(
            replace(SENT, status="unknown", failure="It was sent, no answer came, and it is not seen."),
            SentAnswer("acceptance", "refused", NOW, "API key key_1", "x" * 200, ()),
        ),
    ),
    "dispute-by-hand": replace(DISPUTE, form=None, may_accept=False, is_by_hand=True, description=LONG_TITLE),
    "dispute-given-in": replace(
        CLOSED, state="accepted", status="accepted", answers=(replace(SENT, kind="acceptance", fields=()),)
    ),
}  # fmt: skip
_CLOSED: dict[str, View] = {
    f"dispute-{state}": replace(CLOSED, state=state)
    for state in ("answering", "answered", "late", "under_review", "won", "lost", "prevented", "early_warning")
}  # fmt: skip
DISPUTES: Mapping[str, View] = {**_EACH, **_CLOSED}
