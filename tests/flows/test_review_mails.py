"""What a person must look at is told by mail, in words that are true of it."""

import pytest

from linktill.core.dispute_answer import AnswerStatus, Verdict
from linktill.core.payment_attempt import AttemptFact, FactKind, PaymentAttempt
from linktill.core.refund import RefundFact, RefundFactKind
from linktill.flows import send_answers
from linktill.flows.apply_fact import apply_fact, call_person
from linktill.flows.refund_payment import apply_refund_fact, refund_payment
from linktill.flows.services import moment_of
from tests.flows.answering import disputed, turns
from tests.flows.telling import Telling
from tests.make import usd


async def alert(telling: Telling, subject: str) -> str:
    await telling.deliver()
    [found] = [mail for mail in await telling.mails() if mail.subject.startswith(subject)]
    assert found.recipient == "alerts@example.com"
    return found.text


async def contradict(telling: Telling, attempt: PaymentAttempt) -> None:
    shop = telling.shop
    wrong = AttemptFact(FactKind.CAPTURED, "sbpay_another", attempt.id, usd(4_000))
    await shop.services.database.run(apply_fact, moment_of(shop.services), shop.id, attempt.id, wrong)


async def test_a_frozen_payment_is_on_hold(telling: Telling) -> None:
    shop = telling.shop
    await contradict(
        telling, await shop.attempt((await shop.press_pay(await shop.link())).session.attempt_id)
    )
    assert "nothing moves until you decide" in await alert(telling, "Needs you")


async def test_a_contradicted_payment_stays_in_the_books(telling: Telling) -> None:
    shop = telling.shop
    await contradict(telling, await shop.pay(await shop.link()))
    text = await alert(telling, "Needs you")
    assert "What is in your books stays there" in text
    assert "on hold" not in text


async def test_a_payment_without_an_answer_is_asked_for_on(telling: Telling) -> None:
    shop = telling.shop
    attempt_id = (await shop.press_pay(await shop.link())).session.attempt_id
    moment, database = moment_of(shop.services), shop.services.database
    for _ in range(2):
        await database.run(call_person, moment, shop.id, attempt_id, "The gateway gives no answer.")
    text = await alert(telling, "Needs you")
    assert "The gateway gives no answer. Linktill keeps asking." in " ".join(text.split())


@pytest.mark.parametrize("code", ["not_found", None])
async def test_gf15_a_refund_in_doubt_is_told(telling: Telling, code: str | None) -> None:
    shop = telling.shop
    payment = await shop.pay(await shop.link())
    refund = await refund_payment(shop.services, shop.id, payment.id, amount_minor=1_000)
    fact = RefundFact(RefundFactKind.UNKNOWN, failure_code=code)
    for _ in range(2):
        await shop.services.database.run(
            apply_refund_fact, moment_of(shop.services), shop.id, refund.id, fact
        )
    text = await alert(telling, "Refund in doubt: $10.00")
    assert ("not found" in text) is (code is not None)


@pytest.mark.parametrize("status", [AnswerStatus.REFUSED, AnswerStatus.UNKNOWN])
async def test_an_answer_to_a_dispute_that_did_not_arrive_is_told(
    telling: Telling, status: AnswerStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await disputed(telling.shop)
    await case.draft()
    await case.submit()
    monkeypatch.setattr(send_answers, "verdict", lambda *_: Verdict(status, "not_seen"))
    await turns(telling.shop)
    words = "not taken" if status is AnswerStatus.REFUSED else "in doubt"
    text = await alert(telling, f"Answer to a dispute {words}: A bicycle repair")
    assert f"/dashboard/disputes/{(await case.dispute()).id}" in text
    assert "the gateway does not show it" in " ".join(text.split())
