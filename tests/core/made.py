"""Nouns as examples, to be varied with `replace`."""

from linktill.core.dispute import Dispute, DisputeStatus
from linktill.core.ids import AttemptId, DisputeId, GatewayAccountId, LinkId, MerchantId, RefundId, SessionId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, PaymentAttempt
from linktill.core.refund import Refund, RefundReason, RefundStatus

ATTEMPT = PaymentAttempt(
    merchant_id=MerchantId("mer_1"),
    id=AttemptId("pay_1"),
    link_id=LinkId("plink_1"),
    session_id=SessionId("cs_1"),
    gateway="sandbox",
    gateway_account_id=GatewayAccountId("gwa_1"),
    status=AttemptStatus.CREATED,
    amount=Money(4_000, "USD"),
    is_slot_held=True,
    is_surplus=False,
    gateway_ref=None,
    redirect_url=None,
    captured_minor=0,
    refund_requested_minor=0,
    refunded_minor=0,
    fee_minor=0,
    method=None,
    decline_code=None,
    review_reason=None,
    payer_email=None,
    payer_name=None,
    created_at=1,
    updated_at=1,
    captured_at=None,
    started_at=1,
    poll_at=1,
    polls=0,
)
REFUND = Refund(
    merchant_id=ATTEMPT.merchant_id,
    id=RefundId("re_1"),
    attempt_id=ATTEMPT.id,
    link_id=ATTEMPT.link_id,
    amount=Money(1_000, "USD"),
    reason=RefundReason.OTHER,
    note="",
    status=RefundStatus.PENDING,
    gateway_ref=None,
    failure_code=None,
    created_at=1,
    updated_at=1,
    started_at=None,
    poll_at=1,
    polls=0,
)
DISPUTE = Dispute(
    merchant_id=ATTEMPT.merchant_id,
    id=DisputeId("dp_1"),
    attempt_id=ATTEMPT.id,
    link_id=ATTEMPT.link_id,
    gateway_ref="sbdp_1",
    status=DisputeStatus.NEEDS_RESPONSE,
    amount=Money(4_000, "USD"),
    fee_minor=1_500,
    is_withdrawn=True,
    reason="fraudulent",
    respond_by=None,
    created_at=1,
    updated_at=1,
)
