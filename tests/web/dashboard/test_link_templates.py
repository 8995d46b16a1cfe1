"""Templates by hand: kept from a link or from a form, made into links with one press, renamed and deleted."""

import asyncio

from linktill.core.link_filing import Filing
from linktill.core.link_template import LinkTemplate
from linktill.core.link_terms import LinkFields
from linktill.flows.link_templates import create_template, delete_template, list_templates, new_template
from linktill.flows.manage_links import read_link
from tests.make import make_merchant
from tests.web.browsing import Browser, Page
from tests.web.dashboard.test_links import GOOD, LINKS, NEW, links_of
from tests.web.site import Site
from tests.web.test_every_page import check_page

TEMPLATES = "/dashboard/links/templates"
FILED = Filing(("lessons",), "Bring the amp.")


async def templates(site: Site) -> list[LinkTemplate]:
    return await list_templates(site.shop.services, site.shop.id)


async def kept(site: Site, name: str = "Guitar lesson", **terms: object) -> LinkTemplate:
    fields = LinkFields(4_050, "USD", "Guitar <lesson>", **terms)  # type: ignore[arg-type]
    services = site.shop.services
    return await create_template(services, new_template(services, site.shop.id, name, fields, FILED))


async def keep(browser: Browser, **typed: str) -> Page:
    form = (await browser.get(NEW)).form(LINKS)
    return await browser.post(TEMPLATES, {**form, **GOOD, **typed})


async def test_what_is_filled_in_becomes_a_template_and_no_link(site: Site) -> None:
    browser = await site.member()
    typed = {"tags": "logos", "internal_note": "Ask Bea.", "note": "Thank you", "slug": "a-logo"}
    made = await keep(browser, template_name=" Logo ", **typed)
    assert made.location == TEMPLATES
    page = await browser.follow(made)
    check_page(page)
    assert "Kept. Make a link from it" in page.text
    [template] = await templates(site)
    assert (template.name, template.filing) == ("Logo", Filing(("logos",), "Ask Bea."))
    assert (template.terms.amount.minor, template.terms.note) == (4_050, "Thank you")
    assert await links_of(site) == []
    form = (await browser.get(f"{NEW}?template={template.id}")).form(LINKS)
    assert {name: form[name] for name in GOOD} == GOOD
    assert (form["tags"], form["internal_note"], form["note"]) == ("logos", "Ask Bea.", "Thank you")
    assert form["slug"] == "", "an address belongs to one link"
    second = await keep(browser, template_name="Logo", **typed)
    assert second.status == 303, "the same button pressed twice"
    assert len(await templates(site)) == 1
    other = await keep(browser, template_name="logo", **{**typed, "note": "Other"})
    check_page(other, 422)
    assert "There is a template called Logo" in other.text
    assert other.form(LINKS)["note"] == "Other"


async def test_what_cannot_be_kept_is_said_beside_its_field(site: Site) -> None:
    browser = await site.member()
    for typed, field in (
        ({"template_name": ""}, "template_name"),
        ({"template_name": "x" * 101}, "template_name"),
        ({"template_name": "Logo", "amount": "1,00"}, "amount"),
        ({"template_name": "Logo", "tags": "x" * 41}, "tags"),
    ):
        page = await keep(browser, **typed)
        check_page(page, 422)
        assert f'id="{field}-error"' in page.text, typed
        assert page.form(LINKS)["description"] == GOOD["description"]
        assert page.form(LINKS)["template_name"] == typed["template_name"]
    assert await templates(site) == []
    assert await links_of(site) == []


async def test_enter_makes_the_link_and_no_template(site: Site) -> None:
    """A browser presses the first button that it finds in the form, which must not be the one below the others."""
    browser = await site.member()
    body = (await browser.get(NEW)).body.decode()
    form = body[body.index(f'action="{LINKS}"') : body.index("</form>", body.index(f'action="{LINKS}"'))]
    assert form.index('<button class="button">') < form.index(f'formaction="{TEMPLATES}"')


async def test_a_template_makes_links_with_one_press_each(site: Site) -> None:
    browser = await site.member()
    template = await kept(site, note="See you")
    listed = await browser.get(TEMPLATES)
    check_page(listed)
    assert "Guitar <lesson>" in listed.text
    assert f'href="{NEW}?template={template.id}"' in listed.text
    for _ in range(2):
        page = await browser.get(f"{NEW}?template={template.id}")
        check_page(page)
        made = await browser.submit(page, LINKS)
        assert made.status == 303
    first, second = await links_of(site)
    assert first.terms == second.terms == template.terms
    assert first.slug != second.slug
    detail = await read_link(site.shop.services, site.shop.id, first.id)
    assert detail.filing == FILED


