"""What comes back does nothing, and what adopting finds out: each guard alone."""

from typing import Any

import pytest

from linktill.core.errors import GatewayTrouble, TransitionRefused
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.refund import RefundStatus
from linktill.flows.accounts import connection
from linktill.flows.adopt import adopt
from linktill.flows.offers import ways_to_pay
from linktill.flows.outgoing import GatedHttp, GatedMailer
from linktill.flows.reconcile import compare_account, poll_refunds
from linktill.flows.refund_payment import refund_payment
from linktill.flows.services import Services
from linktill.flows.standing import Standing, Why
from linktill.flows.take_turn import Channels
from linktill.notify.mail import Letter, MailNotSent
from linktill.platform.http import HttpRequest, NotSent
from linktill.storage import foreign_payments, gateway_accounts, recovery, refunds
from linktill.storage.database import Tx
from linktill.storage.installation import put_fact
from linktill.storage.mails import list_mails
from linktill.storage.standing import RESTORED_FACT
from linktill.worker.loop import Step, Worker
from tests.flows.telling import deliver_outbox
from tests.make import BASE_URL, Shop, asking, usd

RETURN = f"{BASE_URL}/p/{{slug}}/checkout/{{session}}?k=token-of-the-payer"


def attempt_id(shop: Shop) -> str:
    return shop.services.ids.new("pay_")


async def paid_behind_our_back(shop: Shop, slug: str, *, base_url: str = BASE_URL, **changes: Any) -> Any:
    """A payment whose record is lost: the gateway has it with our number and the payer's way back."""
    session = shop.services.ids.new("cs_")
    reference = changes.pop("reference", attempt_id(shop))
    url = f"{base_url}/p/{slug}/checkout/{session}?k=token-of-the-payer"
    return await shop.running.paid(reference=reference, return_url=url, **changes)


async def foreign(shop: Shop) -> list[Any]:
    return await shop.services.database.read(foreign_payments.list_foreign, shop.id)


async def compare(shop: Shop) -> None:
    [stored] = await shop.services.database.read(gateway_accounts.accounts_of, shop.id)
    await compare_account(shop.services, stored)


def set_aside(services: Services) -> None:
    services.standing.why = Why.RESTORED


# ---- nothing leaves a copy, whichever guard is looked at alone


async def test_ub12_no_flow_gets_at_a_gateway(shop: Shop):
    link = await shop.link()
    paid = await shop.pay(link)
    set_aside(shop.services)
    for ask in (
        connection(shop.services, shop.id, shop.account.id),
        ways_to_pay(shop.services, shop.id, asking(100)),
        shop.press_pay(await shop.fresh(link), "2"),
        refund_payment(shop.services, shop.id, paid.id, amount_minor=1),
    ):
        with pytest.raises(GatewayTrouble, match="nobody has adopted it"):
            await ask
    assert len(await shop.attempts(link)) == 1
    assert await shop.services.database.read(refunds.refunds_of, shop.id, paid.id) == []


async def test_ub12_no_request_and_no_mail_leave(shop: Shop):
    may = [False]
    http, mailer = GatedHttp(shop.running.http, lambda: may[0]), GatedMailer(_Never(), lambda: may[0])
    request = HttpRequest("GET", f"{shop.running.url}/v1/account", may_be_private=True)
    with pytest.raises(NotSent, match="nobody has adopted it"):
        await http.send(request)
    letter = Letter("mail_1", "a@b.example", "x", None, "s", "t", "h", 0)
    with pytest.raises(MailNotSent, match="nobody has adopted it"):
        await mailer.send(letter)
    may[0] = True
    assert (await http.send(request)).status == 401
    with pytest.raises(AssertionError, match="was sent"):
        await mailer.send(letter)


class _Never:
    async def send(self, letter: Letter) -> None:
        raise AssertionError("was sent")


