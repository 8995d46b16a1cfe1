"""How a merchant answers a dispute over the API: with evidence, or by giving in."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from linktill.sandbox import disputes
from linktill.sandbox.asgi import Refused, Response, json_response
from linktill.sandbox.database import Tx
from linktill.sandbox.records import Account, Dispute

Text = Annotated[str, Meta(max_length=2_000)]


class SubmitEvidence(Struct, forbid_unknown_fields=True):
    """POST /v1/disputes/{id}/evidence."""

    explanation: Text = ""
    product_description: Text = ""
    customer_name: Text = ""
    customer_email: Text = ""
    customer_ip: Text = ""
    agreement: Text = ""
    service_date: Text = ""
    delivery_proof: Text = ""
    refund_policy: Text = ""
    communication: Text = ""


def text_of(said: SubmitEvidence) -> str:
    """What is kept of it. Raises Refused where nothing is said."""
    given = {name: text for name, text in msgspec.structs.asdict(said).items() if text}
    if not given:
        raise Refused(422, "invalid", "Say something.", param="explanation")
    return msgspec.json.encode(given).decode()


def take_evidence(tx: Tx, account: Account, dispute_id: str, said: str) -> Response:
    """Unit: the dispute under review. Raises Refused."""
    _owned(tx, account, dispute_id)
    return _answered(tx, account, dispute_id, disputes.take_evidence(tx, dispute_id, said))


def accept(tx: Tx, account: Account, dispute_id: str) -> Response:
    """Unit: the dispute accepted. Raises Refused."""
    _owned(tx, account, dispute_id)
    return _answered(tx, account, dispute_id, disputes.accept(tx, dispute_id))


def _owned(tx: Tx, account: Account, dispute_id: str) -> Dispute:
    dispute = disputes.find_owned(tx, account.id, dispute_id)
    if dispute is None:
        raise Refused(404, "not_found", "This account has no such dispute.")
    return dispute


def _answered(tx: Tx, account: Account, dispute_id: str, answered: Dispute | None) -> Response:
    """The dispute as it is now, or why the merchant's answer was not taken."""
    if answered is not None:
        return json_response(200, answered.shown())
    now = _owned(tx, account, dispute_id)
    if now.status == "needs_response":
        raise Refused(409, "too_late", "The deadline is over.", extra={"dispute": now.shown()})
    raise Refused(409, "not_answerable", f"The dispute is {now.status}.", extra={"dispute": now.shown()})
