"""The part of a payment's page that is about held money: until when, what was decided, and the two buttons."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.capture import Verdict
from linktill.core.ids import AttemptId
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.flows.capture_payment import decide_now
from linktill.web.answer import Answer
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.rows import failure_words, who
from linktill.web.form import Form

_NOTICES: Final[Mapping[tuple[Verdict, AttemptStatus], str]] = {
    (Verdict.CAPTURE, AttemptStatus.CAPTURED): "payment_captured",
    (Verdict.CAPTURE, AttemptStatus.AUTHORIZED): "capture_asked",
    (Verdict.VOID, AttemptStatus.CANCELED): "payment_voided",
    (Verdict.VOID, AttemptStatus.AUTHORIZED): "void_asked",
}


@dataclass(frozen=True, slots=True)
class HeldPanel:
    """What is shown of a payment that is captured by hand. Posts `csrf_token` to `…/capture` and `…/void`."""

    is_held: bool
    capture_before: int | None
    asked: str | None
    """`capture` or `void`, where somebody has asked for it."""
    asked_at: int | None
    asked_by: str | None
    ended: str | None
    """Why it came to nothing, in words."""


def held_panel(attempt: PaymentAttempt, people: Mapping[str, str]) -> HeldPanel | None:
    """None where the money is taken by itself, and before anything was held."""
    if not attempt.is_manual or (attempt.capture_before is None and not attempt.is_held):
        return None
    decision = attempt.decision
    return HeldPanel(
        is_held=attempt.is_held,
        capture_before=attempt.capture_before,
        asked=None if decision is None else decision.verdict.value,
        asked_at=None if decision is None else decision.at,
        asked_by=None if decision is None else who(decision.by, people),
        ended=failure_words(attempt.decline_code) if attempt.status is AttemptStatus.CANCELED else None,
    )


def held_routes(
    desk: Desk, path: str, lead_back: Callable[[Visitor], Coroutine[Any, Any, Answer]]
) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    one = f"{path}/{{id:str}}"
    return (
        desk.page(f"{one}/capture", lead_back),
        desk.form(f"{one}/capture", partial(_decide, desk, path, Verdict.CAPTURE)),
        desk.page(f"{one}/void", lead_back),
        desk.form(f"{one}/void", partial(_decide, desk, path, Verdict.VOID)),
    )


async def _decide(desk: Desk, path: str, verdict: Verdict, visitor: Visitor, _form: Form) -> Answer:
    payment_id = AttemptId(visitor.id(prefixes.ATTEMPT))
    attempt = await decide_now(desk.services, visitor.merchant_id, payment_id, verdict, by=visitor.by)
    # Otherwise the gateway has told something else: the page shows it.
    notice = _NOTICES.get((verdict, attempt.status), "payment_decided_otherwise")
    return desk.done(f"{path}/{payment_id}", notice)
