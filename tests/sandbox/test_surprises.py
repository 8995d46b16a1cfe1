"""What the company does against its own word, for the simulator: each at the right moment only, and told by webhook."""

from linktill.sandbox import Surprise
from tests.sandbox.running import Running


async def test_money_after_a_failure(sandbox: Running) -> None:
    failed = await sandbox.paid("4000000000000002")
    assert await sandbox.app.surprise(Surprise.CAPTURED_AFTER_ALL, "pay_1")
    assert (await sandbox.payment(failed["id"]))["status"] == "captured"
    assert sandbox.app.statuses("pay_1") == ["captured"]
    assert not await sandbox.app.surprise(Surprise.CAPTURED_AFTER_ALL, "pay_1")
    await sandbox.step(1)
    assert sorted(await sandbox.receiver.wait(2)) == ["payment.captured", "payment.failed"]


async def test_another_amount_than_was_asked_for(sandbox: Running) -> None:
    created = await sandbox.create()
    assert await sandbox.app.surprise(Surprise.OTHER_AMOUNT, "pay_1")
    await sandbox.pay(created["id"])
    assert (await sandbox.payment(created["id"]))["amount_minor"] == 4_001
    assert not await sandbox.app.surprise(Surprise.OTHER_AMOUNT, "pay_1")


async def test_a_refund_that_comes_back(sandbox: Running) -> None:
    paid = await sandbox.paid()
    body = {"reference": "re_1", "amount_minor": 1_000}
    refund = await sandbox.json("POST", f"/v1/payments/{paid['id']}/refunds", body, key="re_1")
    assert refund["status"] == "succeeded"
    assert await sandbox.app.surprise(Surprise.REFUND_BOUNCED, "re_1")
    assert (await sandbox.payment(paid["id"]))["refunded_minor"] == 0
    assert sandbox.app.books()[1] == [("re_1", "failed", 1_000)]
    assert not await sandbox.app.surprise(Surprise.REFUND_BOUNCED, "re_1")