async def test_ub12_the_worker_rests_but_for_what_is_its_own(shop: Shop):
    import asyncio  # noqa: PLC0415

    ran: list[str] = []
    stop = asyncio.Event()

    async def work(_services: Services) -> int:
        ran.append("work")
        return 0

    async def own(services: Services) -> int:
        ran.append("own")
        if len(ran) == 3:
            services.standing.why = None
        if "work" in ran:
            stop.set()
        return 0

    set_aside(shop.services)
    steps = (Step("work", work, every_s=0.01), Step("own", own, every_s=0.01, is_own=True))
    await Worker(shop.services, steps).run(stop)
    assert ran[:3] == ["own"] * 3
    assert "work" in ran


# ---- adopting


@pytest.fixture
def restored(shop: Shop, database_url: str) -> Shop:
    """The shop's own standing, of its real database."""
    object.__setattr__(shop.services, "standing", Standing(database_url))
    return shop


async def mark_restored(shop: Shop) -> None:
    async def restored(tx: Tx) -> None:
        await put_fact(tx, RESTORED_FACT, "1")

    await shop.services.database.run(restored)


async def test_adopting_what_is_live_does_nothing(restored: Shop):
    assert (await adopt(restored.services)).was is None


async def test_a_gateway_that_gives_no_answer_keeps_it_from_going_live(restored: Shop):
    link = await restored.link()
    await mark_restored(restored)
    restored.wire.is_plugged = False
    with pytest.raises(GatewayTrouble, match="No answer about sandbox account"):
        await adopt(restored.services)
    assert restored.services.standing.why is Why.RESTORED
    with pytest.raises(GatewayTrouble, match="nobody has adopted it"):
        await restored.press_pay(link)
    with pytest.raises(TransitionRefused, match="has to be found out first"):
        await adopt(restored.services, is_moved=True)
    assert restored.services.standing.why is Why.RESTORED
    went = await adopt(restored.services, without_gateways=True)
    assert len(went.unanswered) == 1
    restored.wire.is_plugged = True
    assert restored.services.standing.is_live
    await restored.pay(link)


async def test_a_refund_that_was_not_sent_at_the_backup_is_looked_for_before_it_is_sent(restored: Shop):
    """It went out after the backup, longer ago than its key is good for: sent again it would be a second refund."""
    paid = await restored.pay(await restored.link())
    asked = await refund_payment(restored.services, restored.id, paid.id, amount_minor=1_000)
    key = {"reference": asked.id, "amount_minor": 1_000}
    await restored.running.json("POST", f"/v1/payments/{paid.gateway_ref}/refunds", key, key=asked.key())
    restored.running.clock.advance(25 * 3_600)
    await mark_restored(restored)
    await adopt(restored.services)
    [refund] = await restored.services.database.read(refunds.refunds_of, restored.id, paid.id)
    assert refund.status is RefundStatus.SUCCEEDED
    page = await restored.running.json("GET", "/v1/refunds")
    assert len(page["data"]) == 1


async def test_that_guard_alone_prevents_it(restored: Shop, monkeypatch: pytest.MonkeyPatch):
    """Without it the refund is sent a second time: the test above can fail."""
    paid = await restored.pay(await restored.link())
    asked = await refund_payment(restored.services, restored.id, paid.id, amount_minor=1_000)
    key = {"reference": asked.id, "amount_minor": 1_000}
    await restored.running.json("POST", f"/v1/payments/{paid.gateway_ref}/refunds", key, key=asked.key())
    restored.running.clock.advance(25 * 3_600)
    await poll_refunds(restored.services)
    page = await restored.running.json("GET", "/v1/refunds")
    assert len(page["data"]) == 2


async def test_everything_that_waits_is_parked_once(restored: Shop):
    await restored.pay(await restored.link())
    await mark_restored(restored)
    first = await adopt(restored.services)
    assert first.parked == await restored.services.database.read(recovery.count_parked, restored.id) > 0
    await mark_restored(restored)
    assert (await adopt(restored.services)).parked == 0


# ---- money whose record was lost


