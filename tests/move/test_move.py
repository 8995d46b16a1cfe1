"""UB13: an installation goes from SQLite to PostgreSQL, all of it or none of it, and goes on there."""

from dataclasses import replace

from linktill.core.payment_attempt import AttemptStatus
from linktill.flows.refund_payment import refund_payment
from linktill.platform.clock import SystemClock
from linktill.storage.database import open_database
from tests.make import Shop
from tests.move.places import Places


async def test_ub13_a_shop_goes_on_where_it_was(shop: Shop, places: Places):
    """A payer who was at the gateway's page during the move is taken in; old payments can be refunded; new ones come."""
    old = await shop.pay(await shop.link(3_300))
    under_way = await shop.press_pay(await shop.link(900, description="Paid during the move"))
    await shop.services.database.close()
    done = places.move()
    assert done.code == 0, done
    answer = done.json
    rows = {each["table"]: each["rows"] for each in answer["tables"]}
    assert (rows["merchant"], rows["payment_link"], rows["payment_attempt"], rows["dispute"]) == (1, 5, 5, 0)
    (attempts,) = [each for each in answer["tables"] if each["table"] == "payment_attempt"]
    assert attempts["sums"]["captured_minor"] == {"USD": 7_300, "JPY": 5_000}
    assert (answer["status"], answer["problems"]) == ("moved", [])
    assert (answer["rows"], answer["rows_in_place"]) == (sum(rows.values()), 0)
    assert (answer["balances"], answer["ledger_rows"]) == (6, 2)
    both = await places.digests()
    assert (
        both[0] == both[1] == ({each["table"]: each["sha256"] for each in answer["tables"]}, answer["rows"])
    )

    target = await open_database(places.target_url, SystemClock())
    shop.services = replace(shop.services, database=target)
    await shop.fill_card(under_way)
    await shop.deliver()
    found = await shop.attempt(under_way.session.attempt_id)
    assert (found.status, found.captured_minor) == (AttemptStatus.CAPTURED, 900)
    await shop.pay(await shop.link(1_100))
    await refund_payment(shop.services, shop.id, old.id, amount_minor=None)
    await shop.later(60)
    await shop.deliver()
    assert (await shop.attempt(old.id)).refunded_minor == 3_300
    await shop.check()
    await target.close()
