"""Customers by hand: put on file, found, edited, merged after a look at both, taken along; links and payments lead to them."""

import asyncio
import json
from typing import Any

import pytest

from linktill.core.customer import Customer, CustomerFields
from linktill.core.link_filing import Filing
from linktill.core.payment_link import PaymentLink
from linktill.flows.file_payers import file_payers
from linktill.flows.manage_customers import create_customer, find_customers, read_customer
from linktill.flows.manage_links import read_link
from linktill.flows.merge_customers import merge_customers
from linktill.flows.refund_payment import refund_payment
from tests.make import make_merchant
from tests.web.browsing import Browser, Page
from tests.web.dashboard.test_links import GOOD as GOOD_LINK
from tests.web.site import Site
from tests.web.test_every_page import check_page

CUSTOMERS = "/dashboard/customers"
NEW = "/dashboard/customers/new"
LINKS = "/dashboard/links"
GOOD = {"name": "Ada <Byron>", "email": "Ada@Example.com"}


async def everybody(site: Site) -> list[Customer]:
    return (await find_customers(site.shop.services, site.shop.id, limit=100)).customers


async def kept(site: Site, name: str = "Ada Byron", email: str = "ada@example.com", **more: Any) -> Customer:
    return await create_customer(site.shop.services, site.shop.id, CustomerFields(name, email, **more))


async def fresh(site: Site, customer: Customer) -> Customer:
    return await read_customer(site.shop.services, site.shop.id, customer.id)


async def filing(site: Site, link: PaymentLink) -> Filing:
    return (await read_link(site.shop.services, site.shop.id, link.id)).filing


async def create(browser: Browser, **typed: str) -> Page:
    return await browser.submit(await browser.get(NEW), CUSTOMERS, **{**GOOD, **typed})


async def test_a_customer_is_put_on_file_shown_and_listed(site: Site) -> None:
    browser = await site.member()
    made = await create(browser, company="Engines", phone="+1 555 0100", note="Pays late.\nAsk.")
    assert made.status == 303, made.text
    [customer] = await everybody(site)
    assert made.location == f"{CUSTOMERS}/{customer.id}"
    assert (customer.name, customer.email) == ("Ada <Byron>", "Ada@example.com")
    assert (customer.company, customer.phone, customer.note) == ("Engines", "+1 555 0100", "Pays late.\nAsk.")
    page = await browser.follow(made)
    check_page(page)
    for words in ("On file. Payments", "Ada <Byron>", "Engines", "+1 555 0100", "Nothing has been paid yet"):
        assert words in page.text
    assert b"<Byron>" not in page.body
    listed = await browser.get(CUSTOMERS)
    check_page(listed)
    assert "Ada <Byron>" in listed.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "taken@example.com"}, "email"),
        ({"name": "4242 4242 4242 4242"}, "name"),
        ({"name": "", "email": ""}, "name"),
        ({"phone": "1" * 41}, "phone"),
        ({"note": "x" * 2_001}, "note"),
    ],
)
async def test_what_cannot_be_is_refused_beside_its_field(
    site: Site, typed: dict[str, str], field: str
) -> None:
    browser = await site.member()
    other = await kept(site, "Bo", "taken@example.com")
    refused = await create(browser, **typed)
    check_page(refused, 422)
    assert f'id="{field}-error"' in refused.body.decode()
    assert await everybody(site) == [other]
    edited = await kept(site)
    here = f"{CUSTOMERS}/{edited.id}"
    again = await browser.submit(await browser.get(here), here, **typed)
    check_page(again, 422)
    assert f'id="{field}-error"' in again.body.decode()
    assert await fresh(site, edited) == edited


async def test_a_form_that_comes_twice_makes_one(site: Site) -> None:
    browser = await site.member()
    page = await browser.get(NEW)
    both = await asyncio.gather(*(browser.submit(page, CUSTOMERS, **GOOD) for _ in range(2)))
    assert {each.status for each in both} == {303}
    assert len(await everybody(site)) == 1
    other = await browser.submit(page, CUSTOMERS, name="Somebody else")
    check_page(other, 409)
    incomplete = await browser.submit(await browser.get(NEW), CUSTOMERS, **GOOD, submit_token="")
    check_page(incomplete, 422)
    assert len(await everybody(site)) == 1


