"""What mails about a payment have in common."""

from linktill.core.checkout_session import CheckoutSession
from linktill.core.payment_attempt import PaymentAttempt
from linktill.core.payment_link import PaymentLink
from linktill.flows.stories import Story
from linktill.notify.letters import Line


def payment_of(story: Story) -> tuple[PaymentAttempt, CheckoutSession, PaymentLink]:
    """The payment that an event is about, and where it was begun."""
    assert story.attempt is not None, "the event is about a payment"
    assert story.session is not None, "a payment has a checkout session"
    assert story.link is not None, "links are never deleted"
    return story.attempt, story.session, story.link


def about(story: Story, *more: Line | None) -> tuple[Line, ...]:
    """What every mail about a payment says of it, and more."""
    attempt, session, link = payment_of(story)
    payer = ", ".join(word for word in (attempt.payer_name, attempt.payer_email) if word)
    found = (
        Line("For", session.description),
        Line("Reference", link.terms.reference) if link.terms.reference else None,
        Line("Paid by", payer) if payer else None,
        *more,
        Line("Payment", attempt.id),
    )
    return tuple(line for line in found if line is not None)


def payment_url(attempt: PaymentAttempt, base_url: str) -> str:
    """Its page in the dashboard."""
    return f"{base_url}/dashboard/payments/{attempt.id}"
