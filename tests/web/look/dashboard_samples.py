"""One or more samples of every page that a merchant sees, extremes included."""

from dataclasses import replace
from itertools import cycle, islice

from linktill.core.money import Money
from linktill.flows.go_live import Readiness
from linktill.web.dashboard.books.view import Balance, BooksPage
from linktill.web.dashboard.developers.view import (
    CreatedKey,
    DevelopersPage,
    EndpointListRow,
    KeyRow,
    TestNumber,
)
from linktill.web.dashboard.endpoint.view import DeliveryRow, EndpointPage
from linktill.web.dashboard.go_live.view import GoLivePage
from linktill.web.dashboard.home.chart import chart_of
from linktill.web.dashboard.home.view import HomePage, Task
from linktill.web.dashboard.link.share import share_of
from linktill.web.dashboard.link.view import FilingForm, LinkActions, LinkDetailPage
from linktill.web.dashboard.link_form.view import GatewayChoice, LinkFormPage, LinkValues
from linktill.web.dashboard.link_templates.view import TemplateForm
from linktill.web.dashboard.links.view import LinkRow, LinksPage, TagLink
from linktill.web.dashboard.mails.view import MailPage, MailRow, MailsPage
from linktill.web.dashboard.payment.view import PaymentPage, RefundForm, RefundRow
from linktill.web.dashboard.payments.view import PaymentsPage
from linktill.web.dashboard.problem.view import ProblemPage
from linktill.web.dashboard.settings.view import MailSettings, SettingsPage
from linktill.web.dashboard.setup.view import SetupPage
from linktill.web.dashboard.shell import (
    Currency,
    EntryRow,
    LedgerRow,
    Notice,
    Pager,
    PaymentRow,
    Shell,
    Tab,
    TimelineEntry,
)
from linktill.web.dashboard.sign_in.view import SignInPage
from linktill.web.dashboard.stuck.view import StuckPage, StuckRow
from linktill.web.look.look import View
from tests.web.look.checkout_samples import DAY, LONG_EMAIL, LONG_TITLE, NOW, URL

HOUR = DAY // 24
HUGE = Money(999_999_999_99, "USD")
SHELL = Shell("en", "Studio Nord", "owner@studio-nord.example", "csrf_1", is_test=True)
LIVE_SHELL = replace(SHELL, is_test=False, has_live=True)
LONG_SHELL = replace(
    SHELL, business_name="Hohenlohe-Schillingsfürst International Holdings Ltd.", member_email=LONG_EMAIL
)
CURRENCIES = (Currency("EUR", "Euro"), Currency("JPY", "Japanese Yen"), Currency("USD", "US Dollar"))
PAGER = Pager("/dashboard/links?cursor=a", "/dashboard/links?cursor=b")
ID = "01k9w3n8x2e7v5t4r6q1z0y8ab"

