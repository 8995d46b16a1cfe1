"""Answers to disputes at PayPal: what is sent, what trouble proves, and that a wrong message would be reported."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from linktill.core.dispute import DisputeStatus
from linktill.core.dispute_answer import Evidence
from linktill.gateways.contract import EvidenceOrder, Rejected
from linktill.gateways.testing.answers import EVERYTHING, SAID, disputed, look
from linktill.platform.http import HttpRequest
from tests.gateways.paypal_answers import answer_problems, words_of
from tests.gateways.paypal_rig import PayPalRig, paypal_rig
from tests.gateways.test_paypal_trouble import TROUBLES, Twisted, is_at


@pytest.fixture
async def paypal() -> AsyncIterator[PayPalRig]:
    async with paypal_rig() as running:
        yield running


Ask = Callable[[PayPalRig, str], Awaitable[None]]


async def submit(rig: PayPalRig, ref: str, evidence: Evidence = SAID) -> None:
    await rig.gateway.submit_evidence(rig.account, EvidenceOrder(ref, evidence), key="answer-dpa_1")


async def accept(rig: PayPalRig, ref: str) -> None:
    await rig.gateway.accept_dispute(rig.account, ref, key="answer-dpa_1")


ASKED: dict[str, Ask] = {"/provide-evidence": submit, "/accept-claim": accept}


async def test_the_form_to_the_byte(paypal: PayPalRig):
    ref = await disputed(paypal)
    await submit(
        paypal, ref, Evidence(explanation="Fetched.\nOn time.", customer_name="Ada", customer_ip="192.0.2.7")
    )
    look_first, sent = paypal.wire.sent
    assert (look_first.method, sent.method) == ("GET", "POST")
    assert sent.url == f"https://api-m.sandbox.paypal.com/v1/customer/disputes/{ref}/provide-evidence"
    assert sent.headers["content-type"] == "multipart/form-data; boundary=linktill-answer-dpa_1"
    assert sent.body == (
        b'--linktill-answer-dpa_1\r\ncontent-disposition: form-data; name="input"\r\n'
        b"content-type: application/json\r\n\r\n"
        b'{"evidences":[{"evidence_type":"OTHER","notes":"Fetched.\\nOn time."},'
        b'{"evidence_type":"ORDER_DETAILS","notes":"Customer\'s name: Ada\\nCustomer\'s IP address: 192.0.2.7"}]}'
        b"\r\n--linktill-answer-dpa_1--\r\n"
    )


async def test_no_text_can_end_the_form(paypal: PayPalRig):
    ref = await disputed(paypal)
    hostile = "x\r\n--linktill-answer-dpa_1--\r\ncontent-type: text/html\r\n\r\n"
    await submit(paypal, ref, Evidence(explanation=hostile))
    sent = paypal.wire.sent[-1]
    assert words_of(sent.headers["content-type"], sent.body)["evidences"][0]["notes"] == hostile


@pytest.mark.parametrize("trouble", sorted(TROUBLES))
@pytest.mark.parametrize("path", sorted(ASKED))
async def test_gf02_gf04_gf07_gf27_what_trouble_proves(paypal: PayPalRig, path: str, trouble: str):
    is_executed, answer, expected, _, requests = TROUBLES[trouble]
    ref = await disputed(paypal)
    paypal.wire.http = Twisted(paypal, path, is_executed, answer)
    with pytest.raises(expected) as met:
        await ASKED[path](paypal, ref)
    assert type(met.value) is expected
    assert len([each for each in paypal.wire.sent if is_at(each, path)]) == requests
    paypal.wire.http = paypal.company
    fact = await look(paypal, ref)
    is_done = fact.is_answered if path == "/provide-evidence" else fact.status is DisputeStatus.ACCEPTED
    assert is_done is is_executed


@pytest.mark.parametrize("path", sorted(ASKED))
async def test_what_paypal_does_not_offer_is_not_sent(paypal: PayPalRig, path: str):
    ref = await disputed(paypal)
    shown = paypal.company.disputes[ref]["shown"]
    shown["links"] = shown["links"][:1]
    with pytest.raises(Rejected, match="Resolution Center") as refused:
        await ASKED[path](paypal, ref)
    assert (refused.value.code, len(paypal.wire.sent)) == ("not_asked", 1)


async def test_a_claim_that_is_not_settled_by_a_refund_is_left_to_people(paypal: PayPalRig):
    ref = await disputed(paypal)
    options = {"accept_claim": {"accept_claim_types": ["REFUND_WITH_RETURN"]}}
    paypal.company.disputes[ref]["shown"]["allowed_response_options"] = options
    with pytest.raises(Rejected):
        await accept(paypal, ref)
    assert len(paypal.wire.sent) == 1


async def test_evidence_that_the_seller_gave_before_does_not_answer_a_new_question(paypal: PayPalRig):
    ref = await disputed(paypal)
    await submit(paypal, ref)
    assert (await look(paypal, ref)).is_answered is True
    paypal.company.disputes[ref]["shown"]["status"] = "WAITING_FOR_SELLER_RESPONSE"
    assert (await look(paypal, ref)).is_answered is False


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("/provide-evidence", b'"OTHER"', b'"WHIM"'),
        ("/provide-evidence", b'"notes"', b'"words"'),
        ("/provide-evidence", b'"evidences"', b'"evidence"'),
        ("/accept-claim", b'"REFUND"', b'"MAYBE"'),
        ("/accept-claim", b'"note"', b'"notes"'),
    ],
)
async def test_a_wrong_request_would_be_reported(paypal: PayPalRig, path: str, before: bytes, after: bytes):
    ref = await disputed(paypal)
    await (submit(paypal, ref, EVERYTHING) if path == "/provide-evidence" else accept(paypal, ref))
    sent = paypal.wire.sent[-1]
    known = next(
        each
        for each in paypal.company.descriptions
        if each.covers("POST", f"/v1/customer/disputes/{ref}{path}")
    )
    assert answer_problems(known, sent) == []
    changed = HttpRequest(sent.method, sent.url, sent.headers, sent.body.replace(before, after), 5.0)
    assert answer_problems(known, changed) != []


async def test_a_wrong_answer_would_be_reported(paypal: PayPalRig):
    ref = await disputed(paypal)
    for path in ASKED:
        at = f"/v1/customer/disputes/{ref}{path}"
        known = next(each for each in paypal.company.descriptions if each.covers("POST", at))
        assert known.response("POST", at, 200, b'{"links":[{"href":"https://x/","rel":"self"}]}') == []
        assert known.response("POST", at, 200, b'{"links":[{"href":"https://x/"}]}')
        assert known.response("POST", at, 200, b'{"links":[],"new":1}')