async def test_gf28_a_lost_payment_is_booked_on_its_link(shop: Shop):
    link = await shop.link()
    payment = await paid_behind_our_back(shop, link.slug, amount_minor=4_000)
    await compare(shop)
    [attempt] = await shop.attempts(link)
    assert (attempt.id, attempt.status) == (payment["reference"], AttemptStatus.CAPTURED)
    assert (attempt.gateway_ref, attempt.captured_minor) == (payment["id"], 4_000)
    assert (await shop.fresh(link)).status.value == "completed"
    assert await foreign(shop) == []
    await compare(shop)
    await shop.deliver()
    assert len(await shop.attempts(link)) == 1


async def test_gf28_its_webhook_books_it_too_and_so_does_its_dispute(shop: Shop):
    link = await shop.link(payments_max=None)
    payment = await paid_behind_our_back(shop, link.slug)
    await shop.deliver()
    [attempt] = await shop.attempts(link)
    assert (attempt.id, attempt.status) == (payment["reference"], AttemptStatus.CAPTURED)
    await paid_behind_our_back(shop, link.slug, number="4000000000040016")
    await shop.running.step(10)
    await shop.deliver(backwards=True)
    assert len(await shop.attempts(link)) == 2
    assert (await shop.balances())["disputes"] != 0


@pytest.mark.parametrize(
    "case", ["full link", "lost link", "another installation", "another currency", "another's number"]
)
async def test_what_cannot_be_told_is_parked_and_nothing_goes_back_by_itself(shop: Shop, case: str):
    link = await shop.link()
    changes: dict[str, Any] = {}
    slug = link.slug
    match case:
        case "full link":
            await shop.pay(link)
        case "lost link":
            slug = "Gone-with-it"
        case "another installation":
            changes["base_url"] = "https://staging.example.com"
        case "another currency":
            changes["currency"] = "EUR"
        case _:
            changes["reference"] = "order-17"
    before = len(await shop.attempts(link))
    payment = await paid_behind_our_back(shop, slug, **changes)
    await compare(shop)
    [parked] = await foreign(shop)
    assert (parked.gateway_ref, parked.status) == (payment["id"], "captured")
    assert parked.reference == payment["reference"]
    await deliver_outbox(shop.services, Channels(shop.running.http, None, may_be_private=True))
    told = await shop.services.database.read(list_mails, shop.id, limit=50)
    [about] = [mail.text for mail in told if payment["id"] in mail.text]
    assert ("a number of Linktill's own" in about) is (case != "another's number")
    assert len(await shop.attempts(link)) == before
    await shop.later(60)
    assert (await shop.running.json("GET", "/v1/refunds"))["data"] == []


async def test_a_lost_refund_is_booked_and_cannot_be_asked_for_twice(shop: Shop):
    paid = await shop.pay(await shop.link())
    body = {"reference": shop.services.ids.new("re_"), "amount_minor": 3_000}
    await shop.running.json("POST", f"/v1/payments/{paid.gateway_ref}/refunds", body, key="lost")
    await compare(shop)
    [refund] = await shop.services.database.read(refunds.refunds_of, shop.id, paid.id)
    assert (refund.id, refund.status, refund.amount) == (
        body["reference"],
        RefundStatus.SUCCEEDED,
        usd(3_000),
    )
    attempt = await shop.attempt(paid.id)
    assert (attempt.refunded_minor, attempt.refundable_minor) == (3_000, 1_000)
    await compare(shop)
    await shop.deliver()
    assert (await shop.attempt(paid.id)).refunded_minor == 3_000


async def test_a_refund_made_at_the_gateway_itself_is_parked(shop: Shop):
    paid = await shop.pay(await shop.link())
    body = {"reference": "by-hand", "amount_minor": 3_000}
    refund = await shop.running.json("POST", f"/v1/payments/{paid.gateway_ref}/refunds", body, key="hand")
    await compare(shop)
    [parked] = await foreign(shop)
    assert parked.gateway_ref == f"refund:{refund['id']}"
    assert (await shop.attempt(paid.id)).refunded_minor == 0
