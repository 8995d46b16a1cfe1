"""Links, and what became of a file of them, as CSV to take along; and the same done with several links."""

import csv
import io

from linktill.core.asking import Asking, Kind, Question
from linktill.core.ids import LinkId
from linktill.core.pricing import Item, Pricing, ShippingRate, Tax, Variant
from linktill.core.stock import unkeyed
from linktill.flows.control_links import Control, control_links
from linktill.flows.link_columns import COLUMNS
from linktill.flows.link_reports import import_report, links_csv
from tests.flows.importing import file_of, imported, links_of
from tests.make import Shop


async def test_a_report_has_a_line_for_each_row_and_no_formula(shop: Shop) -> None:
    """CSV injection: what a spreadsheet would carry out is text."""
    head = "key,amount,currency,description"
    found = await imported(
        shop,
        file_of(
            ['=HYPERLINK("x"),1,USD,Tea', "@B,1,USD,", "K,1,USD,=1+1", "-2,1,USD,\"+cmd|' /C calc'!A0\""],
            head,
        ),
    )
    text = (await import_report(shop.services, shop.id, found.id)).decode()
    assert text.startswith("\ufeffrow,key,status,link_id,url,about,remarks\r\n")
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line["row"] for line in lines] == ["2", "3", "4", "5"]
    assert [line["status"] for line in lines] == ["created", "failed", "created", "created"]
    assert [line["key"] for line in lines] == ['\'=HYPERLINK("x")', "'@B", "K", "'-2"]
    assert lines[0]["url"].startswith("http://linktill.test/p/")
    assert "description: " in lines[1]["remarks"]
    kept = links_csv(shop.services, await links_of(shop)).decode().removeprefix("\ufeff")
    told = list(csv.DictReader(io.StringIO(kept)))
    assert [line["description"] for line in told] == ["Tea", "'=1+1", "'+cmd|' /C calc'!A0"]
    for cell in (cell for line in [*lines, *told] for cell in line.values()):
        assert not cell.startswith(("=", "+", "-", "@"))


async def test_exported_links_can_be_sent_again(shop: Shop) -> None:
    link = await shop.link(
        4_050, note="Two\nlines", payments_max=None, due_at=1_900_000_000_000_000, metadata={"Room": "7"}
    )
    [row] = csv.DictReader(io.StringIO(links_csv(shop.services, [link]).decode().removeprefix("\ufeff")))
    names = [*(column.name for column in COLUMNS), "metadata.Room"]
    out = io.StringIO()
    csv.writer(out).writerows([names, [row[name] for name in names]])
    assert (await imported(shop, out.getvalue().encode())).created == 1
    assert (await links_of(shop))[-1].terms == link.terms


async def test_links_with_prices_and_questions_can_be_sent_again(shop: Shop) -> None:
    pricing = Pricing(
        items=(Item("Mug", 2_400, 1, 1, 5, stock=7), Item("Bowl", 0, variants=(Variant("Blue", 3_000),))),
        taxes=(Tax("VAT", 190_000, is_inclusive=True, rates=(("AT", 200_000),)),),
        shipping=(ShippingRate("Parcel", 590, ("AT", "DE"), 10_000),),
        home="DE",
    )
    asking = Asking(questions=(Question("cup", Kind.TEXT, "Name on the cup", is_required=True),))
    link = await shop.link(5_400, pricing=pricing, asking=asking, payments_max=None)
    [row] = csv.DictReader(io.StringIO(links_csv(shop.services, [link]).decode().removeprefix("\ufeff")))
    names = [column.name for column in COLUMNS]
    out = io.StringIO()
    csv.writer(out).writerows([names, [row[name] for name in names]])
    assert (await imported(shop, out.getvalue().encode())).created == 1
    made = (await links_of(shop))[-1].terms
    assert (made.asking, made.due) == (asking, link.terms.due)
    assert unkeyed(made.pricing) == unkeyed(link.terms.pricing)


async def test_several_links_are_controlled_each_for_itself(shop: Shop) -> None:
    first, canceled, last = [await shop.link() for _ in range(3)]
    await control_links(shop.services, shop.id, [canceled.id], Control.CANCEL)
    missing = LinkId("plink_00000000000000000000000000")
    done = await control_links(
        shop.services, shop.id, [first.id, canceled.id, missing, last.id, first.id], Control.PAUSE
    )
    assert [(each.link_id, bool(each.refusal)) for each in done] == [
        (first.id, False),
        (canceled.id, True),
        (missing, True),
        (last.id, False),
    ]
    assert [link.status.value for link in await links_of(shop)] == ["paused", "canceled", "paused"]
