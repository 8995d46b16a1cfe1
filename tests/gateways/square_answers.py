"""Disputes at the Square that tests talk to: evidence is uploaded text by text, then submitted once; or the seller accepts."""

from collections.abc import Callable
from typing import Any, Protocol

from tests.gateways.square_hooks import invalid


class Books(Protocol):
    """What the fake Square lends."""

    evidence: dict[str, list[dict[str, Any]]]

    def keyed(self, raw: bytes, make: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]: ...
    def stamp(self) -> str: ...
    def tell(self, kind: str, name: str, about: dict[str, Any]) -> None: ...


def answer_dispute(square: Books, dispute: dict[str, Any], how: str, raw: bytes) -> dict[str, Any]:
    """What the seller asks for. A dispute that waits for nothing takes nothing."""
    waits = {"EVIDENCE_REQUIRED": "PROCESSING", "INQUIRY_EVIDENCE_REQUIRED": "INQUIRY_PROCESSING"}
    known = square.evidence.setdefault(dispute["id"], [])
    if dispute["state"] not in waits:
        raise invalid("BAD_REQUEST", f"The dispute is {dispute['state']}.")
    if how == "evidence-text":

        def upload(body: dict[str, Any]) -> dict[str, Any]:
            made = {
                "id": f"{dispute['id']}_E{len(known) + 1}",
                "dispute_id": dispute["id"],
                "evidence_text": body["evidence_text"],
                "evidence_type": body.get("evidence_type", "GENERIC_EVIDENCE"),
                "uploaded_at": square.stamp(),
            }
            known.append(made)
            return {"evidence": made}

        return square.keyed(raw, upload)
    if how == "submit-evidence":
        if not known:
            raise invalid("BAD_REQUEST", "There is no evidence.")
        dispute["state"] = waits[dispute["state"]]
    else:
        assert how == "accept"
        dispute["state"] = "ACCEPTED"
    square.tell("dispute.state.updated", "dispute", dispute)
    return {"dispute": dict(dispute)}
