"""One or more samples of every page that a payer sees, extremes included."""

from dataclasses import replace

from linktill.core.money import Money
from linktill.gateways.own_page import OwnPage
from linktill.web.checkout.qr import qr_code
from linktill.web.checkout.view import (
    ClosedPage,
    LinkPage,
    NotPaidPage,
    OfflinePage,
    OwnPayPage,
    PaidPage,
    Payee,
    PayForm,
    SurplusPage,
    TroublePage,
    UnknownLinkPage,
    WaitingPage,
    Way,
)
from linktill.web.look.look import View

NOW = 1_795_343_100_000_000  # 2026-11-22 10:25 UTC
DAY = 86_400_000_000
URL = "https://pay.studio-nord.example/p/9f3ka2m8"
PAYEE = Payee("Studio Nord", "hello@studio-nord.example", None)
LONG_TITLE = (
    "Complete renewal of the visual identity including logo, stationery, signs for three shops, a guide of 64 pages, "
    "photographs of all products and two rounds of changes, as agreed on the 3rd of November"
)
LONG_EMAIL = "maximiliane.hohenlohe-schillingsfuerst.accounting@subsidiary.international-holdings.example"

WAYS = (Way("stripe", "Stripe"), Way("paypal", "PayPal"), Way("square", "Square"))
PAY = PayForm(
    "/p/9f3ka2m8/pay", "tok_1", 3, Money(4_000, "USD"), offers=(Way("sandbox", "Sandbox"),), chosen="sandbox"
)
PAY_HOW = replace(PAY, offers=WAYS, chosen="stripe")
LINK = LinkPage(
    lang="en",
    payee=PAYEE,
    is_test=True,
    url=URL,
    description="Logo design, final invoice",
    note="Hi Anna,\nthank you for the lovely project. All files are in your folder.",
    due_at=NOW + 8 * DAY,
    is_overdue=False,
    pay=PAY,
)
OWN_FIELDS = OwnPage(
    module="stripe_elements.js", script_url="https://js.stripe.com/endive/stripe.js", publishable_key="pk_test_1",
    client_secret="cs_1_secret_1", asks_email=False, script_sources=("https://js.stripe.com", "https://*.js.stripe.com"),
    frame_sources=("https://js.stripe.com",), connect_sources=("https://api.stripe.com",),
)  # fmt: skip
OWN_PAGE = OwnPayPage(
    lang="en", payee=PAYEE, is_test=True, url=URL, description="Logo design, final invoice", amount=Money(4_000, "USD"),
    gateway="Stripe", own_url="/p/9f3ka2m8/checkout/cs_1/pay?k=secret", done_url="/p/9f3ka2m8/checkout/cs_1?k=secret",
    turn_back_action="/p/9f3ka2m8/checkout/cs_1/turn_back", token="secret",
    fields=OWN_FIELDS,
)  # fmt: skip
PAID = PaidPage(
    lang="en", payee=PAYEE, is_test=True, url=URL, description="Logo design, final invoice", amount=Money(4_000, "USD"),
    paid_at=NOW, payment_id="pay_01k9w3n8x2e7v5t4r6q1z0y8ab", method="Visa •••• 4242", receipt_email="anna@example.com",
    pdf_url=f"{URL}/checkout/cs_1/receipt.pdf?k=secret",
)  # fmt: skip
WAITING = WaitingPage(
    lang="en", payee=PAYEE, is_test=True, url=URL, kind="waiting", description="Logo design, final invoice",
    amount=Money(4_000, "USD"), payment_id=PAID.payment_id, refresh_url="/c/cs_1?k=secret", refresh_s=3, receipt_email=None,
)  # fmt: skip
_CODE = qr_code(
    "BCD\n002\n1\nSCT\nCOBADEFFXXX\nStudio Nord GmbH\nDE89370400440532013000\nEUR40.00\n\nRF67DZXB9T9AKKTK"
)
OFFLINE = OfflinePage(
    lang="en", payee=PAYEE, is_test=False, url=URL, description="Logo design, final invoice", amount=Money(4_000, "EUR"),
    received=Money(0, "EUR"), missing=Money(4_000, "EUR"), reference="RF67 DZXB 9T9A KKTK", reference_plain="RF67DZXB9T9AKKTK",
    holder="Studio Nord GmbH", iban="DE89 3704 0044 0532 0130 00", bic="COBADEFFXXX", bank_details="", takes_cash=False,
    cash_words="", takes_check=False, check_words="", qr_size=_CODE.size, qr_path=_CODE.path, pay_by=NOW + 14 * DAY,
    payment_id=PAID.payment_id, own_url=f"{URL}/checkout/cs_1?k=secret", leave_action="/p/9f3ka2m8/checkout/cs_1/leave",
    token="secret",
)  # fmt: skip
NOT_PAID = NotPaidPage(
    lang="en", payee=PAYEE, is_test=True, url=URL, kind="declined", description="Logo design, final invoice",
    amount=Money(4_000, "USD"), pay=PAY,
)  # fmt: skip
SURPLUS = SurplusPage(
    lang="en", payee=PAYEE, is_test=True, url=URL, description="Logo design, final invoice", amount=Money(4_000, "USD"),
    payment_id=PAID.payment_id, fate="going_back",
)  # fmt: skip
CLOSED = ClosedPage(
    lang="en",
    payee=PAYEE,
    is_test=True,
    url=URL,
    reason="paid",
    description="Logo design, final invoice",
    closed_at=NOW,
)

