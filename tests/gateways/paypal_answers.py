"""Disputes at the PayPal that tests talk to: a seller provides evidence while a link offers it, or accepts the claim."""

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Protocol

from linktill.platform.http import HttpRequest
from tests.gateways.openapi import Description
from tests.gateways.paypal_words import Refusal, Row

API = "https://api-m.sandbox.paypal.com"
OFFERED = ("provide-evidence", "accept-claim")
EVIDENCE = {"$ref": "#/components/schemas/evidence"}
CLAIM = {"$ref": "#/components/schemas/accept_claim_type"}
NOTE = {"$ref": "#/components/schemas/evidence"}


class Books(Protocol):
    """What the company lends."""

    def now(self) -> str: ...
    def deliver(self, event_type: str, resource_type: str, resource: Row) -> None: ...


def waiting(ref: str) -> Row:
    """What makes a dispute one that waits for its seller's evidence."""
    href = f"{API}/v1/customer/disputes/{ref}"
    return {
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "dispute_life_cycle_stage": "CHARGEBACK",
        "evidences": [{"evidence_type": "OTHER", "source": "REQUESTED_FROM_SELLER"}],
        "allowed_response_options": {"accept_claim": {"accept_claim_types": ["REFUND"]}},
        "links": [{"href": href, "rel": "self", "method": "GET"}]
        + [{"href": f"{href}/{action}", "rel": action, "method": "POST"} for action in OFFERED],
    }


def words_of(request_type: str, body: bytes) -> Row:
    """The words of a form, read by another library than the one that wrote them."""
    if request_type == "application/json":
        found: Row = json.loads(body)
        return found
    whole = BytesParser(policy=HTTP).parsebytes(
        b"content-type: " + request_type.encode() + b"\r\n\r\n" + body
    )
    [part] = whole.iter_parts()
    assert part.get_content_type() == "application/json"
    assert part["content-disposition"] == 'form-data; name="input"'
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    told: Row = json.loads(payload)
    return told


def answer_problems(known: Description, request: HttpRequest) -> list[str]:
    """What is wrong with an answer to a dispute. The description names the form's file only, and its words as schemas."""
    path = request.url.partition("?")[0]
    operation = known.doc["paths"]["/v1/customer/disputes/{id}/" + path.rpartition("/")[2]]["post"]
    body = known._found(operation["requestBody"])["content"]
    assert list(body) == ["multipart/form-data"]
    words = words_of(request.headers["content-type"], request.body)
    if path.endswith("/accept-claim"):
        wrong = known._problems(CLAIM, words.pop("accept_claim_type", None))
        wrong += known._problems(NOTE, {"evidence_type": "OTHER", "notes": words.pop("note", None)})
    else:
        pieces = words.pop("evidences", [])
        wrong = [problem for piece in pieces for problem in known._problems(EVIDENCE, piece)]
        wrong += [] if 1 <= len(pieces) <= 100 else ["evidences: none"]
    return wrong + [f"{name}: unknown" for name in words]


def answer_dispute(company: Books, dispute: Row, action: str, body: bytes) -> dict[str, Any]:
    """What the seller asks for; refused where the dispute does not offer it."""
    if all(link["rel"] != action for link in dispute.get("links", [])):
        raise Refusal(400, "ACTION_NOT_ALLOWED_IN_CURRENT_DISPUTE_STATE")
    boundary = body.partition(b"\r\n")[0].removeprefix(b"--").decode()
    if action == "provide-evidence":
        said = words_of(f"multipart/form-data; boundary={boundary}", body)["evidences"]
        mine = [{**piece, "source": "SUBMITTED_BY_SELLER", "date": company.now()} for piece in said]
        dispute |= {"status": "UNDER_REVIEW", "evidences": dispute["evidences"] + mine}
    else:
        outcome = {"outcome_code": "ACCEPTED", "amount_refunded": dispute["dispute_amount"]}
        dispute |= {"status": "RESOLVED", "dispute_outcome": outcome}
    dispute["links"] = dispute["links"][:1]
    company.deliver("CUSTOMER.DISPUTE.UPDATED", "dispute", dispute)
    return {"links": dispute["links"]}