STATUSES = (
    "captured", "processing", "failed", "refunded", "partly_refunded", "needs_review",
    "unknown", "created", "requires_action", "canceled", "authorized",
)  # fmt: skip
PAYMENTS = tuple(
    PaymentRow(
        f"pay_{number}", NOW - number * 3 * HOUR, status, Money(4_000 + 1_250 * number, "USD"), title, payer
    )
    for number, (status, title, payer) in enumerate(
        islice(
            zip(
                STATUSES,
                cycle(("Logo design, final invoice", "Pottery course, spring", LONG_TITLE)),
                cycle(("anna@example.com", None, LONG_EMAIL)),
                strict=False,
            ),
            len(STATUSES),
        )
    )
)
TIMELINE = (
    TimelineEntry(
        NOW, "payment.captured", Money(4_000, "USD"), "Visa •••• 4242", "/dashboard/payments/pay_1"
    ),
    TimelineEntry(NOW - HOUR, "payment.failed", None, "The card has expired.", "/dashboard/payments/pay_2"),
    TimelineEntry(NOW - HOUR, "payment.outcome_unknown"),
    TimelineEntry(NOW - 2 * HOUR, "payment_link.updated", None, "Price: $35.00 → $40.00"),
    TimelineEntry(NOW - DAY, "payment_link.created", Money(3_500, "USD")),
    TimelineEntry(NOW - DAY, "something.from_a_newer_release"),
)
CAPTURE = LedgerRow(
    f"ltx_{ID}", NOW, "capture",
    (
        EntryRow("clearing:gwa_1", Money(3_854, "USD"), None),
        EntryRow("gateway_fees", Money(146, "USD"), None),
        EntryRow("sales", None, Money(4_000, "USD")),
    ),
    "Logo design, final invoice", "pay_1",
)  # fmt: skip
REFUND_BOOKED = LedgerRow(
    f"ltx_2{ID}", NOW, "refund",
    (EntryRow("refunds", HUGE, None), EntryRow("clearing:gwa_1", None, HUGE)),
    LONG_TITLE, None,
)  # fmt: skip
TODAY = 20_780
SUMS = {
    (TODAY - ago, "USD"): minor
    for ago, minor in enumerate((12_550, 0, 48_000, 31_025, -4_000, 9_900, 60_000, 42_000, 0, 0, 15_000))
}
EVERY_TASK = (
    "room", "gateway", "backup", "disputes", "review", "ending", "reconcile", "stuck", "parked", "overdue", "requests",
    "expiring", "failed",
)  # fmt: skip
ON_THE_SERVER = {"room", "backup", "parked"}


def every_task(count: int) -> tuple[Task, ...]:
    return tuple(
        Task(reason, count, None if reason in ON_THE_SERVER else "/dashboard") for reason in EVERY_TASK
    )


