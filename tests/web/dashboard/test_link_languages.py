"""The languages of a link in its form: fixed or not, and its texts in each, added when asked for."""

from linktill.core.ids import LinkId
from linktill.core.localization import Translation
from linktill.flows.manage_links import read_link
from tests.web.site import Site
from tests.web.test_every_page import check_page


async def test_texts_in_other_languages_are_added_on_demand_kept_and_shown_again(site: Site) -> None:
    member = await site.member()
    empty = await member.get("/dashboard/links/new")
    assert "in_de_description" not in empty.text
    asked = await member.submit(
        empty, "/dashboard/links", description="Lesson", amount="40", more_rows="languages"
    )
    assert "in_de_description" in asked.text
    wrong = await member.submit(asked, "/dashboard/links", in_de_note="4242 4242 4242 4242", more_rows="")
    assert wrong.status == 422
    assert 'id="in_de_note-error"' in wrong.text
    made = await member.submit(
        wrong, "/dashboard/links", in_de_note="", in_de_description="Unterricht", locale="de", more_rows=""
    )
    assert made.status == 303
    link_id = LinkId(made.location.split("/")[3].partition("?")[0])
    link = (await read_link(site.shop.services, site.shop.id, link_id)).link
    assert link.terms.locale == "de"
    assert link.terms.translations == {"de": Translation("Unterricht")}
    form = await member.get(f"/dashboard/links/{link.id}/edit")
    check_page(form)
    assert 'value="Unterricht"' in form.text
    assert "in_fr_description" not in form.text


async def test_the_usual_language_is_a_setting(site: Site) -> None:
    member = await site.member()
    settings = await member.get("/dashboard/settings")
    refused = await member.submit(settings, "/dashboard/settings", language="tlh")
    assert refused.status == 422
    assert (await member.submit(settings, "/dashboard/settings", language="ja")).status == 303
    page = await site.browser().get(f"/p/{(await site.shop.link()).slug}")
    assert '<html lang="ja"' in page.text