CHECKOUT: dict[str, View] = {
    "link": LINK,
    "link-plain": replace(LINK, is_test=False, note="", due_at=None),
    "link-long": replace(
        LINK,
        payee=Payee(
            "Hohenlohe-Schillingsfürst International Holdings & Daughters (Accounting) Ltd.",
            LONG_EMAIL,
            LONG_EMAIL,
        ),
        description=LONG_TITLE,
        is_overdue=True,
        due_at=NOW - 9 * DAY,
        pay=replace(PAY, amount=Money(999_999_999_99, "USD"), email=LONG_EMAIL),
    ),
    "link-errors": replace(
        LINK,
        pay=replace(
            PAY,
            email="anna(at)example",
            errors={
                "email": "This does not look like an e-mail address.",
                "name": "Please leave card numbers out of this.",
            },
        ),
    ),
    "link-price-changed": replace(
        LINK,
        price_before=Money(4_000, "USD"),
        pay=replace(
            PAY, amount=Money(4_500, "USD"), errors={"price_agreed": "Please agree to the new price first."}
        ),
    ),
    "link-problem": replace(LINK, problem="Sandbox does not answer right now. Please try again in a minute."),
    "link-several-ways": replace(LINK, pay=PAY_HOW),
    "link-way-gone": replace(
        LINK,
        pay=replace(
            PAY_HOW, errors={"gateway": "This way to pay is not offered any more. Choose another one."}
        ),
    ),
    "link-offline": replace(
        LINK, pay=replace(PAY, offers=(Way("offline", "Bank transfer, cash or check"),), chosen="offline")
    ),
    "link-no-way": replace(LINK, pay=replace(PAY, offers=())),
    "link-preview": replace(LINK, is_preview=True),
    "link-german-yen": replace(LINK, lang="de", pay=replace(PAY, amount=Money(1_250_000, "JPY"))),
    "own-page": OWN_PAGE,
    "own-page-email": replace(
        OWN_PAGE,
        is_test=False,
        description=LONG_TITLE,
        amount=Money(999_999_999_99, "USD"),
        fields=replace(OWN_FIELDS, asks_email=True),
    ),
    "own-page-unreachable": replace(OWN_PAGE, fields=None),
    "paid": replace(PAID, continue_url="https://studio-nord.example/thanks"),
    "paid-long": replace(
        PAID,
        description=LONG_TITLE,
        amount=Money(999_999_999_99, "USD"),
        receipt_email=LONG_EMAIL,
        refunded=Money(1_00, "USD"),
    ),
    "paid-no-mail": replace(PAID, receipt_email=None, method=None, is_test=False),
    "waiting": WAITING,
    "waiting-bank": replace(WAITING, kind="processing", refresh_s=30, receipt_email="anna@example.com"),
    "waiting-checking": replace(WAITING, kind="checking", refresh_s=15),
    "waiting-unfinished": replace(WAITING, kind="unfinished", pay=replace(PAY, email="anna@example.com")),
    "offline": OFFLINE,
    "offline-all": replace(
        OFFLINE,
        is_test=True,
        description=LONG_TITLE,
        takes_cash=True,
        takes_check=True,
        check_words="Made out to Studio Nord GmbH, sent to:\nStudio Nord\n12 Long Street\nHamburg",
    ),
    "offline-in-part": replace(
        OFFLINE, received=Money(1_500, "EUR"), missing=Money(2_500, "EUR"), pay_by=None, bic=""
    ),
    "offline-no-iban": replace(
        OFFLINE,
        amount=Money(999_999_999_99, "USD"),
        missing=Money(999_999_999_99, "USD"),
        received=Money(0, "USD"),
        holder="",
        iban="",
        bic="",
        qr_size=0,
        qr_path="",
        bank_details="Bank of Example\nRouting number 021000021\nAccount 000123456789",
        takes_cash=True,
        cash_words="At the shop, Monday to Friday, 9 to 17.",
    ),
    "offline-nothing": replace(OFFLINE, holder="", iban="", bic="", qr_size=0, qr_path=""),
    "not-paid-declined": NOT_PAID,
    "not-paid-several-ways": replace(NOT_PAID, pay=PAY_HOW),
    "not-paid-canceled": replace(NOT_PAID, kind="canceled"),
    "not-paid-expired": replace(NOT_PAID, kind="expired", pay=None),
    "surplus": SURPLUS,
    "surplus-refunded": replace(SURPLUS, fate="refunded"),
    "surplus-undecided": replace(SURPLUS, fate="undecided"),
    "surplus-kept": replace(SURPLUS, fate="kept"),
    "closed-paid": CLOSED,
    "closed-expired": replace(CLOSED, reason="expired"),
    "closed-expired-retry": replace(CLOSED, reason="expired", retry=replace(PAY, name="Anna <i>")),
    "closed-in-progress-retry": replace(CLOSED, reason="in_progress", retry=PAY),
    "closed-archived": replace(CLOSED, reason="archived"),
    "closed-canceled": replace(
        CLOSED, reason="canceled", closed_message="We moved: please write to us for a new invoice."
    ),
    "closed-paused": replace(CLOSED, reason="paused", closed_at=None),
    "closed-not-yet": replace(CLOSED, reason="not_yet_open", opens_at=NOW + 3 * DAY),
    "closed-sold-out": replace(CLOSED, reason="sold_out", description=LONG_TITLE),
    "closed-in-progress": replace(CLOSED, reason="in_progress"),
    "closed-unavailable": replace(CLOSED, reason="unavailable"),
    "unknown": UnknownLinkPage("en"),
    "trouble-500": TroublePage("en", 500, "/p/9f3ka2m8", "req_01k9w3n8x2e7v5t4r6q1z0y8ab"),
    "trouble-503": TroublePage("en", 503, "/p/9f3ka2m8", None),
    "trouble-429": TroublePage("en", 429, None, None),
}