HOME = HomePage(
    shell=SHELL,
    tasks=(Task("review", 1, "/dashboard/payments?status=needs_review"), Task("requests", 3, "/dashboard/requests")),
    today=(Money(12_550, "USD"),),
    month=(Money(214_475, "USD"), Money(89_900, "EUR"), Money(1_250_000, "JPY")),
    chart=chart_of(SUMS, TODAY, "USD"),
    links_open=14, links_max=1_000, has_links=True, first_link_url=None, recent=PAYMENTS[:6],
    test_number="4242 4242 4242 4242",
)  # fmt: skip
FIRST = replace(HOME, tasks=(), today=(), month=(), chart=None, links_open=0, has_links=False, recent=())
LINK_TABS = (
    Tab("All", "/dashboard/links", is_current=True),
    Tab("Open", "/dashboard/links?status=active", is_current=False),
    Tab("Paid", "/dashboard/links?status=completed", is_current=False, count=12),
    Tab("Paused", "/dashboard/links?status=paused", is_current=False),
    Tab("Expired", "/dashboard/links?status=expired", is_current=False),
    Tab("Canceled", "/dashboard/links?status=canceled", is_current=False),
    Tab("Archived", "/dashboard/links?status=archived", is_current=False, count=117),
)
LINK_STATUSES = (
    "active",
    "completed",
    "scheduled",
    "paused",
    "expired",
    "canceled",
    "sold_out",
    "draft",
    "archived",
)
TAGS = tuple(
    TagLink(tag, "/dashboard/links?tag=x")
    for tag in ("wholesale", "spring 2027", "a tag that is as long as tags may", "W" * 40)
)
LINK_ROWS = tuple(
    LinkRow(f"plink_{status}", LONG_TITLE if number == 2 else "Logo design, final invoice", status,
            HUGE if number == 2 else Money(4_000, "USD"), HUGE if number == 2 else Money(4_000 * (number % 2), "USD"),
            number % 2, NOW - number * DAY, TAGS if number in {0, 2} else (),
            (Money(3_900, "EUR"), Money(12_000, "JPY")) if number in {1, 4} else ())
    for number, status in enumerate(LINK_STATUSES)
)  # fmt: skip
LINKS = LinksPage(SHELL, LINK_TABS, "", "", LINK_ROWS, PAGER, has_links=True)
FORM = LinkFormPage(
    shell=SHELL, link_id=None, action="/dashboard/links", submit_token="tok_1", version=0, currencies=CURRENCIES,
    values=LinkValues(slug="logo-design", ways="only", gateways="stripe"), address="https://pay.studio-nord.example/p/",
    time_zone="UTC",
    gateways=(GatewayChoice("stripe", "Stripe", is_ticked=True), GatewayChoice("square", "Square", is_ticked=False)),
)  # fmt: skip
SHARE = share_of(
    "https://pay.studio-nord.example", "9f3ka2m8", "Logo design, final invoice", Money(4_000, "USD")
)
LINK = LinkDetailPage(
    shell=SHELL, id=f"plink_{ID}", share=SHARE, status="active", description="Logo design, final invoice",
    note="Hi Anna, thank you for the lovely project.", reference="2026-117", amount=Money(4_000, "USD"), pricing=(), asking=(),
    collected=Money(8_000, "USD"), collected_in=(), payments_count=2, payments_max=5, left=None,
    is_bill=False, is_partly_paid=False, stock=(), due_at=NOW + 8 * DAY, starts_at=None,
    expires_at=NOW + 30 * DAY, redirect_url="https://studio-nord.example/thanks", created_at=NOW - DAY, version=2,
    open_sessions=1, actions=LinkActions(may_edit=True, may_publish=False, may_pause=True, may_resume=False, may_cancel=True,
                                        may_archive=True, may_unarchive=False),
    submit_token="tok_1", payments=PAYMENTS[:3], payments_pager=Pager(None, "/dashboard/links/x?cursor=b"), timeline=TIMELINE,
    tags=TAGS, internal_note="Called twice.\nPays by transfer, in two parts.",
    filing_form=FilingForm("wholesale, spring 2027", "Called twice."), template_form=TemplateForm(),
)  # fmt: skip
REFUND = RefundForm("tok_1", left=Money(3_000, "USD"), fee_kept=Money(146, "USD"))
PAYMENT = PaymentPage(
    shell=SHELL, id=f"pay_{ID}", status="partly_refunded", amount=Money(4_000, "USD"), fee=Money(146, "USD"),
    refunded=Money(1_000, "USD"), net=Money(2_854, "USD"), link_id="plink_1", link_description="Logo design, final invoice",
    payer_email="anna@example.com", payer_name="Anna Berg", method="Visa •••• 4242", gateway_name="Sandbox",
    gateway_reference="sbx_ch_91827364", created_at=NOW - HOUR, captured_at=NOW, failure=None, review=None, is_surplus=False,
    may_keep=False, kept_at=None,
    refunds=(
        RefundRow("re_1", NOW, "succeeded", Money(1_000, "USD"), "requested_by_customer", "One hour less", None),
        RefundRow("re_2", NOW, "failed", Money(500, "USD"), "duplicate", "", "The payer's account is closed."),
    ),
    refund_form=REFUND, timeline=TIMELINE, ledger=(CAPTURE,),
)  # fmt: skip
BOOKS = BooksPage(
    shell=SHELL,
    balances=(
        Balance("clearing:gwa_1", Money(1_183_070, "USD"), "/dashboard/books?account=clearing:gwa_1"),
        Balance("sales", Money(1_284_050, "USD"), "/dashboard/books?account=sales"),
        Balance("gateway_fees", Money(37_430, "USD"), "/dashboard/books?account=gateway_fees"),
        Balance("refunds", HUGE, "/dashboard/books?account=refunds"),
    ),
    account="", rows=(CAPTURE, REFUND_BOOKED, replace(CAPTURE, id="ltx_3", payment_id="pay_3")), pager=PAGER,
)  # fmt: skip
DEVELOPERS = DevelopersPage(
    shell=SHELL, submit_token="tok_1", api_base="https://pay.studio-nord.example/v1",
    keys=(
        KeyRow("key_1", "Web shop", "lt_test_9f3a…", NOW, is_revoked=False),
        KeyRow("key_2", "Old script with quite a long name so that it wraps", "lt_test_77bc…", None, is_revoked=True),
    ),
    endpoints=(
        EndpointListRow("we_1", "https://studio-nord.example/hooks/linktill", is_enabled=True, failing=0),
        EndpointListRow("we_2", f"https://{'very-' * 12}long.example/hooks", is_enabled=False, failing=17),
    ),
    test_numbers=(
        TestNumber("4242 4242 4242 4242", "Succeeds"),
        TestNumber("4000 0000 0000 0002", "Is declined without a reason"),
        TestNumber("4000 0000 0000 3220", "Asks for a confirmation by the bank (3-D Secure)"),
    ),
)  # fmt: skip
ENDPOINT = EndpointPage(
    shell=SHELL, id="we_1", url="https://studio-nord.example/hooks/linktill", is_enabled=True, created_at=NOW, secret=None,
    deliveries=(
        DeliveryRow("whd_1", "payment.captured", "delivered", 1, NOW, None, "200"),
        DeliveryRow("whd_2", "payment_link.completed", "pending", 3, NOW, NOW + HOUR, "503"),
        DeliveryRow("whd_3", "refund.succeeded", "dead", 12, NOW, None, "no answer within 15 seconds"),
        DeliveryRow("whd_4", "payment.started", "pending", 0, None, NOW, None),
    ),
    pager=Pager(),
)  # fmt: skip
MAILS = MailsPage(
    SHELL,
    (
        MailRow("mail_1", NOW, "anna@example.com", "Your receipt from Studio Nord", "kept"),
        MailRow("mail_2", NOW, LONG_EMAIL, f"You received $40.00 for {LONG_TITLE}", "failed"),
    ),
    Pager(),
    has_server=False,
)
MAIL = MailPage(
    SHELL, "mail_1", NOW, "Studio Nord <pay@studio-nord.example>", "anna@example.com", "Your receipt from Studio Nord",
    "Hello Anna,\n\nyou paid $40.00 for: Logo design, final invoice.\n\nhttps://pay.studio-nord.example/c/cs_1?k=" + "x" * 90,
    "/dashboard/mails/mail_1/body", "kept", None, may_be_sent=False,
)  # fmt: skip
SETTINGS = SettingsPage(
    shell=SHELL, business_name="Studio Nord", contact_email="hello@studio-nord.example", currency="USD", currencies=CURRENCIES,
    mail=MailSettings(None, "Linktill <linktill@localhost>"), gateway_name="Sandbox", product_version="0.1.0",
    origin="https://pay.studio-nord.example",
)  # fmt: skip
GO_LIVE = GoLivePage(
    SHELL, Readiness(has_live_books=False, gateways=(), has_mail_server=False, base_url="http://127.0.0.1:8000",
                     is_base_url_public=False, backup_at=None, is_backup_current=False), "Stripe, PayPal or Square",
)  # fmt: skip
OPENED = replace(GO_LIVE.has, has_live_books=True, has_mail_server=True, backup_at=NOW - 3 * DAY)
READY = Readiness(has_live_books=True, gateways=("Stripe", "PayPal"), has_mail_server=True,
                  base_url="https://pay.studio-nord.example", is_base_url_public=True, backup_at=NOW,
                  is_backup_current=True)  # fmt: skip
