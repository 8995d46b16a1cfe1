"""A link is sent by mail from the dashboard: it looks beforehand as it will, and goes out once."""

from linktill.core.link_message import TO_ONE_MAX
from tests.flows.sending import send, sent
from tests.web.site import Site
from tests.web.test_every_page import check_page


async def test_a_link_is_sent_once_and_shows_to_whom(site: Site) -> None:
    link = await site.shop.link(description="Cups & <bowls>")
    browser = await site.member()
    path = f"/dashboard/links/{link.id}/send"
    page = await browser.get(path)
    check_page(page)
    typed = {"to": "ada@example.com, bo@example.com\nADA@example.com", "note": "Hi <b>there</b>"}
    done = await browser.submit(page, path, **typed)
    assert done.status == 303
    assert (await browser.submit(page, path, **typed)).status == 303
    assert [each.message.recipient for each in await sent(site.shop, link)] == [
        "bo@example.com",
        "ada@example.com",
    ]
    shown = await browser.follow(done)
    check_page(shown)
    for words in ("ada@example.com", "bo@example.com", "Sent by e-mail"):
        assert words in shown.text


async def test_the_preview_is_the_mail_and_can_do_nothing(site: Site) -> None:
    link = await site.shop.link(description="Cups & <bowls>")
    browser = await site.member()
    path = f"/dashboard/links/{link.id}/send"
    preview = await browser.get(f"{path}/preview?note=Hi+%3Cb%3Ethere%3C%2Fb%3E")
    assert "sandbox" in preview.header("content-security-policy")
    assert b"Hi &lt;b&gt;there&lt;/b&gt;" in preview.body
    assert b"Cups &amp; &lt;bowls&gt;" in preview.body
    page = await browser.get(path)
    by_button = await browser.post(f"{path}/preview", {**page.form(path), "note": "Hi <b>there</b>"})
    assert by_button.body == preview.body
    assert await sent(site.shop, link) == []


async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_sent(site: Site) -> None:
    link = await site.shop.link()
    browser = await site.member()
    path = f"/dashboard/links/{link.id}/send"
    page = await browser.get(path)
    refused = await browser.submit(page, path, to="ada@example.com nobody", note="4242 4242 4242 4242")
    check_page(refused, 422)
    assert "“nobody” is no e-mail address." in refused.text
    assert refused.form(path)["to"] == "ada@example.com nobody"
    assert 'aria-invalid="true"' in refused.text
    check_page(await browser.submit(page, path, to=""), 422)
    for _ in range(TO_ONE_MAX):
        await send(site.shop, link.id, "ada@example.com")
    full = await browser.submit(page, path, to="ada@example.com")
    check_page(full, 422)
    assert "Write to them tomorrow" in full.text
    assert len(await sent(site.shop, link)) == TO_ONE_MAX
