"""Answers to disputes through the real flows and each vendor's adapter, against a vendor that speaks its published interface."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from linktill.core.dispute import Dispute, DisputeStatus
from linktill.core.dispute_answer import AnswerStatus, Evidence
from linktill.core.errors import FieldsInvalid
from linktill.core.ids import AttemptId
from linktill.core.link_terms import LinkFields
from linktill.flows.accounts import add_account, new_account_id
from linktill.flows.answer_dispute import (
    Asking,
    Drafting,
    ask_acceptance,
    ask_submission,
    new_answer_id,
    reach_of,
    save_draft,
)
from linktill.flows.manage_links import create_link
from linktill.flows.reconcile import compare_account, poll_attempts
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.send_answers import poll_answers
from linktill.flows.services import Services, moment_of
from linktill.flows.start_payment import PayForm, start_payment
from linktill.flows.verify_books import verify_books
from linktill.gateways.contract import Account, Started
from linktill.gateways.kind import Gateways, loaded
from linktill.gateways.testing import Break, How
from linktill.gateways.testing.base import OpenRig
from linktill.platform.clock import SystemClock
from linktill.platform.ids import SystemIds
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.storage import gateway_accounts, ledger
from linktill.storage.database import Database
from linktill.storage.dispute_answers import answers_of
from linktill.storage.disputes import disputes_of
from tests.gateways.paypal_rig import paypal_rig
from tests.gateways.square_rig import square_rig
from tests.gateways.stripe_rig import stripe_rig
from tests.make import BASE_URL, KEY, make_merchant

VENDORS: dict[str, OpenRig] = {"paypal": paypal_rig, "square": square_rig, "stripe": stripe_rig}
SAID = Evidence(explanation="It was fetched.", customer_name="Ada", refund_policy="Thirty days.")


class MovableClock:
    """The machine's clock, which the vendors' own stand beside."""

    def __init__(self) -> None:
        self._system, self.ahead_s = SystemClock(), 0.0

    def now_us(self) -> int:
        return self._system.now_us() + int(self.ahead_s * 1_000_000)

    def monotonic_s(self) -> float:
        return self._system.monotonic_s() + self.ahead_s

    async def sleep(self, seconds: float) -> None:
        await self._system.sleep(seconds)


@dataclass
class Case:
    """A payment over one vendor, disputed there and known here."""

    services: Services
    clock: MovableClock
    account: Account
    rig: Any
    attempt_id: AttemptId
    ref: str

    async def dispute(self) -> Dispute:
        [found] = await self.services.database.read(disputes_of, self.account.merchant_id, self.attempt_id)
        return found

    async def ask(self, evidence: Evidence | None = SAID) -> None:
        """Submits evidence, or (None) gives in."""
        run, merchant_id, dispute = self.services.database.run, self.account.merchant_id, await self.dispute()
        reach = await reach_of(self.services, merchant_id, dispute.id)
        asking = Asking(new_answer_id(self.services), dispute.id, reach, "mem_1")
        if evidence is None:
            await run(ask_acceptance, moment_of(self.services), merchant_id, asking)
            return
        drafting = Drafting(new_answer_id(self.services), dispute.id, evidence, "mem_1")
        await run(save_draft, moment_of(self.services), merchant_id, drafting)
        await run(ask_submission, moment_of(self.services), merchant_id, asking)

    async def turn(self, apart_s: float = 0) -> AnswerStatus:
        self.clock.ahead_s += apart_s
        await poll_answers(self.services)
        dispute = await self.dispute()
        found = await self.services.database.read(answers_of, self.account.merchant_id, dispute.id)
        return found[0].status

    async def compare(self) -> None:
        """The daily list, which brings what no webhook told."""
        stored = await self.services.database.read(
            gateway_accounts.get_account, self.account.merchant_id, self.account.id
        )
        assert stored is not None
        await compare_account(self.services, replace(stored, listed_at=0))

    async def disputes_balance(self) -> int:
        found = await self.services.database.read(ledger.balances, self.account.merchant_id)
        return sum(each.amount_minor for each in found if each.account == "disputes")


@pytest.fixture(params=VENDORS)
async def case(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Case]:
    async with VENDORS[request.param]() as found:
        rig: Any = found
        set_clock(rig)
        clock = MovableClock()
        services = Services(
            database=database,
            clock=clock,
            ids=SystemIds(),
            randomness=SystemRandomness(),
            http=rig.wire,
            vault=Vault(KEY, SystemRandomness()),
            gateways=Gateways(loaded(rig.gateway)),
            base_url=BASE_URL,
        )
        merchant = await make_merchant(services)
        account = replace(rig.account, merchant_id=merchant.id, id=new_account_id(services))
        if request.param == "square":
            rig.square.api_url = "https://connect.squareupsandbox.com"
            account = replace(account, credentials={**account.credentials, "environment": "sandbox"})
        await add_account(services, account)
        terms = LinkFields(4_000, "USD", "A bicycle repair")
        link = await create_link(services, merchant.id, terms, by="test")
        form = PayForm("submit-token-00000001", link.version, link.terms.amount, "ada@example.com", "Ada")
        result = await start_payment(services, link.slug, form)
        assert result.redirect_url is not None
        refs = {
            "stripe": lambda: list(rig.fake.things["checkout.session"]),
            "square": lambda: list(rig.square.orders),
            "paypal": lambda: list(rig.company.orders),
        }
        started = Started(refs[request.param]()[0], result.redirect_url)
        await rig.pay(started, How.SUCCESS)
        clock.ahead_s += 30
        await poll_attempts(services)
        ref = await rig.dispute(started)
        if request.param == "square":
            rig.square.disputes[ref]["due_at"] = "2099-10-04T00:00:00.000Z"
        made = Case(services, clock, account, rig, result.session.attempt_id, ref)
        await made.compare()
        rig.wire.sent.clear()
        yield made
        await seal_ledger(services)
        verified = await verify_books(services)
        assert [problem for problem in verified.problems if problem.invariant != "I6"] == []


def set_clock(rig: Any) -> None:
    """The vendor's clock to now."""
    now = int(time.time())
    if hasattr(rig, "fake"):
        rig.fake.now_s = now
    elif hasattr(rig, "square"):
        rig.square.now = now * 1_000_000
    else:
        rig.company.clock.at = now * 1_000_000