STUCK = StuckPage(
    SHELL,
    (
        StuckRow("ib_1", "webhook", "payment.captured", "pay_1", NOW, 13,
                 "The gateway says payment.captured, but still shows sbpay_1 as failed."),
        StuckRow("ib_2", "webhook", "x" * 80, None, NOW, 1, "no_connection_" * 30),
        StuckRow("ob_1", "news", "payment.captured", "pay_1", NOW, 13, "RuntimeError: <b>broken</b>"),
        StuckRow("ob_2", "news", "", None, NOW, 13, ""),
    ),
    951,
)  # fmt: skip
SETUP = SetupPage("en", "csrf_1", CURRENCIES)
FORM_ERRORS = {
    "description": "Please say what the payment is for.",
    "amount": "Write the amount with digits and a point, such as 40 or 40.50.",
    "payments_max": "Please say how many times, with digits.",
    "expires_on": "This day is over already.",
    "redirect_url": "The address must start with https:// or http://.",
}

DASHBOARD: dict[str, View] = {
    "setup": SETUP,
    "setup-errors": replace(
        SETUP, token="x", errors={"token": "This code does not fit. Look at the newest one.", "password": "Too short."}
    ),
    "sign-in": SignInPage("en", "csrf_1"),
    "sign-in-problem": SignInPage("en", "csrf_1", "a@b.example", "/", "E-mail address and password do not fit together."),
    "sign-in-out": SignInPage("en", "csrf_1", notice="You are signed out."),
    "home": HOME,
    "home-first": replace(FIRST, shell=replace(SHELL, notice=Notice("done", "Welcome! Your Linktill is ready."))),
    "home-second": replace(FIRST, links_open=1, has_links=True, first_link_url=URL),
    "home-copy": replace(HOME, shell=replace(SHELL, is_set_aside=True)),
    "home-busy": replace(HOME, tasks=every_task(100), links_open=1_000),
    "home-one-each": replace(HOME, tasks=every_task(1)),
    "home-quiet": replace(HOME, shell=replace(LONG_SHELL, is_test=False), tasks=(), today=(), month=(HUGE,), chart=chart_of(
        {(TODAY - 3, "USD"): HUGE.minor, (TODAY - 9, "USD"): -HUGE.minor}, TODAY, "USD")),
    "links": LINKS,
    "links-empty": replace(LINKS, rows=(), has_links=False),
    "links-none-fits": replace(LINKS, rows=(), search="müller", status="active", pager=Pager()),
    "link-new": FORM,
    "link-new-errors": replace(FORM, values=LinkValues(use="limited", expires_on="2020-01-01", redirect_url="javascript:x"),
                               errors=FORM_ERRORS),
    "link-edit": replace(
        FORM, link_id="plink_1", action="/dashboard/links/plink_1/edit", version=2,
        values=LinkValues("Logo design, final invoice", "40.00", "USD", "Thank you!", due_on="2026-11-30", reference="2026-117"),
        problem="Someone saved a newer version of this link in the meantime. Please look at it before you save yours.",
    ),
    "link": LINK,
    "link-new-made": replace(
        LINK, shell=replace(SHELL, notice=Notice("done", "Your link is ready to be shared.")), payments=(), version=1,
        collected=Money(0, "USD"), payments_count=0, payments_max=1, note="", reference="", redirect_url=None,
        timeline=TIMELINE[-2:-1], payments_pager=Pager(), expires_at=None, open_sessions=0,
    ),
    "link-long": replace(
        LINK, shell=LONG_SHELL, description=LONG_TITLE, amount=HUGE, collected=HUGE, status="paused", payments_max=None,
        redirect_url="https://" + "x" * 180, reference="r" * 120,
        actions=replace(LINK.actions, may_pause=False, may_resume=True),
    ),
    "link-canceled": replace(
        LINK, status="canceled", actions=replace(LINK.actions, may_edit=False, may_pause=False, may_cancel=False)
    ),
    "payments": PaymentsPage(SHELL, LINK_TABS[:3], "", "", PAYMENTS, PAGER, has_payments=True),
    "payments-empty": PaymentsPage(SHELL, LINK_TABS[:3], "", "", (), Pager(), has_payments=False),
    "payments-none-fits": PaymentsPage(SHELL, LINK_TABS[:3], "failed", "", (), Pager(), has_payments=True),
    "payment": PAYMENT,
    "payment-errors": replace(
        PAYMENT, refunds=(), refunded=Money(0, "USD"), fee=None, status="captured",
        refund_form=replace(REFUND, left=Money(4_000, "USD"), kind="partial", amount="400",
                            errors={"amount": "At most $40.00 can be given back.", "note": "Please leave card numbers out."}),
    ),
    "payment-failed": replace(
        PAYMENT, status="failed", failure="The card has expired.", refunds=(), refund_form=None, ledger=(), captured_at=None,
        fee=None, refunded=Money(0, "USD"), net=Money(0, "USD"), payer_email=None, payer_name=None, method=None,
    ),
    "payment-review": replace(
        PAYMENT, shell=LONG_SHELL, status="needs_review", amount=HUGE, net=HUGE, link_description=LONG_TITLE,
        payer_email=LONG_EMAIL,
        review="The gateway captured 4500 USD, the payer was shown 4000 USD.", is_surplus=True, refunds=(), refund_form=None,
    ),
    "books": BOOKS,
    "books-account": replace(BOOKS, account="sales", rows=()),
    "books-foreign": replace(BOOKS, to_decide=2),
    "books-empty": replace(BOOKS, balances=(), rows=(), pager=Pager()),
    "developers": DEVELOPERS,
    "developers-created": replace(DEVELOPERS, created_key=CreatedKey("Web shop", "lt_test_" + "9f3aKz" * 8)),
    "developers-empty": replace(DEVELOPERS, keys=(), endpoints=(), errors={"url": "The address must start with https://."}),
    "endpoint": ENDPOINT,
    "endpoint-created": replace(ENDPOINT, secret="whsec_" + "MfKQ9r8G" * 5, deliveries=(), is_enabled=False),
    "mails": MAILS,
    "mails-empty": replace(MAILS, rows=()),
    "mail": MAIL,
    "mail-text": replace(MAIL, html_url=None),
    "mail-failed": replace(MAIL, status="failed", error="The mail server said 550: No such person here", may_be_sent=True),
    "mails-server": replace(MAILS, has_server=True, rows=(
        *MAILS.rows, replace(MAILS.rows[0], status="sent"), replace(MAILS.rows[0], status="pending"))),
    "settings": SETTINGS,
    "settings-live": replace(SETTINGS, shell=LIVE_SHELL, gateway_name="Stripe, PayPal, Square"),
    "go-live": GO_LIVE,
    "go-live-opened": replace(GO_LIVE, shell=LIVE_SHELL, has=OPENED),
    "go-live-from-test": replace(GO_LIVE, shell=replace(LONG_SHELL, has_live=True), has=READY),
    "home-live": replace(HOME, shell=LIVE_SHELL),
    "home-live-first": replace(FIRST, shell=LIVE_SHELL, test_number="", tasks=(Task("gateway", 1, "/dashboard/gateways"),)),
    "home-test-of-two": replace(HOME, shell=replace(SHELL, has_live=True)),
    "settings-smtp": replace(SETTINGS, mail=MailSettings("smtp.example.com:587", "pay@studio-nord.example"),
                             errors={"contact_email": "This does not look like an e-mail address."}),
    "stuck": STUCK,
    "stuck-empty": replace(STUCK, rows=(), more=0),
    "problem-404": ProblemPage("en", SHELL, "not_found", None, None, "/dashboard"),
    "problem-in-live": ProblemPage("en", replace(SHELL, has_live=True), "in_other_books", None, None, "/dashboard/links",
                                   switch_next="/dashboard/links/plink_1"),
    "problem-in-test": ProblemPage("en", LIVE_SHELL, "in_other_books", None, None, "/dashboard/links",
                                   switch_next="/dashboard/links/plink_1"),
    "problem-form-of-test": ProblemPage("en", LIVE_SHELL, "other_books_form", None, None, "/dashboard",
                                        switch_next="/dashboard/links/new"),
    "problem-gate": ProblemPage("en", None, "stale_form", None, None, "/sign-in", "Sign in"),
    "problem-broken": ProblemPage("en", SHELL, "broken", None, "req_" + ID, "/dashboard"),
    "problem-conflict": ProblemPage("en", SHELL, "conflict", "A link that is canceled cannot become active.", None, "/dashboard"),
    "problem-forbidden": ProblemPage("en", SHELL, "forbidden", None, None, "/dashboard"),
    "problem-too-many": ProblemPage("en", None, "too_many", None, None, "/sign-in"),
    "problem-unavailable": ProblemPage("en", None, "unavailable", None, None, "/dashboard"),
}  # fmt: skip
