"""Answers disputes. PayPal says in the dispute itself what it takes, so that is looked at first."""

from typing import Final

from linktill.gateways.contract import Account, EvidenceOrder, Rejected
from linktill.gateways.paypal import evidence
from linktill.gateways.paypal.client import PayPalClient
from linktill.gateways.paypal.lists import segment
from linktill.gateways.paypal.shapes import Dispute, Links

NOT_ASKED: Final = "not_asked"


async def submit(client: PayPalClient, account: Account, order: EvidenceOrder, *, key: str) -> None:
    """Provides evidence. Raises Rejected where PayPal asks for none now."""
    path, dispute = await _dispute(client, account, order.dispute_ref)
    if not evidence.is_offered(dispute, evidence.PROVIDE):
        raise Rejected(
            "PayPal asks for no evidence in this dispute now: answer it in PayPal's Resolution Center.",
            code=NOT_ASKED,
        )
    content_type, body = evidence.evidence_form(order.evidence, key)
    answer = await client.post(
        account, f"{path}/{evidence.PROVIDE}", body, key=key, content_type=content_type
    )
    answer.read(Links)


async def accept(client: PayPalClient, account: Account, dispute_ref: str, *, key: str) -> None:
    """Accepts the claim: PayPal refunds the payer. Raises Rejected where PayPal does not offer that now."""
    path, dispute = await _dispute(client, account, dispute_ref)
    if not evidence.is_offered(dispute, evidence.ACCEPT) or not evidence.may_refund(dispute):
        raise Rejected(
            "PayPal does not let this dispute be closed with a refund now: look in PayPal's Resolution Center.",
            code=NOT_ASKED,
        )
    answer = await client.post(account, f"{path}/{evidence.ACCEPT}", evidence.acceptance_body(), key=key)
    answer.read(Links)


async def _dispute(client: PayPalClient, account: Account, ref: str) -> tuple[str, Dispute]:
    path = f"/v1/customer/disputes/{segment(ref)}"
    answer = await client.get(account, path)
    if answer is None:
        raise Rejected("PayPal knows no such dispute.", code="RESOURCE_NOT_FOUND")
    dispute = answer.read(Dispute)
    answer.must_be(dispute.dispute_id, ref)
    return path, dispute
