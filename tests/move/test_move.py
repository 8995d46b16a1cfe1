"""UB13: an installation goes from SQLite to PostgreSQL, all of it or none of it, and goes on there."""

from dataclasses import replace

from linktill.core.answers import Typed
from linktill.core.asking import Asking, Consent, Kind, Question
from linktill.core.money import Money
from linktill.core.origin import Origin
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.pricing import Choices, OpenAmount, Pricing
from linktill.core.signed_values import SignedValues
from linktill.flows.answers_given import Told
from linktill.flows.refund_payment import refund_payment
from linktill.flows.signed_links import Wanted, read_signed, sign_link
from linktill.platform.clock import SystemClock
from linktill.storage.answers import given_with
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


async def test_what_payers_told_and_what_was_signed_comes_along(shop: Shop, places: Places):
    asking = Asking(
        (Question("cup", Kind.TEXT, "Name on the cup"),), consents=(Consent("terms", "I agree."),)
    )
    pricing = Pricing(open_amount=OpenAmount())
    link = await shop.link(0, asking=asking, pricing=pricing, payments_max=None)
    signed = (await sign_link(shop.services, shop.id, link.id, Wanted(2_500))).url.partition("signed=")[2]
    told = Told(Typed({"cup": "Ada \N{BICYCLE}"}, frozenset({"terms"})), Origin("student-17", signed=signed))
    amount = Money(2_500, "USD")
    result = await shop.press_pay(link, amount=amount, choices=Choices(amount_minor=2_500), told=told)
    await shop.services.database.close()
    done = places.move()
    assert done.code == 0, done
    rows = {each["table"]: each["rows"] for each in done.json["tables"]}
    assert (rows["payment_answers"], rows["link_secret"]) == (1, 1)

    target = await open_database(places.target_url, SystemClock())
    shop.services = replace(shop.services, database=target)
    moved = await shop.fresh(link)
    assert moved.terms.asking == asking
    attempt = await shop.attempt(result.session.attempt_id)
    given = await target.read(given_with, attempt)
    assert [each.value for each in given.answers] == ["Ada \N{BICYCLE}"]
    assert [(each.text, each.is_given) for each in given.consents] == [("I agree.", True)]
    assert given.origin == told.origin
    # The secret came along: what was signed before is good now.
    values = await read_signed(shop.services, moved, signed)
    assert isinstance(values, SignedValues)
    assert values.amount_minor == 2_500
    await target.close()
