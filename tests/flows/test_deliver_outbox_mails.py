"""Mails: who gets which, and what becomes of those that a mail server does not take."""

from dataclasses import replace

import pytest
from sqlalchemy import bindparam, update

from linktill.core.answers import Typed
from linktill.core.asking import Asking, Kind, Question
from linktill.core.errors import NotFound, TransitionRefused
from linktill.core.payment_attempt import AttemptFact, AttemptStatus, FactKind
from linktill.core.payout import PayoutFact, PayoutFactKind
from linktill.core.pricing import Item, Pricing, Tax
from linktill.flows import manage_mails
from linktill.flows.answers_given import Told
from linktill.flows.apply_fact import apply_fact
from linktill.flows.compare_now import compare_now
from linktill.flows.park_foreign import park_foreign
from linktill.flows.record_payout import apply_payout_fact
from linktill.flows.refund_payment import refund_payment
from linktill.flows.services import moment_of
from linktill.flows.take_turn import GIVE_UP_US, Channels
from linktill.gateways.pages import Page
from linktill.gateways.sandbox import SandboxGateway
from linktill.notify.mail import SmtpServer
from linktill.notify.smtp import SmtpMailer
from linktill.storage.database import Tx
from linktill.storage.statements import compiled
from linktill.storage.tables import payment_attempt
from tests.flows.telling import Telling
from tests.make import BASE_URL, usd
from tests.notify.receivers import closed_port, plain, postbox


async def statuses(telling: Telling) -> list[tuple[str, str]]:
    return sorted((mail.template, mail.status) for mail in await telling.mails())


def unreachable(channels: Channels) -> Channels:
    server = SmtpServer("127.0.0.1", closed_port(), "if_offered", None, None, "till@shop.example")
    return replace(channels, mailer=SmtpMailer(server))


async def test_a_mail_that_is_put_off_goes_out_later_as_the_same_mail(telling: Telling) -> None:
    async with postbox("451 Come back later", "451 Come back later", "250 OK") as server:
        telling.with_mail(server)
        await telling.shop.pay(await telling.shop.link())
        await telling.deliver()
        assert server.mails == []
        assert await statuses(telling) == [("alert", "pending"), ("receipt", "pending")]
        written = {mail.recipient: mail for mail in await telling.mails()}
        assert "The mail server said 451" in (written["ada@example.com"].last_error or "")
        await telling.pass_time(61)
        await telling.deliver()
        [receipt] = server.to("ada@example.com")
        assert receipt["Message-ID"] == f"<{written['ada@example.com'].id}@shop.example>"
        assert await statuses(telling) == [("alert", "sent"), ("receipt", "sent")]
    assert await telling.outbox_rows() == 0