async def test_a_search_stays_in_the_address_and_leads_to_the_file(site: Site) -> None:
    browser = await site.member()
    await kept(site)
    await kept(site, "=Cy", "cy@example.org")
    found = await browser.get(f"{CUSTOMERS}?q=ada%20byr")
    check_page(found)
    assert ("Ada Byron" in found.text, "=Cy" in found.text) == (True, False)
    assert 'value="ada byr"' in found.body.decode()
    assert f'href="{CUSTOMERS}/export?q=ada+byr"' in found.body.decode()
    file = await browser.get(f"{CUSTOMERS}/export?q=cy")
    assert (file.status, file.header("content-type")) == (200, "text/csv; charset=utf-8")
    assert file.header("content-disposition") == 'attachment; filename="customers.csv"'
    lines = file.body.decode("utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines] == ["name", "'=Cy"]
    nobody = await browser.get(f"{CUSTOMERS}?q=zoe")
    check_page(nobody)
    assert "Nobody was found for “zoe”" in nobody.text


async def test_what_is_known_is_changed_and_two_editors_see_each_other(site: Site) -> None:
    browser = await site.member()
    customer = await kept(site, metadata={"crm": "4711"})
    here = f"{CUSTOMERS}/{customer.id}"
    page, late = await browser.get(here), await browser.get(here)
    saved = await browser.submit(page, here, name="Ada King", note="Ask.")
    assert (saved.status, saved.location) == (303, here)
    after = await fresh(site, customer)
    assert (after.name, after.note, after.email) == ("Ada King", "Ask.", customer.email)
    assert after.metadata == {"crm": "4711"}, "what the form does not show stays"
    conflict = await browser.submit(late, here, name="Ada Byron King")
    check_page(conflict, 409)
    assert "Someone else has changed this customer" in conflict.text
    blind = await browser.submit(late, here, name="Ada Byron King", seen_at="")
    check_page(blind, 409)
    assert await fresh(site, customer) == after


async def test_what_they_paid_and_their_links_are_on_the_page(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    link = await shop.link(description="Guitar lesson")
    attempt = await shop.pay(link)
    await file_payers(shop.services)
    await refund_payment(shop.services, shop.id, attempt.id, amount_minor=500)
    await shop.poll()
    [ada] = await everybody(site)
    payment = await browser.get(f"/dashboard/payments/{attempt.id}")
    check_page(payment)
    assert f'href="{CUSTOMERS}/{ada.id}"' in payment.body.decode()
    named = await browser.get(f"{LINKS}/new?customer={ada.id}")
    check_page(named)
    made = await browser.submit(named, LINKS, **{**GOOD_LINK, "description": "Strings"})
    assert made.status == 303, made.text
    page = await browser.get(f"{CUSTOMERS}/{ada.id}")
    check_page(page)
    for words in ("$35.00", "1 payment, $5.00 given back", "Guitar lesson", "Strings"):
        assert words in page.text, words
    assert f'href="{made.location}"' in page.body.decode()
    assert f"{CUSTOMERS}/{ada.id}/delete" not in page.body.decode(), "no button leads to a refusal"
    listed = await browser.get(CUSTOMERS)
    assert "$35.00" in listed.text
    export = await browser.get(f"{CUSTOMERS}/{ada.id}/export")
    assert (export.status, export.header("content-type")) == (200, "application/json")
    assert export.header("content-disposition") == f'attachment; filename="{ada.id}.json"'
    told = json.loads(export.body)
    assert [each["id"] for each in told["payments"]] == [attempt.id]
    assert [each["description"] for each in told["payment_links"]] == ["Strings"]


async def test_a_link_is_given_to_a_customer_and_taken_away(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    ada = await kept(site)
    link = await shop.link()
    here = f"{LINKS}/{link.id}"
    for typed in ("nobody@example.com", "cus_nobody", "\u00e4", "a\x00b"):
        refused = await browser.submit(await browser.get(here), f"{here}/filing", customer=typed)
        check_page(refused, 422)
        assert 'id="customer-error"' in refused.body.decode()
        assert await filing(site, link) == Filing()
    given = await browser.submit(
        await browser.get(here), f"{here}/filing", tags="a", customer=" ADA@example.com "
    )
    assert given.status == 303, given.text
    assert await filing(site, link) == Filing(("a",), "", ada.id)
    page = await browser.get(here)
    check_page(page)
    assert f'href="{CUSTOMERS}/{ada.id}"' in page.body.decode()
    assert 'name="customer" type="text" value="ada@example.com"' in page.body.decode()
    edit = await browser.get(f"{here}/edit")
    assert (await browser.submit(edit, f"{here}/edit", description="Other")).status == 303
    assert (await filing(site, link)).customer_id == ada.id, "the form of the link does not ask for it"
    form = (await browser.get(here)).form(f"{here}/filing")
    del form["customer"]
    assert (await browser.post(f"{here}/filing", form)).status == 303
    assert (await filing(site, link)).customer_id == ada.id, "a form that does not ask for it leaves it"
    taken = await browser.submit(await browser.get(here), f"{here}/filing", customer="")
    assert taken.status == 303
    assert await filing(site, link) == Filing(("a",))
    unknown = await browser.get(f"{LINKS}/new?customer=cus_nobody")
    check_page(unknown)
    refused = await browser.submit(unknown, LINKS, **{**GOOD_LINK, "customer": "cus_nobody"})
    check_page(refused, 422)
    assert 'id="customer-error"' in refused.body.decode()


async def test_two_are_found_looked_at_and_merged(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    ada, bo = await kept(site), await kept(site, "Ada at work", "work@example.com")
    link = await shop.link(filing=Filing(customer_id=ada.id))
    here = f"{CUSTOMERS}/{ada.id}/merge"
    choose = await browser.get(f"{here}?q=work")
    check_page(choose)
    assert f'href="{here}?into={bo.id}"' in choose.body.decode()
    assert f'href="{here}?into={ada.id}"' not in (await browser.get(here)).body.decode(), "not itself"
    both = await browser.get(f"{here}?into={bo.id}")
    check_page(both)
    for words in ("ada@example.com", "work@example.com", "Becomes part of the other", "Stays"):
        assert words in both.text
    assert (await fresh(site, ada)).merged_into is None, "looking changes nothing"
    done = await browser.submit(both, here)
    assert (done.status, done.location) == (303, f"{CUSTOMERS}/{bo.id}")
    assert (await fresh(site, ada)).merged_into == bo.id
    assert (await filing(site, link)).customer_id == bo.id
    assert "Merged. Payments and links" in (await browser.follow(done)).text
    again = await browser.submit(both, here)
    assert again.status == 303, "pressed twice"
    page = await browser.get(f"{CUSTOMERS}/{ada.id}")
    check_page(page)
    assert f'href="{CUSTOMERS}/{bo.id}"' in page.body.decode()
    for button in ("/merge", "/delete", "seen_at"):
        assert button not in page.body.decode().partition("<main")[2]
    assert (await browser.get(here)).location == f"{CUSTOMERS}/{ada.id}"
    listed = await browser.get(CUSTOMERS)
    assert f"{CUSTOMERS}/{ada.id}" not in listed.body.decode()


async def test_a_merge_that_cannot_be_is_told(site: Site) -> None:
    shop, browser = site.shop, await site.member()
    ada, bo, cy = await kept(site), await kept(site, "Bo", ""), await kept(site, "Cy", "")
    here = f"{CUSTOMERS}/{ada.id}/merge"
    both = await browser.get(f"{here}?into={bo.id}")
    await merge_customers(shop.services, shop.id, bo.id, cy.id)
    late = await browser.submit(both, here)
    check_page(late, 422)
    assert f"{bo.id} was merged into {cy.id}" in late.text
    nothing = await browser.submit(both, here, into="cus_\x00")
    check_page(nothing, 422)
    for into in (ada.id, "cus_nobody", "nonsense", "cus_\u00e4", bo.id):
        page = await browser.get(f"{here}?into={into}")
        check_page(page)
        assert "Choose another." in page.text
    assert (await fresh(site, ada)).merged_into is None


async def test_one_on_which_nothing_hangs_is_deleted(site: Site) -> None:
    browser = await site.member()
    ada = await kept(site)
    here = f"{CUSTOMERS}/{ada.id}"
    page = await browser.get(here)
    link = await site.shop.link(filing=Filing(customer_id=ada.id))
    refused = await browser.submit(page, f"{here}/delete")
    check_page(refused, 409)
    assert await everybody(site) == [ada]
    await browser.submit(await browser.get(f"{LINKS}/{link.id}"), f"{LINKS}/{link.id}/filing", customer="")
    gone = await browser.submit(page, f"{here}/delete")
    assert (gone.status, gone.location) == (303, CUSTOMERS)
    assert await everybody(site) == []
    check_page(await browser.get(here), 404)


async def test_others_see_none_of_it(site: Site) -> None:
    browser = await site.member()
    stranger = await make_merchant(site.shop.services, "Cy's Cycles")
    theirs = await create_customer(
        site.shop.services, stranger.id, CustomerFields("Zoe Zorn", "zoe@example.com")
    )
    ada = await kept(site)
    for path in ("", "/export", "/merge", f"/merge?into={ada.id}"):
        check_page(await browser.get(f"{CUSTOMERS}/{theirs.id}{path}"), 404)
    assert "Zoe" not in (await browser.get(f"{CUSTOMERS}/{ada.id}/merge?into={theirs.id}")).text
    assert "Zoe" not in (await browser.get(CUSTOMERS)).text
    here = f"{CUSTOMERS}/{ada.id}"
    page = await browser.get(f"{here}/merge?into={theirs.id}")
    check_page(page)
    assert await everybody(site) == [ada]
    assert (await browser.get(f"{LINKS}/new?customer={theirs.id}")).text.count("zoe@example.com") == 0
