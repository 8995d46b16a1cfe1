"""Links that ask: the payer's page, the form, and the page of a payment with what was answered."""

from dataclasses import replace

from linktill.core.answers import Answer, ConsentGiven, Given, Typed
from linktill.core.asking import Asking, Collected, Condition, Consent, Kind, Option, Question, Standard
from linktill.core.money import Money
from linktill.core.origin import Origin
from linktill.core.payment_link import LinkTerms
from linktill.flows.asking_words import answer_lines, asking_words
from linktill.web.checkout.asking import questions
from linktill.web.dashboard.link_form.asking import values_of_asking
from linktill.web.dashboard.payment.told import told_panel
from linktill.web.look.look import View
from tests.web.look.checkout_samples import CLOSED, LINK, NOW, PAID, PAY
from tests.web.look.dashboard_samples import FORM, PAYMENT
from tests.web.look.dashboard_samples import LINK as LINK_PAGE

TERMS = "I agree to the terms of the studio, and that the work begins before my right to withdraw has ended."
ASKING = Asking(
    (
        Question(
            "cup", Kind.TEXT, "Name on the cup", "As it is printed, at most 20 characters.", True, 0, 20
        ),
        Question(
            "size", Kind.CHOICE, "Size", options=(Option("s", "Small, 200 ml"), Option("l", "Large, 400 ml"))
        ),
        Question("guests", Kind.INTEGER, "How many guests do you expect?", minimum="1", maximum="99"),
        Question("day", Kind.DATE, "When do you need it?", minimum="2027-01-01"),
        Question("words", Kind.LONG_TEXT, "Anything that we should know"),
        Question("gift", Kind.CHECKBOX, "It is a gift: leave out the bill"),
        Question("card", Kind.TEXT, "Words on the card", shown_if=Condition("gift", ("true",))),
    ),
    (
        Collected(Standard.NAME, is_required=True),
        Collected(Standard.PHONE, is_required=True),
        Collected(Standard.COMPANY),
        Collected(Standard.BILLING_ADDRESS, is_required=True),
        Collected(Standard.SHIPPING_ADDRESS),
    ),
    (
        Consent("terms", TERMS, "https://example.com/terms", "2026-11", "en"),
        Consent("news", "Send me news of the studio, a few times a year.", is_required=False),
    ),
)
FEW = Asking(
    (Question("class", Kind.TEXT, "Which class is your child in?", is_required=True),),
    consents=(Consent("photos", "My child may be seen in photographs of the fair.", is_required=False),),
)
TYPED = Typed(
    {
        "phone": "call me",
        "company": "Studio Nord",
        "billing_address.line1": "12 Main Street",
        "billing_address.city": "Springfield",
        "billing_address.country": "US",
        "cup": "A name that is far too long for a cup",
        "size": "l",
        "guests": "120",
        "words": "Please ring twice.",
        "gift": "yes",
    }
)
WRONG = {
    "name": "Write your name.",
    "answers.phone": "Write a phone number with digits, such as +1 555 010 9999.",
    "answers.billing_address.postal_code": "Fill this in: an address needs it.",
    "answers.billing_address.state": "Fill this in: an address needs it.",
    "answers.cup": "At most 20 characters.",
    "answers.guests": "At most 99.",
    "consents.terms": "Tick this box to go on.",
}
LONG = "Please ring twice.\nThe bell is " + "very " * 30 + "quiet."
GIVEN = Given(
    (
        Answer("phone", "Phone", Kind.PHONE, "+1 555 010 9999"),
        Answer("shipping_address.line1", "Street and number", Kind.TEXT, "12 Main Street"),
        Answer("shipping_address.city", "City", Kind.TEXT, "Springfield"),
        Answer("shipping_address.postal_code", "Postal code", Kind.TEXT, "62701"),
        Answer("shipping_address.country", "Country", Kind.COUNTRY, "US"),
        Answer("cup", "Name on the cup", Kind.TEXT, "Ada"),
        Answer(
            "words",
            "Anything that we should know",
            Kind.LONG_TEXT,
            LONG,
        ),
        Answer("gift", "It is a gift: leave out the bill", Kind.CHECKBOX, "true"),
    ),
    (
        ConsentGiven("terms", TERMS, "https://example.com/terms", "2026-11", "en", True, "9f" * 32, NOW),
        ConsentGiven(
            "news", "Send me news of the studio, a few times a year.", "", "", "", False, "07" * 32, NOW
        ),
    ),
    Origin("student-17", {"utm_source": "newsletter", "utm_campaign": "autumn"}, ("utm_campaign",), "x.y"),
)


def shown(asking: Asking, typed: Typed, **errors: str) -> View:
    """As `CheckoutPages.link_page` makes it."""
    return replace(
        LINK,
        pay=replace(
            PAY,
            questions=questions(LinkTerms(Money(4_000, "USD"), "", asking=asking), typed, "en"),
            errors=errors,
        ),
    )


ASKED: dict[str, View] = {
    "ask": shown(ASKING, Typed()),
    "ask-wrong": shown(ASKING, TYPED, **WRONG),
    "ask-little": shown(FEW, Typed()),
    "ask-signed": replace(LINK, pay=replace(PAY, email="anna@example.com", is_email_locked=True)),
    "signed-changed": replace(CLOSED, reason="signature_changed"),
    "signed-expired": replace(CLOSED, reason="signature_expired"),
    "ask-paid": replace(PAID, answers=answer_lines(GIVEN)),
}
ASKS: dict[str, View] = {
    "payment-told": replace(PAYMENT, told=told_panel(GIVEN, "en")),
    "link-asks": replace(LINK_PAGE, asking=asking_words(ASKING)),
    "link-new-asks": replace(FORM, values=replace(FORM.values, asking=values_of_asking(ASKING))),
    "link-new-asks-wrong": replace(
        FORM,
        values=replace(FORM.values, asking=values_of_asking(ASKING)),
        errors={
            "ask_1_label": "Say what you ask.",
            "ask_3_min": "Write a whole number, such as 18.",
            "consent_1_url": "Write an address that starts with https://.",
        },
    ),
}
