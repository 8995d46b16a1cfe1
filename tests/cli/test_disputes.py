"""`linktill dispute`, word for word as docs/disputes.md shows it, on an installation whose one payment is disputed."""

import asyncio
import json
import shlex

import pytest

from linktill.core.checkout_session import CheckoutSession, SessionStatus, attempt_of
from linktill.core.dispute import DisputeFact, DisputeStatus
from linktill.core.ids import AttemptId, GatewayAccountId, LinkId, MerchantId, SessionId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.flows.apply_fact import apply_fact
from linktill.flows.follow_dispute import apply_dispute_fact
from linktill.flows.services import Moment, moment_of
from linktill.main import open_services
from linktill.settings import read_settings
from linktill.storage import attempts, links, sessions
from linktill.storage.database import Tx
from tests.architecture.source import ROOT
from tests.cli.children import environment
from tests.cli.conftest import PLAIN, Shop
from tests.cli.test_documents import NAME, shown_commands

DOCUMENT = (ROOT / "docs" / "disputes.md").read_text(encoding="utf-8")
AMOUNT = Money(100, "USD")


async def _dispute(tx: Tx, moment: Moment, merchant_id: MerchantId, link_id: LinkId) -> str:
    """Unit: a payment of the link, captured and disputed."""
    session = CheckoutSession(
        merchant_id,
        SessionId("cs_1"),
        link_id,
        1,
        SessionStatus.PROCESSING,
        AMOUNT,
        "A repair",
        "submit-token-1",
        "token-1",
        AttemptId("pay_1"),
        1,
        "ada@example.com",
        "Ada",
        moment.now,
        moment.now + 3_600_000_000,
    )
    account_id = GatewayAccountId("gwa_1")
    attempt = attempt_of(session, "sandbox", account_id, now=moment.now, poll_at=moment.now + 10**12)
    link = await links.get_link(tx, merchant_id, link_id)
    assert link is not None
    assert await links.claim_slot(tx, link, AMOUNT, now=moment.now)
    assert await sessions.insert_session(tx, session)
    await attempts.insert_attempt(tx, attempt)
    paid = AttemptFact(FactKind.CAPTURED, gateway_ref="sbpay_1", reference="pay_1", amount=AMOUNT)
    await apply_fact(tx, moment, merchant_id, attempt.id, paid)
    fact = DisputeFact(
        gateway_ref="sbdis_1",
        payment_ref="sbpay_1",
        reference="pay_1",
        status=DisputeStatus.NEEDS_RESPONSE,
        amount=AMOUNT,
        fee=None,
        is_withdrawn=True,
        reason="fraudulent",
        respond_by=moment.now + 7 * 86_400_000_000,
    )
    return (await apply_dispute_fact(tx, moment, merchant_id, attempt.id, fact)).id


async def _disputed(shop: Shop, link_id: str) -> str:
    async with open_services(read_settings(environment(shop.folder, **shop.settings))) as services:
        return await services.database.run(
            _dispute, moment_of(services), MerchantId(shop.merchant_id), LinkId(link_id)
        )


@pytest.fixture
def dispute_id(shop: Shop) -> str:
    link = shop.run("links", "create", "--json", *PLAIN).json
    return asyncio.run(_disputed(shop, link["id"]))


def test_every_command_of_the_document_does_what_it_says(shop: Shop, dispute_id: str):
    commands = shown_commands(DOCUMENT)
    assert len(commands) == 5
    for text, answer in commands:
        words = [dispute_id if word == "$DISPUTE_ID" else word for word in shlex.split(text)]
        done = shop.run(*words)
        assert done.code == 0, (text, done)
        if answer:
            told = json.dumps(json.loads(done.out), separators=(",", ":"))
            assert [name for name in NAME.findall(answer) if f'"{name}":' not in told] == [], text
    assert shop.run("verify", "--json").json["status"] == "clean"


def test_a_draft_keeps_what_is_not_given(shop: Shop, dispute_id: str):
    shown = shop.run("dispute", "show", dispute_id, "--json").json
    assert (shown["answer"], shown["known"]["customer_name"]) == (None, "Ada")
    assert "A repair" in shop.run("dispute", "show", dispute_id).out
    first = shop.run("dispute", "draft", dispute_id, "--explanation", "Fetched.", "--json").json
    again = shop.run("dispute", "draft", dispute_id, "--customer-name", "", "--json").json
    assert (again["id"], again["status"]) == (first["id"], "drafted")
    assert (again["evidence"]["explanation"], again["evidence"]["customer_name"]) == ("Fetched.", "")
    people = shop.run("dispute", "draft", dispute_id)
    assert ("evidence, drafted" in people.out, "Fetched." in people.out) == (True, True)


def test_giving_in(shop: Shop, dispute_id: str):
    assert "needs_response" in shop.run("dispute", "list").out
    asked = shop.run("dispute", "accept", dispute_id, "--json").json
    assert (asked["kind"], asked["status"], asked["evidence"]) == ("acceptance", "submitting", None)
    refused = shop.run("dispute", "draft", dispute_id, "--explanation", "x", "--json")
    assert (refused.code, "on its way" in refused.out + refused.err) == (1, True)


def test_bad_input_names_the_field(shop: Shop, dispute_id: str):
    for words, told in (
        (("show", "dp_nothing"), "There is no dispute dp_nothing."),
        (("submit", dispute_id), "There is no evidence yet"),
        (("draft", dispute_id, "--agreement", "x" * 2_001), "agreement"),
        (("accept", "dp_nothing"), "There is no dispute"),
    ):
        done = shop.run("dispute", *words, "--json")
        assert (done.code, told in done.out + done.err) == (1, True), done
    assert shop.run("dispute", "list", "--json").json["data"][0]["id"] == dispute_id