async def test_a_mail_that_is_refused_is_kept_as_failed_and_the_others_go_out(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    async with postbox() as server:
        server.refused.add("ada@example.com")
        telling.with_mail(server)
        await telling.shop.pay(await telling.shop.link())
        await telling.deliver()
        assert await statuses(telling) == [("alert", "sent"), ("receipt", "failed")]
        [failed] = [mail for mail in await telling.mails() if mail.status == "failed"]
        assert failed.last_error == "The mail server said 550: No such person here"
        assert await telling.outbox_rows() == 0
        server.refused.clear()
        pending = await manage_mails.send_again(services, shop.id, failed.id)
        assert pending.status == "pending"
        await telling.deliver()
        assert len(server.to("ada@example.com")) == 1
        assert await statuses(telling) == [("alert", "sent"), ("receipt", "sent")]
        with pytest.raises(TransitionRefused):
            await manage_mails.send_again(services, shop.id, failed.id)
        with pytest.raises(NotFound):
            await manage_mails.send_again(services, shop.id, "mail_none")
        assert await telling.outbox_rows() == 0


async def test_an_unreachable_mail_server_keeps_mails_for_three_days(telling: Telling) -> None:
    telling.channels = unreachable(telling.channels)
    await telling.shop.pay(await telling.shop.link())
    await telling.deliver()
    assert await statuses(telling) == [("alert", "pending"), ("receipt", "pending")]
    [first, _] = await telling.mails()
    assert first.last_error is not None
    assert first.last_error.startswith("No connection to the mail server")
    await telling.pass_time(GIVE_UP_US / 1e6 - 60)
    await telling.deliver()
    assert await statuses(telling) == [("alert", "pending"), ("receipt", "pending")]
    await telling.pass_time(43_200 * 1.2)
    await telling.deliver()
    assert await statuses(telling) == [("alert", "failed"), ("receipt", "failed")]


async def test_mails_wait_for_nobody_whose_server_was_taken_away(telling: Telling) -> None:
    telling.channels = unreachable(telling.channels)
    await telling.shop.pay(await telling.shop.link())
    await telling.deliver()
    telling.channels = replace(telling.channels, mailer=None)
    await telling.pass_time(61)
    await telling.deliver()
    assert await statuses(telling) == [("alert", "kept"), ("receipt", "kept")]
    assert await telling.outbox_rows() == 0


async def test_a_receipt_tells_what_was_chosen(telling: Telling) -> None:
    pricing = Pricing((Item("Cake", 3_000, 2, 1, 5),), taxes=(Tax("VAT", 200_000),))
    await telling.shop.pay(await telling.shop.link(pricing=pricing))
    await telling.deliver()
    alert, receipt = sorted(await telling.mails(), key=lambda mail: mail.template)
    for words in ("Cake × 2: $60.00", "VAT 20%: $12.00", "Total: $72.00"):
        assert words in receipt.text
    assert "2 ×: Cake" in alert.text


async def test_mails_tell_what_was_answered(telling: Telling) -> None:
    asking = Asking(
        (Question("cup", Kind.TEXT, "Name on the cup"), Question("gift", Kind.CHECKBOX, "A gift"))
    )
    shop, told = telling.shop, Told(Typed({"cup": "Ada\nPayment: forged"}))
    result = await shop.press_pay(await shop.link(asking=asking), told=told)
    await shop.fill_card(result)
    await shop.deliver()
    await telling.deliver()
    for mail in await telling.mails():
        assert "Name on the cup: AdaPayment: forged" in mail.text
        assert "A gift: No" in mail.text


async def test_a_payer_without_an_address_gets_no_receipt(telling: Telling) -> None:
    link = await telling.shop.link()
    result = await telling.shop.press_pay(link)
    await telling.database.run(_forget_address, result.session.attempt_id, telling)
    await telling.shop.fill_card(result)
    await telling.shop.deliver()
    await telling.deliver()
    assert await statuses(telling) == [("alert", "kept")]


_NO_ADDRESS = compiled(
    update(payment_attempt)
    .where(
        payment_attempt.c.merchant_id == bindparam("merchant_id"),
        payment_attempt.c.id == bindparam("attempt_id"),
    )
    .values(payer_email=None)
)


async def _forget_address(tx: Tx, attempt_id: str, telling: Telling) -> None:
    await tx.run(_NO_ADDRESS, merchant_id=telling.shop.id, attempt_id=attempt_id)


async def test_a_surplus_payment_is_no_receipt_but_news_and_a_refund(telling: Telling) -> None:
    shop = telling.shop
    link = await shop.link()
    result = await shop.press_pay(link, "1")
    failed = AttemptFact(FactKind.FAILED)
    moment = moment_of(shop.services)
    await shop.services.database.run(apply_fact, moment, shop.id, result.session.attempt_id, failed)
    await shop.pay(link, "2")
    await shop.fill_card(result)
    await shop.deliver()
    await shop.poll()
    await telling.deliver()
    subjects = sorted((mail.template, mail.subject) for mail in await telling.mails())
    assert subjects == [
        ("alert", "Paid once too often: $40.00 for A bicycle repair"),
        ("alert", "Paid: $40.00 for A bicycle repair"),
        ("receipt", "Receipt from Bea's Bikes: $40.00"),
        ("refund", "Refund from Bea's Bikes: $40.00"),
    ]


async def test_a_partial_refund_is_told_to_the_payer(telling: Telling) -> None:
    shop = telling.shop
    async with postbox() as server:
        telling.with_mail(server)
        payment = await shop.pay(await shop.link())
        await refund_payment(shop.services, shop.id, payment.id, amount_minor=1_500, note="A wheel less")
        await shop.poll()
        await telling.deliver()
        [_, refund] = sorted(server.to("ada@example.com"), key=lambda mail: str(mail["Subject"]))
        assert refund["Subject"] == "Refund from Bea's Bikes: $15.00"
        assert "You had paid: $40.00" in plain(refund)
        assert "A wheel less" not in plain(refund), "the note is the merchant's own"


async def test_odd_money_is_told_to_the_merchant_alone(telling: Telling) -> None:
    shop = telling.shop
    link = await shop.link()
    result = await shop.press_pay(link)
    attempt = await shop.attempt(result.session.attempt_id)
    wrong = AttemptFact(FactKind.CAPTURED, attempt.gateway_ref, attempt.id, usd(9_999))
    moment = moment_of(shop.services)
    held = await shop.services.database.run(apply_fact, moment, shop.id, result.session.attempt_id, wrong)
    assert held.status is AttemptStatus.NEEDS_REVIEW

    async def park(tx: Tx) -> None:
        await park_foreign(
            tx,
            moment_of(shop.services),
            shop.id,
            shop.account.id,
            ref="pi_9",
            status="captured",
            amount=usd(5),
        )

    await telling.database.run(park)
    await telling.deliver()
    found = {mail.subject: mail for mail in await telling.mails()}
    assert set(found) == {
        "Needs you: payment of $40.00 for A bicycle repair",
        "Your gateway has a payment that Linktill did not start",
    }
    assert {mail.recipient for mail in found.values()} == {"alerts@example.com"}
    held_text = found["Needs you: payment of $40.00 for A bicycle repair"].text
    assert "The gateway captured 99.99 USD, the payer was shown 40.00 USD." in held_text
    assert "pi_9" in found["Your gateway has a payment that Linktill did not start"].text


async def test_a_dispute_and_a_failed_refund_are_told_to_the_merchant(telling: Telling) -> None:
    shop = telling.shop
    disputed = await shop.pay(await shop.link(), card="dispute_lost")
    await shop.later(3600)
    await shop.deliver()
    failing = await shop.pay(await shop.link(), card="refund_fails")
    await refund_payment(shop.services, shop.id, failing.id, amount_minor=None)
    await shop.poll()
    await shop.later(3600)
    await shop.deliver()
    await telling.deliver()
    alerts = [mail for mail in await telling.mails() if mail.recipient == "alerts@example.com"]
    subjects = {mail.subject for mail in alerts}
    assert {
        "Dispute: $40.00 for A bicycle repair",
        "Refund failed: $40.00 for A bicycle repair",
    } <= subjects
    assert any(disputed.id in mail.text and "Dispute: dp_" in mail.text for mail in alerts)


async def test_a_payout_that_came_back_and_a_payment_that_the_gateway_has_not_are_told(
    telling: Telling,
) -> None:
    shop = telling.shop
    payment = await shop.pay(await shop.link())
    paid = PayoutFact("sbpo_1", PayoutFactKind.PAID, usd(3_854), 1_000)
    failed = replace(paid, kind=PayoutFactKind.FAILED, failure_code="account_closed")
    for fact in (paid, failed, failed):
        await shop.services.database.run(
            apply_payout_fact, moment_of(shop.services), shop.id, shop.account.id, fact
        )
    shop.running.clock.advance(4_000)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SandboxGateway, "list_attempts", _nothing)
        patched.setattr(SandboxGateway, "look_up", _not_found)
        await compare_now(shop.services, shop.id)
    await telling.deliver()
    found = {mail.subject: mail for mail in await telling.mails() if mail.recipient == "alerts@example.com"}
    back = found["Payout came back: $38.54"].text
    assert "account closed" in back
    assert "sbpo_1" in back
    missing = found["Look at: payment of $40.00 for A bicycle repair"].text
    assert payment.id in missing
    assert f"{BASE_URL}/dashboard/reconcile" in missing


async def _nothing(*_arguments: object, **_named: object) -> Page:
    return Page((), None)


async def _not_found(*_arguments: object) -> AttemptFact:
    return AttemptFact(FactKind.NOT_FOUND)


async def test_mails_are_listed_newest_first(telling: Telling) -> None:
    services, shop = telling.shop.services, telling.shop
    await shop.pay(await shop.link())
    await telling.deliver()
    [newest, oldest] = await manage_mails.list_mails(services, shop.id, limit=10)
    assert newest.id > oldest.id
    assert await manage_mails.list_mails(services, shop.id, limit=10, before=newest.id) == [oldest]
    assert await manage_mails.get_mail(services, shop.id, oldest.id) == oldest
