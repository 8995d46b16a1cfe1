"""What a merchant is told of money that is held: that it waits for them, that it soon does not, and that it is gone."""

from linktill.core.capture import EXPIRED
from linktill.core.payment_attempt import PaymentAttempt
from linktill.flows.stories import Story
from linktill.flows.story_lines import about, payment_of, payment_url
from linktill.notify.letters import Line, News
from linktill.platform.language import format_day, format_money


def authorized(story: Story, base_url: str) -> News | None:
    """None for payments whose money is taken by itself, and where somebody has decided meanwhile."""
    attempt, _, link = payment_of(story)
    if not attempt.is_resting:
        return None
    amount = format_money(attempt.amount)
    return News(
        headline=f"{amount} is reserved for you",
        tone="wait",
        amount=attempt.amount,
        explanation="Nothing was taken yet. Capture it once you are ready, or let it go. What is not captured in time goes back "
        "to the payer by itself.",
        lines=about(story, _deadline(attempt)),
        subject=f"Authorized: {amount} for {link.terms.description}",
        action="Capture it, or let it go",
        action_url=payment_url(attempt, base_url),
    )


def ending(story: Story, base_url: str) -> News | None:
    """None where somebody has decided meanwhile."""
    attempt, _, link = payment_of(story)
    if not attempt.is_resting:
        return None
    amount = format_money(attempt.amount)
    return News(
        headline="An authorization ends soon",
        tone="bad",
        amount=attempt.amount,
        explanation="Capture it before then, or the payer has the money free again and you have nothing.",
        lines=about(story, _deadline(attempt)),
        subject=f"Ends soon: {amount} for {link.terms.description}",
        action="Capture it now",
        action_url=payment_url(attempt, base_url),
    )


def let_go(story: Story, base_url: str) -> News | None:
    """None for what somebody has let go, and for what was never held."""
    attempt, _, link = payment_of(story)
    if attempt.decline_code != EXPIRED:
        return None
    amount = format_money(attempt.amount)
    return News(
        headline="An authorization was not captured in time",
        tone="bad",
        amount=attempt.amount,
        explanation="The gateway let go of the money: nothing was charged, and nothing can be captured any more.",
        lines=about(story, _deadline(attempt)),
        subject=f"Not captured in time: {amount} for {link.terms.description}",
        action="Open the payment",
        action_url=payment_url(attempt, base_url),
    )


def _deadline(attempt: PaymentAttempt) -> Line | None:
    ends_at = attempt.capture_before
    return None if ends_at is None else Line("Capture before", f"the end of {format_day(ends_at)} (UTC)")