async def test_evidence_arrives_once_and_the_dispute_moves_on(case: Case) -> None:
    assert (await case.dispute()).status is DisputeStatus.NEEDS_RESPONSE
    await case.ask()
    assert await case.turn() is AnswerStatus.SUBMITTED
    assert (await case.dispute()).status is DisputeStatus.UNDER_REVIEW
    sent = [each for each in case.rig.wire.sent if each.method == "POST" and "token" not in each.url]
    for _ in range(3):
        assert await case.turn(3_600) is AnswerStatus.SUBMITTED
    after = [each for each in case.rig.wire.sent if each.method == "POST" and "token" not in each.url]
    assert after == sent


async def test_giving_in_is_booked(case: Case) -> None:
    await case.ask(None)
    assert await case.turn() is AnswerStatus.SUBMITTED
    assert (await case.dispute()).status in {DisputeStatus.LOST, DisputeStatus.ACCEPTED}
    assert await case.disputes_balance() == 4_000


@pytest.mark.parametrize("how", [Break.CUT_BEFORE, Break.CUT_AFTER, Break.NONSENSE_AFTER])
@pytest.mark.parametrize("is_evidence", [True, False])
async def test_gf02_an_answer_that_was_lost_is_found_or_sent_again_or_doubted(
    case: Case, how: Break, is_evidence: bool
) -> None:
    """PayPal takes no key for it: what did not arrive goes to a person, an hour later, and is never sent again."""
    broken: list[str] = []
    real = type(case.rig.gateway).submit_evidence, type(case.rig.gateway).accept_dispute

    async def breaks(gateway: Any, *args: Any, **named: Any) -> None:
        if not broken:
            broken.append("once")
            # Only now: the look before it is over.
            case.rig.break_answer(how, case.ref)
        await real[0 if is_evidence else 1](gateway, *args, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(case.rig.gateway), "submit_evidence" if is_evidence else "accept_dispute", breaks)
        await case.ask(SAID if is_evidence else None)
        assert await case.turn() is AnswerStatus.SUBMITTING
        is_lost = how is Break.CUT_BEFORE and case.account.gateway == "paypal"
        for _ in range(24):
            await case.turn(200)
        assert await case.turn(200) is (AnswerStatus.UNKNOWN if is_lost else AnswerStatus.SUBMITTED)
    actions = ("/submit-evidence", "/accept", "/close", "/provide-evidence", "/accept-claim", f"/{case.ref}")
    posts = [each for each in case.rig.wire.sent if each.method == "POST" and each.url.endswith(actions)]
    assert len(posts) == (2 if how is Break.CUT_BEFORE and not is_lost else 1)


async def test_what_is_too_long_for_the_gateway_is_said_before_anything_is_sent(case: Case) -> None:
    if case.rig.gateway.evidence_chars_max < 2_000:
        with pytest.raises(FieldsInvalid) as refused:
            await case.ask(Evidence(explanation="x" * 501, agreement="y" * 500))
        assert [each.param for each in refused.value.errors] == ["explanation"]
    else:
        await case.ask(Evidence(explanation="x" * 2_000))
    assert case.rig.wire.sent == [] or case.account.gateway != "square"
