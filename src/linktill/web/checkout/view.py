"""What the payer's pages show. Each view names its template; nothing is decided here, and nothing is looked up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from linktill.core.bill import Bill
from linktill.core.money import Money
from linktill.gateways.own_page import OwnPage
from linktill.web.checkout.asking import Questions
from linktill.web.checkout.choices import Choosing
from linktill.web.checkout.language import SWITCH


@dataclass(frozen=True, slots=True)
class Payee:
    """What a payer may know of the merchant."""

    name: str
    contact_email: str | None
    """Where the payer can ask; also where reports go when `report_email` is None."""
    report_email: str | None = None
    """Who runs this installation and looks into reported links."""


@dataclass(frozen=True, slots=True)
class Way:
    """A gateway that the payer may choose, such as `paypal`, `PayPal`."""

    gateway: str
    label: str


@dataclass(frozen=True, slots=True)
class PayForm:
    """The form with the Pay button. Posts `submit_token, version, amount_minor, currency, email, name`, where there are several
    ways to pay `gateway`, and after a changed price `price_agreed` = `yes`.
    """

    action: str
    """`/p/{slug}/pay`."""
    submit_token: str
    version: int
    """The version of the link that is shown; a Pay press with an older one is asked to confirm again."""
    amount: Money
    """What is shown and will be charged."""
    email: str = ""
    name: str = ""
    offers: Sequence[Way] = ()
    """Ways to pay, the merchant's favorite first. Of one there is nothing to choose."""
    chosen: str = ""
    """The gateway that is ticked."""
    choosing: Choosing | None = None
    """What is asked beside that, of a link that has more than a price. Then `update` = `yes` shows what it comes to."""
    kept: Sequence[tuple[str, str]] = ()
    """What was chosen and answered, for a form that does not ask: field and value."""
    carried: Sequence[tuple[str, str]] = ()
    """What came with the link's address, which every form takes on."""
    questions: Questions | None = None
    """What the link asks beside that."""
    is_email_locked: bool = False
    """The merchant has signed it: it is shown, and cannot be changed."""
    is_held: bool = False
    """Is the amount only reserved, for the merchant to take it later?"""
    currencies: Sequence[str] = ()
    """What else it can be paid in, `amount`'s among them: `pay_in` = one of them shows it in that. Empty: nothing else."""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    """Form field → what to mend, in a whole sentence."""

    @property
    def has_script(self) -> bool:
        """Does a script of ours show what follows from what the payer chooses or answers?"""
        return self.choosing is not None or (self.questions is not None and self.questions.has_conditions)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be raised, and what there is of it. `percent`: from 0 to 100."""

    raised: Money
    wanted: Money
    percent: int


@dataclass(frozen=True, slots=True)
class LinkPage:
    """The payment link, open and payable."""

    TEMPLATE: ClassVar[str] = "checkout/link.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    """The link's own absolute URL, for the report mail."""
    description: str
    note: str
    """The merchant's words to the payer, maybe empty; line breaks are kept."""
    due_at: int | None
    is_overdue: bool
    pay: PayForm
    bill: Bill | None = None
    """How the amount comes about, where there is more than a price."""
    goal: Goal | None = None
    price_before: Money | None = None
    """Set when the price changed since the page was opened: the payer must agree to the new one."""
    problem: str | None = None
    """Why the last press of Pay did not lead on (nothing was charged)."""
    is_updated: bool = False
    """The total follows the payer's choices, and is not what was shown when they pressed Pay."""
    is_preview: bool = False
    """In the dashboard's preview nothing can be pressed."""
    switch: str = SWITCH
    """Begins the address of this page in another language; empty: it cannot be changed here."""


@dataclass(frozen=True, slots=True)
class OwnPayPage:
    """The gateway's own fields on a page of ours: what is paid is paid there and then. Posts `k` to `turn_back_action`."""

    TEMPLATE: ClassVar[str] = "checkout/own_page.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    description: str
    amount: Money
    """What will be charged."""
    gateway: str
    """How people call it."""
    own_url: str
    """This page once more."""
    done_url: str
    """The payer's own page, which asks the gateway what became of it."""
    turn_back_action: str
    token: str
    fields: OwnPage | None
    """None: the gateway could not be asked for them."""
    switch: str = SWITCH


