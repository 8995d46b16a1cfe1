"""Typed ids. They are made by the `Ids` port (a UUIDv7 behind a prefix), never by a database."""

from typing import Final, NewType

MerchantId = NewType("MerchantId", str)
"""One set of books: always of one mode. A company's test and live books are two merchants."""
MemberId = NewType("MemberId", str)
LinkId = NewType("LinkId", str)
LinkImportId = NewType("LinkImportId", str)
SessionId = NewType("SessionId", str)
AttemptId = NewType("AttemptId", str)
"""A payment attempt keeps its id when it becomes a payment."""
RefundId = NewType("RefundId", str)
ReceiptId = NewType("ReceiptId", str)
DisputeId = NewType("DisputeId", str)
DisputeAnswerId = NewType("DisputeAnswerId", str)
PayoutId = NewType("PayoutId", str)
EventId = NewType("EventId", str)
EndpointId = NewType("EndpointId", str)
DeliveryId = NewType("DeliveryId", str)
LedgerTransactionId = NewType("LedgerTransactionId", str)
GatewayAccountId = NewType("GatewayAccountId", str)
ApiKeyId = NewType("ApiKeyId", str)
TemplateId = NewType("TemplateId", str)
CouponId = NewType("CouponId", str)
CustomerId = NewType("CustomerId", str)
LinkRequestId = NewType("LinkRequestId", str)
InvoiceId = NewType("InvoiceId", str)
"""Of an invoice or a credit note."""
LinkMessageId = NewType("LinkMessageId", str)

MERCHANT: Final = "mer_"
MEMBER: Final = "mem_"
LINK: Final = "plink_"
LINK_IMPORT: Final = "lim_"
SESSION: Final = "cs_"
ATTEMPT: Final = "pay_"
REFUND: Final = "re_"
RECEIPT: Final = "rcp_"
DISPUTE: Final = "dp_"
DISPUTE_ANSWER: Final = "dpa_"
PAYOUT: Final = "po_"
EVENT: Final = "evt_"
ENDPOINT: Final = "we_"
DELIVERY: Final = "whd_"
LEDGER_TRANSACTION: Final = "ltx_"
OUTBOX: Final = "ob_"
INBOX: Final = "ib_"
GATEWAY_ACCOUNT: Final = "gwa_"
API_KEY: Final = "key_"
TEMPLATE: Final = "tpl_"
COUPON: Final = "cpn_"
CUSTOMER: Final = "cus_"
LINK_REQUEST: Final = "lrq_"
INVOICE: Final = "inv_"
LINK_MESSAGE: Final = "msg_"
REQUEST: Final = "req_"
MAIL: Final = "mail_"
