"""`linktill invoices`: issued, listed, written as PDF and voided from the command line."""

import asyncio

from linktill.core.ids import MerchantId
from linktill.flows.invoice_settings import set_invoice_terms
from linktill.flows.offline_account import set_up_offline
from linktill.main import open_services
from linktill.settings import read_settings
from tests.cli.children import environment
from tests.cli.conftest import Shop
from tests.cli.test_payments import CREATE
from tests.flows.invoicing import TERMS as INVOICES
from tests.offline import TERMS


async def set_up(shop: Shop) -> None:
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        await set_up_offline(services, MerchantId(shop.merchant_id), TERMS)
        await set_invoice_terms(services, MerchantId(shop.merchant_id), INVOICES)


def test_an_invoice_is_issued_listed_written_and_voided(shop: Shop):
    assert shop.run("invoices", "list").out == "No invoices so far.\n"
    asyncio.run(set_up(shop))
    link = shop.run(*CREATE).json
    payment = shop.run("payment", "record", link["id"], "--way", "cash", "--json").json
    made = shop.run("invoices", "issue", payment["id"], "--json").json
    assert (made["number"], made["total_minor"]) == ("INV-0001", 4_000)
    assert shop.run("invoices", "issue", payment["id"], "--json").json == made
    for document in (made["id"], payment["id"]):
        out = shop.folder / f"{document}.pdf"
        written = shop.run("invoices", "pdf", document, "--out", str(out), "--json").json
        assert written == {"path": str(out), "bytes": out.stat().st_size}
        assert out.read_bytes().startswith(b"%PDF-")
    refused = shop.run("invoices", "pdf", "inv_nobody", "--out", str(shop.folder / "x.pdf"), "--json")
    assert (refused.code, (shop.folder / "x.pdf").exists()) == (1, False)
    void = shop.run("invoices", "void", made["id"], "--reason", "Twice", "--json").json
    assert void["void_reason"] == "Twice"
    people = shop.run("invoices", "list").out
    assert ("INV-0001" in people, "void" in people, "€40.00" in people) == (True, True, True)
    assert shop.run("verify", "--json").json["status"] == "clean"
