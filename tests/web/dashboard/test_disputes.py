"""A payer's bank takes a payment back: the merchant reads what it costs, and cannot give the same money back again."""

import pytest

from tests.web.site import Site
from tests.web.test_every_page import check_page

OPENED_S = 7
DECIDED_S = 62


async def test_an_open_dispute_says_what_to_do_and_what_is_gone(site: Site) -> None:
    payment = await site.shop.pay(await site.shop.link(), card="dispute_lost")
    browser = await site.member()
    url = f"/dashboard/payments/{payment.id}"
    assert "Give money back" in (await browser.get(url)).text
    await told_later(site, OPENED_S)
    page = await browser.get(url)
    check_page(page)
    for words in ("The payer disputes this payment.", "Answer it</a> by "):
        assert words in page.text, words
    # 40.00 less 1.46 for the payment, less 40.00 taken, less 15.00 for the dispute.
    for words in (
        "Taken by the dispute",
        "-$40.00",
        "Fee of the dispute",
        "-$15.00",
        "It cost you",
        "$16.46",
    ):
        assert words in page.text, words
    assert "You keep" not in page.text
    assert "Give money back" not in page.text


@pytest.mark.parametrize(
    ("card", "words", "net"),
    [
        ("dispute_lost", "decided for the payer", ">$16.46<"),
        ("dispute_won", "decided for you", ">$23.54<"),
    ],
)
async def test_a_decided_dispute_says_for_whom(site: Site, card: str, words: str, net: str) -> None:
    payment = await site.shop.pay(await site.shop.link(), card=card)
    await told_later(site, OPENED_S)
    await told_later(site, DECIDED_S)
    page = await (await site.member()).get(f"/dashboard/payments/{payment.id}")
    check_page(page)
    assert words in page.text
    assert net in page.text
    # Won back, it is the merchant's to give.
    assert ("Give money back" in page.text) is (card == "dispute_won")


async def told_later(site: Site, seconds: float) -> None:
    """So much later, and the gateway's webhooks have arrived."""
    await site.shop.later(seconds)
    await site.shop.deliver()