@dataclass(frozen=True, slots=True)
class PaidPage:
    """Paid: the payer's confirmation."""

    TEMPLATE: ClassVar[str] = "checkout/paid.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    description: str
    amount: Money
    paid_at: int
    payment_id: str
    method: str | None
    """`Visa ending in 4242`, as far as the gateway tells."""
    receipt_email: str | None
    refunded: Money | None = None
    """What has been given back since, if anything."""
    continue_url: str | None = None
    """Where the merchant wants the payer to go next (http or https only)."""
    answers: Sequence[tuple[str, str]] = ()
    """What the payer answered: label and words."""
    bill: Bill | None = None
    """How the amount came about, where there was more than a price."""
    switch: str = SWITCH
    pdf_url: str = ""
    """Of the receipt as PDF."""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """Paid or not is not known yet. `processing`: the bank has it, which takes days. `waiting`: seconds, the page asks again.
    `checking`: the answer got lost, we keep asking; the payer must not pay twice. `unfinished`: the gateway's page is still
    open, and nothing was heard of a payment. `held`: the amount is reserved, and the merchant takes it later.
    """

    TEMPLATE: ClassVar[str] = "checkout/waiting.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    kind: Literal["processing", "waiting", "checking", "unfinished", "held"]
    description: str
    amount: Money
    payment_id: str
    refresh_url: str
    refresh_s: int
    receipt_email: str | None
    pay: PayForm | None = None
    """Leads back to the gateway's page, for `unfinished`."""
    turn_back_action: str = ""
    token: str = ""
    """Where `unfinished` posts `k`, the token, to stop."""
    switch: str = SWITCH

    @property
    def refresh_header(self) -> str:
        """The response's `Refresh` header, by which the page asks again without a script.

        Not a `meta` element: axe holds any of those against a page, and here there is nothing on it to be lost.
        """
        return f"{self.refresh_s};url={self.refresh_url}"


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """How to pay by bank transfer, in cash or by check: a page to keep, to print, to pay from. Posts `k` to `leave_action`.

    Empty text: there is none. Without transfer details, cash and check it says to ask the merchant.
    """

    TEMPLATE: ClassVar[str] = "checkout/offline.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    description: str
    amount: Money
    received: Money
    """What has come so far."""
    missing: Money
    """What is to be paid now."""
    reference: str
    """In groups of four."""
    reference_plain: str
    holder: str
    iban: str
    """In groups of four."""
    bic: str
    bank_details: str
    takes_cash: bool
    cash_words: str
    takes_check: bool
    check_words: str
    qr_size: int
    qr_path: str
    """The outline of an EPC QR code, empty where there is none."""
    pay_by: int | None
    """None where money came already: then it waits for the rest."""
    payment_id: str
    own_url: str
    """The absolute address of this page, for the payer to keep."""
    leave_action: str
    token: str
    switch: str = SWITCH

    @property
    def has_transfer(self) -> bool:
        """Is there an account to transfer to?"""
        return bool(self.iban or self.bank_details)


@dataclass(frozen=True, slots=True)
class NotPaidPage:
    """The payment did not happen. The reason is not told here: a thief would learn from it (DA06)."""

    TEMPLATE: ClassVar[str] = "checkout/not_paid.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    kind: Literal["declined", "canceled", "expired", "let_go"]
    """The bank said no, the payer turned back, the payment page was left for too long, or what was reserved was let go."""
    description: str
    amount: Money
    pay: PayForm | None
    """None where the link is not payable any more."""
    switch: str = SWITCH


@dataclass(frozen=True, slots=True)
class SurplusPage:
    """The payer paid what someone else had paid before: the money goes back, or its merchant decides."""

    TEMPLATE: ClassVar[str] = "checkout/surplus.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    description: str
    amount: Money
    payment_id: str
    fate: Literal["going_back", "refunded", "undecided", "kept"]
    switch: str = SWITCH


@dataclass(frozen=True, slots=True)
class AskForm:
    """Asks for a new link, or to be told when there is more. Posts `email, name, message`."""

    action: str
    """`/p/{slug}/request`."""
    email: str = ""
    name: str = ""
    message: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    problem: str = ""
    is_noted: bool = False
    """It was asked: there is nothing left to fill in."""
    language: str = ""
    """What the payer chose to read; empty: nothing."""


@dataclass(frozen=True, slots=True)
class ClosedPage:
    """A link that cannot be paid now, with the next best step."""

    TEMPLATE: ClassVar[str] = "checkout/closed.html"

    lang: str
    payee: Payee
    is_test: bool
    url: str
    reason: Literal[
        "paid",
        "expired",
        "canceled",
        "archived",
        "paused",
        "not_yet_open",
        "sold_out",
        "in_progress",
        "unavailable",
        "signature_changed",
        "signature_expired",
    ]
    """`in_progress`: someone is paying this single-use link right now. `unavailable`: the gateway cannot be used now."""
    description: str
    closed_message: str = ""
    """The merchant's own words, shown instead of ours."""
    ask: AskForm | None = None
    """None: it takes no requests."""
    opens_at: int | None = None
    """Known for `not_yet_open`."""
    closed_at: int | None = None
    """When it was paid or expired, where known."""
    retry: PayForm | None = None
    """Set when Pay was pressed: sends what was typed once more, should the link be open again by then."""
    switch: str = SWITCH


@dataclass(frozen=True, slots=True)
class UnknownLinkPage:
    """No such link (404)."""

    TEMPLATE: ClassVar[str] = "checkout/unknown.html"

    lang: str
    switch: str = SWITCH


@dataclass(frozen=True, slots=True)
class TroublePage:
    """Something is broken on our side or too much is asked (500, 503, 429): nothing was charged by this request."""

    TEMPLATE: ClassVar[str] = "checkout/trouble.html"

    lang: str
    status: int
    retry_url: str | None
    request_id: str | None
    switch: str = SWITCH