async def test_what_the_form_does_not_show_is_taken_from_the_template(site: Site) -> None:
    browser = await site.member()
    template = await kept(site, metadata={"room": "2"})
    page = await browser.get(f"{NEW}?template={template.id}")
    assert (await browser.submit(page, LINKS, amount="41")).status == 303
    wrong = await browser.submit(page, LINKS, amount="1,00")
    check_page(wrong, 422)
    again = await browser.submit(wrong, LINKS, amount="42")
    assert again.status == 303, "it is still known after an error"
    assert [link.terms.metadata for link in await links_of(site)] == [{"room": "2"}] * 2
    other = await browser.post(TEMPLATES, {**page.form(LINKS), "template_name": "Other"})
    assert other.status == 303
    assert [each.terms.metadata for each in await templates(site)] == [{"room": "2"}] * 2
    await delete_template(site.shop.services, site.shop.id, template.id)
    gone = await browser.submit(await browser.get(NEW), LINKS, **GOOD, template=template.id)
    check_page(gone, 409)
    assert "The template was deleted in the meantime" in gone.text
    assert len(await links_of(site)) == 2
    assert (await browser.submit(gone, LINKS)).status == 303


async def test_days_that_have_passed_are_not_filled_in(site: Site) -> None:
    browser = await site.member()
    day_us = 24 * 3_600 * 1_000_000
    template = await kept(site, expires_at=site.shop.services.clock.now_us() + day_us)
    assert (await browser.get(f"{NEW}?template={template.id}")).form(LINKS)["expires_on"] != ""
    await site.shop.running.step(2 * 24 * 3_600)
    browser = await site.member()
    page = await browser.get(f"{NEW}?template={template.id}")
    assert page.form(LINKS)["expires_on"] == ""
    assert (await browser.submit(page, LINKS)).status == 303


async def test_a_link_is_kept_as_a_template(site: Site) -> None:
    browser = await site.member()
    link = await site.shop.link(filing=FILED, payments_max=3)
    here = f"{LINKS}/{link.id}"
    page = await browser.get(here)
    first, second = await asyncio.gather(
        *(browser.submit(page, f"{here}/template", name="Bicycle") for _ in range(2))
    )
    assert first.location == second.location == TEMPLATES
    [template] = await templates(site)
    assert (template.name, template.terms, template.filing) == ("Bicycle", link.terms, Filing(FILED.tags))
    other = await site.shop.link(description="Another repair")
    taken = await browser.submit(
        await browser.get(f"{LINKS}/{other.id}"), f"{LINKS}/{other.id}/template", name="bicycle"
    )
    check_page(taken, 422)
    assert "There is a template called Bicycle" in taken.text
    empty = await browser.submit(page, f"{here}/template", name=" ")
    check_page(empty, 422)
    assert (await browser.get(f"{here}/template")).location == here
    assert len(await templates(site)) == 1


async def test_a_template_is_renamed_and_deleted(site: Site) -> None:
    browser = await site.member()
    template, other = await kept(site), await kept(site, "Other")
    page = await browser.get(TEMPLATES)
    renamed = await browser.submit(page, f"{TEMPLATES}/{template.id}/rename", name="An <hour>")
    shown = await browser.follow(renamed)
    check_page(shown)
    assert "An <hour>" in shown.text
    assert b"<hour>" not in shown.body
    for name in ("other", "", "x" * 101):
        refused = await browser.submit(page, f"{TEMPLATES}/{template.id}/rename", name=name)
        check_page(refused, 422)
        assert f'id="name-{template.id}-error"' in refused.text
        assert f'id="name-{other.id}-error"' not in refused.text
    assert [each.name for each in await templates(site)] == ["An <hour>", "Other"]
    deleted = await browser.submit(page, f"{TEMPLATES}/{template.id}/delete")
    assert "The template is deleted" in (await browser.follow(deleted)).text
    assert [each.name for each in await templates(site)] == ["Other"]
    for action in ("rename", "delete"):
        gone = await browser.submit(page, f"{TEMPLATES}/{template.id}/{action}", name="x")
        check_page(gone, 404)


async def test_templates_of_others_are_not_there(site: Site) -> None:
    browser, shop = await site.member(), site.shop
    mine, shop.merchant = shop.merchant, await make_merchant(shop.services, "Stranger")
    theirs = await kept(site, "Secret")
    shop.merchant = mine
    own = await kept(site)
    page = await browser.get(TEMPLATES)
    assert "Secret" not in page.text
    token = page.form(f"{TEMPLATES}/{own.id}/delete")["csrf_token"]
    for action in ("rename", "delete"):
        answer = await browser.post(
            f"{TEMPLATES}/{theirs.id}/{action}", {"csrf_token": token, "name": "Mine"}
        )
        assert answer.status == 404
    for wanted in (theirs.id, "tpl_nonsense", "%C3%A4", "%00%F0%9F%98%80"):
        check_page(await browser.get(f"{NEW}?template={wanted}"), 404)


async def test_without_templates_the_page_says_how_to_get_one(site: Site) -> None:
    page = await (await site.member()).get(TEMPLATES)
    check_page(page)
    assert "No templates yet" in page.text
    assert f'href="{NEW}"' in page.text
