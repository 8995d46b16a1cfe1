"""Mails speak what their payer has read: receipts, refunds and answers."""

from linktill.core.link_request import RequestFields
from linktill.core.localization import Translation
from linktill.core.payers_language import Wish
from linktill.flows.answer_requests import answer_request
from linktill.flows.ask_for_link import AskGate, ask_for_link
from linktill.flows.refund_payment import refund_payment
from tests.flows.telling import Telling
from tests.flows.wishing import asked, canceled
from tests.notify.receivers import plain, postbox


async def test_a_receipt_and_a_refund_are_in_the_language_of_the_payers_page(telling: Telling) -> None:
    shop = telling.shop
    async with postbox() as server:
        telling.with_mail(server)
        link = await shop.link(description="Repair", translations={"de": Translation("Reparatur")})
        result = await shop.press_pay(link, wish=Wish("de", "fr"))
        await shop.fill_card(result)
        await shop.deliver()
        await telling.deliver()
        attempt = await shop.attempt(result.session.attempt_id)
        await refund_payment(shop.services, shop.id, attempt.id, amount_minor=1_500)
        await shop.poll()
        await telling.deliver()
        mails = sorted(server.to("ada@example.com"), key=lambda mail: str(mail["Subject"]))
        assert [str(mail["Subject"]) for mail in mails] == [
            "Beleg von Bea's Bikes: 40,00 $",
            "Erstattung von Bea's Bikes: 15,00 $",
        ]
        assert "Wofür: Reparatur" in plain(mails[0])
        assert "You" not in plain(mails[0]) + plain(mails[1])


async def test_whoever_asked_for_a_link_is_answered_in_the_language_they_asked_in(telling: Telling) -> None:
    shop = telling.shop
    async with postbox() as server:
        telling.with_mail(server)
        link = await canceled(shop)
        fields = RequestFields("ada@example.com", language="ja")
        await ask_for_link(shop.services, AskGate(shop.services.clock), link, fields, address="192.0.2.1")
        [request] = await asked(shop)
        fresh = await shop.link(description="Lesson", translations={"ja": Translation("レッスン")})
        await answer_request(shop.services, shop.id, request.id, fresh.id)
        await telling.deliver()
        [mail] = server.to("ada@example.com")
        assert str(mail["Subject"]) == "Bea's Bikes：「レッスン」をお支払いいただけます"
        assert "内容：レッスン" in plain(mail)
