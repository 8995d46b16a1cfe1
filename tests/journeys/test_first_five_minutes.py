"""docs/first-five-minutes.md, tried word for word: its commands are run, and what it says in bold is read on the pages."""

import asyncio
import re
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.cli.children import LINKTILL
from tests.journeys.chromium import person
from tests.journeys.installation import Installation, told_demo
from tests.journeys.people import Merchant, Payer, reload_until

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "first-five-minutes.md").read_text()
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module", params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_the_first_five_minutes(place: Path, browser: Browser) -> None:
    start, program, verify = COMMANDS
    assert start == 'make run ARGS="--data data"\n'
    async with told_demo(place, "--data", "data") as linktill:
        told = dict(re.findall(r"^ *(\S.*?)  +(\S+)$", linktill.console, re.MULTILINE))
        async with person(browser, width=390) as ada:
            payer = Payer(ada.page)
            await ada.page.goto(told["A link to pay"])
            await ada.page.get_by_role("button", name=said("Pay $42.00")).click()
            await at_the_sandbox(payer, "4242 4242 4242 4242", said("Pay USD 42.00"))
            await payer.reads(said("Paid. Thank you!"))
        async with person(browser, permissions=["clipboard-read", "clipboard-write"]) as owner:
            merchant = Merchant(owner.page, linktill.base_url)
            await see_it(merchant, told)
            await make_a_link(merchant, browser)
            await give_a_part_back(merchant)
        assert await run(linktill, program.replace("lt_test_…", told["API key"])) != ""
        assert said("The books are in order") in await run(linktill, verify)


def said(words: str) -> str:
    """The words, which the guide has in bold: what it says must be what is there."""
    assert f"**{words}**" in " ".join(GUIDE.split()), f"the guide does not say {words}"
    return words


async def run(linktill: Installation, command: str) -> str:
    """What the command prints, on this installation's port and program."""
    port = linktill.base_url.rpartition(":")[2]
    command = command.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace(".venv/bin/linktill", LINKTILL)
    process = await asyncio.create_subprocess_shell(
        command, cwd=linktill.folder, env=linktill.environment, stdout=PIPE, stderr=PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return out.decode()


async def at_the_sandbox(payer: Payer, number: str, button: str) -> None:
    assert f"`{number}`" in GUIDE
    await payer.page.get_by_label("Card number").fill(number)
    await payer.page.get_by_label("Expiry").fill("12/34")
    await payer.page.get_by_label("Security code").fill("123")
    await payer.page.get_by_role("button", name=button).click()


async def see_it(merchant: Merchant, told: dict[str, str]) -> None:
    page = merchant.page
    await page.goto(told["Dashboard"])
    await merchant.sign_in(told["e-mail"], told["password"])
    today = page.locator(".stat", has_text=said("Received today"))
    await expect(today).to_contain_text("$42.00")
    await open_payment(merchant)
    money = await merchant.money()
    assert (money["Fee of Sandbox"], money[said("You keep")]) == ("-$1.52", "$40.48")
    await expect(page.get_by_role("heading", name=said("History"))).to_be_visible()
    await merchant.go(said("Mails"))
    await reload_until(page, page.get_by_role("link", name="Paid: $42.00 for Bicycle service, spring check"))
    await merchant.go(said("Books"))
    for account in ("Sales", "Gateway fees", "Held at the gateway"):
        balances = page.get_by_role("region", name="Balances")
        await expect(balances.get_by_text(said(account), exact=True)).to_be_visible()


async def open_payment(merchant: Merchant) -> None:
    await merchant.go(said("Payments"))
    await merchant.page.get_by_role("link", name="Bicycle service, spring check").click()
    await expect(merchant.page.get_by_role("heading", level=1)).to_have_text("$42.00")


async def make_a_link(merchant: Merchant, browser: Browser) -> None:
    page = merchant.page
    await merchant.go(said("Home"))
    await page.get_by_role("link", name=said("New payment link")).click()
    await page.get_by_label(said("What is it for?")).fill("Two spokes")
    await page.get_by_label(said("How much?")).fill("12")
    await expect(page.get_by_role("heading", name=said("What your payer sees"))).to_be_visible()
    await merchant.press(said("Create the link"))
    await merchant.press(said("Copy"))
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    url = str(await page.evaluate("navigator.clipboard.readText()"))
    async with person(browser, width=390) as ada:
        payer = Payer(ada.page)
        await ada.page.goto(url)
        await ada.page.get_by_role("button", name="Pay $12.00").click()
        await at_the_sandbox(payer, "4000 0000 0000 0002", "Pay USD 12.00")
        await payer.reads(said("The payment did not go through"))
        await ada.page.get_by_role("button", name=said("Try again")).click()
        await at_the_sandbox(payer, "4242 4242 4242 4242", "Pay USD 12.00")
        await payer.reads("Paid. Thank you!")
    await page.reload()
    await expect(merchant.badge).to_have_text(said("Paid"))
    payments = page.get_by_role("region", name="Payments").get_by_role("row")
    await expect(payments.filter(has_text="Failed")).to_have_count(1)


async def give_a_part_back(merchant: Merchant) -> None:
    page = merchant.page
    await open_payment(merchant)
    region = page.get_by_role("region", name=said("Give money back"))
    await region.get_by_label(said("A part of it")).check()
    await region.get_by_label("Amount in USD").fill("10")
    await merchant.press(said("Give the money back"))
    await reload_until(page, merchant.badge.filter(has_text=said("Partly refunded")))
    assert (await merchant.money())["You keep"] == "$30.48"
