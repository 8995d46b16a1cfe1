"""Square's webhooks: its own test vectors and example events, what is signed, and what each event hints at."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.payment_attempt import FactKind
from linktill.core.refund import RefundFactKind
from linktill.gateways.contract import Account, Hint, SignatureRefused
from linktill.gateways.square import signature
from linktill.gateways.square.gateway import SquareGateway
from linktill.gateways.square.signature import HEADER
from linktill.platform.http import HttpRequest, HttpResponse
from tests.gateways.square_fake import sign

SAMPLES = Path(__file__).parents[3] / "shared" / "contracts" / "samples"
EVENTS = sorted((SAMPLES / "square").glob("*.json"))
needs_samples = pytest.mark.skipif(not EVENTS, reason=f"the vendor's samples are not in {SAMPLES}")

URL = "https://pay.example.com/in/square/gwa_1"
SECRET = "Ibxx_5AKakO-3qeNVR61Dw"
ACCOUNT = Account(MerchantId("mer_1"), GatewayAccountId("gwa_1"), "square", {"webhook_url": URL}, (SECRET,))
NOW = 1_790_000_000_000_000


class Silent:
    async def send(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError(f"a signature is checked without asking: {request.url}")


SQUARE = SquareGateway(Silent())


def verify(body: bytes, header: str, account: Account = ACCOUNT) -> Hint:
    return SQUARE.verify(account, {HEADER: header}, body, now=NOW)


def hint_of(event: object) -> Hint:
    body = json.dumps(event).encode()
    return verify(body, sign(SECRET, URL, body))


def event(name: str, about: Mapping[str, object], kind: str = "test") -> dict[str, object]:
    return {
        "event_id": "event-1",
        "type": kind,
        "created_at": "2026-02-06T21:27:34.308Z",
        "data": {"type": name, "id": "1", "object": {name: about}},
    }


@needs_samples
def test_square_s_own_vectors_verify_and_their_tampered_twins_do_not():
    vectors = json.loads((SAMPLES / "signature_vectors.json").read_text())["square"]
    assert len(vectors) == 2
    for vector in vectors:
        body, key, url, given = vector["body"].encode(), vector["key"], vector["url"], vector["sig"]
        assert sign(key, url, body) == given
        signature.verify([key], [url], given, body)
        for wrong in (
            ([key], [url + "/"], given, body),
            ([key], [url.replace("https", "http")], given, body),
            ([key + "x"], [url], given, body),
            ([key], [url], given[:-2] + "A=", body),
            ([key], [url], given.rstrip("="), body),
            ([key], [url], given, body + b" "),
        ):
            with pytest.raises(SignatureRefused):
                signature.verify(*wrong)


@needs_samples
@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_wi05_each_of_square_s_example_events_is_believed_and_not_with_one_byte_changed(path: Path):
    body = path.read_bytes()
    given = sign(SECRET, URL, body)
    hint = verify(body, given)
    told = json.loads(body)
    assert (hint.event_id, hint.event_type) == (told["event_id"], told["type"])
    for at in range(0, len(body), 7):
        with pytest.raises(SignatureRefused, match="does not fit"):
            verify(body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], given)


@needs_samples
def test_what_the_example_events_hint_at():
    hints = {
        path.name.partition(".Di")[0]: verify(path.read_bytes(), sign(SECRET, URL, path.read_bytes()))
        for path in EVENTS
    }
    shown = {
        hint.event_type: (hint.payment_ref, hint.refund_ref, hint.dispute_ref)
        for hint in hints.values()
        if hint.payment_ref or hint.refund_ref or hint.dispute_ref
    }
    order, dispute = "03O3USaPaAaFnI6kkwB1JxGgBsUZY", "ORSEVtZAJxb37RA1EiGw"
    refund = "KkAkhdMsgzn59SM8A89WgKwekxLZY_ptNBVqHYxt5gAdfcobBe4u1AZsXhoz06KTtuq9Ls24P"
    about = dict.fromkeys(
        (
            "dispute.created",
            "dispute.evidence.added",
            "dispute.evidence.created",
            "dispute.evidence.deleted",
            "dispute.evidence.removed",
            "dispute.state.changed",
            "dispute.state.updated",
        )
    )
    assert shown == {
        "payment.created": (order, None, None),
        "payment.updated": (order, None, None),
        "refund.created": (None, refund, None),
        "refund.updated": (None, refund, None),
        **dict.fromkeys(about, (None, None, dispute)),
    }
    ended = {hint.event_type for hint in hints.values() if hint.is_dispute_closed}
    assert ended == {"dispute.state.changed", "dispute.state.updated"}


def test_wi12_what_is_of_no_interest_hints_at_nothing():
    told = {
        "event_id": "ac3ac95b",
        "type": "webhooks.test_notification",
        "created_at": "2022-07-13T20:30:59.037339943Z",
        "data": {"type": "webhooks", "id": "1"},
    }
    assert hint_of(told) == Hint("ac3ac95b", "webhooks.test_notification", 1_657_744_259_037_339)
    assert hint_of(event("payment", {"id": "P", "status": "COMPLETED"})).payment_ref is None


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("APPROVED", None),
        ("COMPLETED", FactKind.CAPTURED),
        ("FAILED", None),
        ("CANCELED", None),
        ("NEW", None),
    ],
)
def test_wi20_only_a_completed_payment_has_ended(status: str, end: FactKind | None):
    hint = hint_of(
        event("payment", {"id": "P", "order_id": "O", "status": status, "note": "pay_1", "new": 1})
    )
    assert (hint.payment_ref, hint.reference, hint.payment_end) == ("O", "pay_1", end)


@pytest.mark.parametrize("name", ["payment", "refund", "dispute"])
def test_wi12_what_happened_at_another_location_is_of_no_interest(name: str):
    money = {"amount": 1, "currency": "USD"}
    account = replace(ACCOUNT, credentials={**ACCOUNT.credentials, "location_id": "HERE"})
    for place, is_ours in (("HERE", True), (None, True), ("TILL", False)):
        about = {"id": "X", "order_id": "O", "amount_money": money, "location_id": place}
        body = json.dumps(event(name, about)).encode()
        hint = verify(body, sign(SECRET, URL, body), account)
        assert any((hint.payment_ref, hint.refund_ref, hint.dispute_ref)) is is_ours


def test_notes_of_others_are_no_reference():
    assert hint_of(event("payment", {"id": "P", "order_id": "O", "note": "Thanks, Ada"})).reference is None


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("PENDING", None),
        ("COMPLETED", RefundFactKind.SUCCEEDED),
        ("REJECTED", RefundFactKind.FAILED),
        ("FAILED", RefundFactKind.FAILED),
        ("NEW", None),
        (None, None),
    ],
)
def test_how_a_refund_ended(status: str | None, end: RefundFactKind | None):
    money = {"amount": 1, "currency": "USD"}
    about = {"id": "R", "status": status, "amount_money": money, "reason": "duplicate (re_1)"}
    hint = hint_of(event("refund", about))
    assert (hint.refund_ref, hint.reference, hint.refund_end) == ("R", "re_1", end)


@pytest.mark.parametrize("state", ["WON", "LOST", "ACCEPTED", "INQUIRY_CLOSED"])
def test_a_dispute_that_is_over_says_so(state: str):
    assert hint_of(event("dispute", {"id": "D", "state": state})).is_dispute_closed
    assert not hint_of(event("dispute", {"id": "D", "state": f"{state}_NOT"})).is_dispute_closed


def test_while_the_address_changes_both_are_good():
    body = json.dumps(event("payment", {"id": "P", "order_id": "O"})).encode()
    both = replace(ACCOUNT, credentials={"webhook_url": f"https://old.example.com/in/square/gwa_1 {URL}"})
    for url in both.credentials["webhook_url"].split():
        assert verify(body, sign(SECRET, url, body), both).payment_ref == "O"
    with pytest.raises(SignatureRefused, match="does not fit"):
        verify(body, sign(SECRET, "https://old.example.com/in/square/gwa_1", body))


@pytest.mark.parametrize("credentials", [{}, {"webhook_url": ""}, {"webhook_url": " "}])
def test_without_its_address_nothing_is_believed(credentials: dict[str, str]):
    body = json.dumps(event("payment", {"id": "P", "order_id": "O"})).encode()
    for url in (URL, ""):
        with pytest.raises(SignatureRefused, match="webhook_url"):
            verify(body, sign(SECRET, url, body), replace(ACCOUNT, credentials=credentials))


@pytest.mark.parametrize("created_at", ["", "yesterday", "2026-02-06T21:27:34", "9" * 40])
def test_wi18_a_time_that_is_none_is_refused(created_at: str):
    with pytest.raises(SignatureRefused, match="not an event"):
        hint_of({**event("payment", {"id": "P"}), "created_at": created_at})


@given(st.text(max_size=60))
def test_whatever_is_in_the_header_is_refused(header: str):
    with pytest.raises(SignatureRefused):
        verify(b"{}", header)
