"""The drill: an old backup comes back while the gateway knows more. GF28, UB08, UB12, LL17."""

import asyncio
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.notify.receivers import OK, answer, endpoint, postbox
from tests.recovery.house import Heard, House, house_on
from tests.recovery.places import hurry, new_place, value_at

QUIET_S = 4.0
"""Longer than the worker's pace: what would be sent is sent by then."""


@dataclass
class Story:
    """The payments of the drill, by what became of them."""

    early: str = ""
    open_at_backup: str = ""
    lost: str = ""
    disputed: str = ""
    on_lost_link: str = ""
    links: dict[str, Any] = field(default_factory=dict)


@pytest.mark.timeout(400)
async def test_gf28_ub12_an_old_backup_comes_back_while_the_gateway_knows_more(
    empty_database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    backup = tmp_path / "old.backup"
    async with postbox() as box, endpoint() as hook, house_on(tmp_path / "data", empty_database_url) as house:
        heard = Heard(box, hook)
        house.smtp_port = box.port
        await house.open_shop()
        story = await _before(house, heard)
        # From here on nobody takes news, so that some wait when the backup is made.
        hook.says, box.says = [answer(500)], ["451 Later"]
        late = await house.link(700)
        story.links["late"] = late
        story.early = await house.pay(late)
        await house.until(lambda: _is(house, story.early, "captured"), "captured before the backup")
        code, made = await house.command("backup", str(backup))
        assert (code, made["sealed_with"], made["has_secret_key"]) == (0, "installation", False)
        hook.says, box.says = [OK], ["250 OK"]
        await _after(house, story)
        await _all_told(house, heard)
        told = (heard.mails(), heard.webhooks())
        gateway = _gateway(house)

        assert await house.end(signal.SIGKILL) != 0
        house.lose(keeping=("sandbox.sqlite3", "secret.key"))
        house.database_url = new_place(request, tmp_path, empty_database_url, is_other=False)
        started_s = time.monotonic()
        code, restored = await house.command("restore", str(backup))
        assert (code, restored["rows"], restored["sandbox"]) == (0, made["rows"], "left alone")
        await house.serve()
        await _nothing_happens(house, story, heard, told)

        code, adopted = await house.command("adopt")
        assert (code, adopted["was"], adopted["unanswered"]) == (0, "restored", [])
        # The open payment, the one whose record was lost, and the disputed one; the one on a lost link is parked.
        assert adopted["booked"] == {"capture": 3, "refund": 1, "dispute": 1}
        assert adopted["foreign_payments"] == 1
        print(
            f"{restored['rows']} rows back and adopted; {time.monotonic() - started_s - QUIET_S:.1f} s with a start between"
        )
        await house.until(lambda: _is_live(house), "live after adopt")
        await _books_agree(house, story, gateway)
        await asyncio.sleep(QUIET_S)
        assert (heard.mails(), heard.webhooks()) == told
        await _person_decides(house, adopted["parked"], heard, told)
        await _life_goes_on(house, story, heard)


async def _before(house: House, heard: Heard) -> Story:
    story = Story()
    url = heard.endpoint.url()
    await house.made("/v1/webhook_endpoints", {"url": url, "event_types": []})
    story.links["many"] = await house.link(2_500, payments_max=None)
    story.links["single"] = await house.link(1_200)
    first = await house.pay(story.links["many"])
    story.links["first"] = first
    await house.until(lambda: _is(house, first, "captured"), "the first payment")
    # Somebody is on the gateway's page when the backup is made.
    _, story.open_at_backup = await house.press_pay(story.links["single"])
    await _all_told(house, heard)
    return story


async def _after(house: House, story: Story) -> None:
    await house.fill_card(story.open_at_backup)
    story.lost = await house.pay(story.links["many"])
    story.disputed = await house.pay(story.links["many"], "dispute_lost")
    story.links["new"] = await house.link(900)
    story.on_lost_link = await house.pay(story.links["new"])
    await house.made("/v1/refunds", {"payment_id": story.links["first"], "amount_minor": 500})

    async def all_done() -> bool:
        payments = await house.payments()
        _, disputes = await house.api("GET", "/v1/disputes")
        _, refunds = await house.api("GET", "/v1/refunds")
        return (
            [payment["status"] for payment in payments.values()].count("captured") == 6
            and len(disputes["data"]) == 1
            and [refund["status"] for refund in refunds["data"]] == ["succeeded"]
        )

    await house.until(all_done, "everything after the backup")


async def _all_told(house: House, heard: Heard) -> None:
    """Nothing waits any more, and nothing has come for a while."""

    async def none_waits() -> bool:
        waiting = "SELECT count(*) FROM outbox WHERE status IN ('pending', 'queued')"
        before = (heard.mails(), heard.webhooks())
        await hurry(house.database_url)
        if await value_at(house.database_url, waiting):
            return False
        await asyncio.sleep(1.5)
        return (heard.mails(), heard.webhooks()) == before

    await house.until(none_waits, "all told")


async def _is(house: House, payment_id: str, status: str) -> bool:
    return (await house.payments()).get(payment_id, {}).get("status") == status


async def _is_live(house: House) -> bool:
    return "standing.changed" in house.log().rpartition("worker.started")[2]


def _gateway(house: House) -> list[tuple[Any, ...]]:
    return house.sandbox("SELECT id, reference, status, refunded_minor FROM payment ORDER BY seq")


async def _nothing_happens(house: House, story: Story, heard: Heard, told: object) -> None:
    """UB12: read everything, charge and send nothing."""
    code, doctor = await house.command("doctor")
    standing = next(check for check in doctor["checks"] if check["name"] == "standing")
    assert (code, standing["status"]) == (1, "failing")
    assert len(await house.payments()) == 3
    before = _gateway(house)
    status, _ = await house.press_pay(story.links["many"])
    assert status == 503
    status, refused = await house.api("POST", "/v1/refunds", {"payment_id": story.links["first"]})
    assert (status, refused["code"]) == (503, "gateway_unavailable")
    await asyncio.sleep(QUIET_S)
    assert (heard.mails(), heard.webhooks()) == told
    assert _gateway(house) == before


async def _books_agree(house: House, story: Story, gateway: list[tuple[Any, ...]]) -> None:
    assert _gateway(house) == gateway, "nothing was charged or refunded again"
    references = [row[1] for row in gateway]
    assert len(references) == len(set(references))
    payments = await house.payments()
    captured = {reference: refunded for _, reference, status, refunded in gateway if status == "captured"}
    assert set(captured) - payments.keys() == {story.on_lost_link}
    assert {
        reference: payment["refunded_minor"]
        for reference, payment in payments.items()
        if payment["status"] == "captured"
    } == {reference: refunded for reference, refunded in captured.items() if reference != story.on_lost_link}
    _, disputes = await house.api("GET", "/v1/disputes")
    assert [dispute["payment_id"] for dispute in disputes["data"]] == [story.disputed]
    code, verified = await house.command("verify")
    assert (code, verified["problems"]) == (0, [])


async def _person_decides(house: House, parked: int, heard: Heard, told: Any) -> None:
    _, listed = await house.command("parked", "list")
    data = listed["data"]
    assert len(data) == parked > 0
    kinds = {each["kind"] for each in data}
    assert kinds == {"event", "mail", "webhook"}
    webhook = next(each for each in data if each["kind"] == "webhook")
    mail = next(each for each in data if each["kind"] == "mail")
    code, _ = await house.command("parked", "send", webhook["id"], mail["id"])
    assert code == 0

    async def came() -> bool:
        return len(heard.webhooks()) == len(told[1]) + 1 and len(heard.mails()) == len(told[0]) + 1

    await house.until(came, "what a person sends")
    code, discarded = await house.command("parked", "discard", "--all")
    assert (code, len(discarded["discarded"])) == (0, parked - 2)
    assert (await house.command("parked", "list"))[1]["data"] == []
    # Twice sent is twice the same: the receiver knows it by its id.
    assert set(heard.webhooks()) == set(told[1])


async def _life_goes_on(house: House, story: Story, heard: Heard) -> None:
    mails = len(heard.mails())
    payment = await house.pay(story.links["many"])
    await house.until(lambda: _is(house, payment, "captured"), "a new payment")

    async def receipt() -> bool:
        return len(heard.mails()) == mails + 2

    await house.until(receipt, "its receipt and alert")
    code, verified = await house.command("verify")
    assert (code, verified["problems"]) == (0, [])
