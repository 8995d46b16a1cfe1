"""Mails: how they stand, and another try for those that did not go out."""

from linktill.core.ids import EventId
from linktill.flows.manage_mails import get_mail
from linktill.storage import mails
from linktill.storage.database import Database
from linktill.storage.mails import FAILED, KEPT, PENDING, SENT, Mail, insert_mail
from tests.web.site import Site, site_on
from tests.web.test_every_page import check_page

MAILS = "/dashboard/mails"
WORDS = {SENT: "Sent", PENDING: "On its way", FAILED: "Not sent", KEPT: "Kept"}


async def written(site: Site, number: int, status: str) -> str:
    mail_id = f"mail_{number:026}"
    error = "The mail server said 550: <nobody>" if status == FAILED else None
    mail = Mail(
        site.shop.id, mail_id, EventId(f"evt_{number}"), "receipt", "ada@example.com", "Bea's Bikes", "Receipt",
        "Thank you", "", status, error, 5, 5,
    )  # fmt: skip
    await site.shop.services.database.run(insert_mail, mail)
    return mail_id


async def test_a_mail_that_failed_says_why_and_is_sent_again(database: Database) -> None:
    async with site_on(database, mail_server="smtp.example.com:587") as site:
        browser = await site.member()
        token = (await browser.get("/dashboard/settings")).form("/dashboard/settings")["csrf_token"]
        ids = {status: await written(site, number, status) for number, status in enumerate(WORDS)}
        listed = await browser.get(MAILS)
        check_page(listed)
        for words in WORDS.values():
            assert words in listed.text, words
        assert "No mail server" not in listed.text
        for status in (SENT, PENDING):
            shown = await browser.get(f"{MAILS}/{ids[status]}")
            assert "/send" not in shown.body.decode()
            check_page(await browser.post(f"{MAILS}/{ids[status]}/send", {"csrf_token": token}), 409)
        for status in (FAILED, KEPT):
            shown = await browser.get(f"{MAILS}/{ids[status]}")
            check_page(shown)
            assert ("550: <nobody>" in shown.text) is (status == FAILED)
            url = f"{MAILS}/{ids[status]}/send"
            check_page(await browser.submit(shown, url, csrf_token="x"), 403)
            sent = await browser.submit(shown, url)
            assert sent.location == f"{MAILS}/{ids[status]}"
            assert "It is being sent again" in (await browser.follow(sent)).text
            mail = await get_mail(site.shop.services, site.shop.id, ids[status])
            assert mail.status == PENDING
            # Pressed a second time: it is on its way.
            check_page(await browser.submit(shown, url), 409)
            assert (await browser.get(url)).location == f"{MAILS}/{ids[status]}"
        check_page(await browser.post(f"{MAILS}/mail_none/send", {"csrf_token": token}), 404)


async def test_without_a_mail_server_nothing_is_sent(site: Site) -> None:
    browser = await site.member()
    kept = await written(site, 1, KEPT)
    shown = await browser.get(f"{MAILS}/{kept}")
    assert "/send" not in shown.body.decode()
    token = (await browser.get("/dashboard/settings")).form("/dashboard/settings")["csrf_token"]
    check_page(await browser.post(f"{MAILS}/{kept}/send", {"csrf_token": token}), 409)
    [mail] = await site.shop.services.database.read(mails.list_mails, site.shop.id, limit=9)
    assert mail.status == KEPT
