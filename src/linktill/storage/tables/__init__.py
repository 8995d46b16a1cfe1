"""What we remember: every table, portable between SQLite and PostgreSQL.

Keys start with merchant_id. Times are microseconds UTC, money is minor units, booleans are 0/1, JSON is opaque text.
What must be unique in the whole installation stands in `directory`, which points to (merchant_id, target_id).
"""

from linktill.storage.tables.books import ledger_entry, ledger_transaction
from linktill.storage.tables.columns import metadata
from linktill.storage.tables.coupons import coupon
from linktill.storage.tables.customers import customer, customer_token
from linktill.storage.tables.domains import merchant_domain
from linktill.storage.tables.filing import link_archive, link_filing, link_tag, link_template
from linktill.storage.tables.imports import link_import, link_import_key, link_import_piece
from linktill.storage.tables.installation import directory, idempotency, installation, lease
from linktill.storage.tables.invoices import invoice, invoice_series, invoice_terms
from linktill.storage.tables.links import link_secret, link_token, link_version, link_view, payment_link
from linktill.storage.tables.messages import event, inbox, mail, outbox, webhook_delivery, webhook_endpoint
from linktill.storage.tables.payments import (
    allotment,
    allotment_hold,
    checkout_session,
    dispute,
    dispute_answer,
    foreign_payment,
    mismatch,
    payment_answers,
    payment_attempt,
    payment_computation,
    payout,
    receipt,
    refund,
)
from linktill.storage.tables.people import api_key, gateway_account, member, member_session, merchant
from linktill.storage.tables.requests import link_message, link_request
from linktill.storage.tables.search import search_state, search_token

__all__ = [
    "allotment",
    "allotment_hold",
    "api_key",
    "checkout_session",
    "coupon",
    "customer",
    "customer_token",
    "directory",
    "dispute",
    "dispute_answer",
    "event",
    "foreign_payment",
    "gateway_account",
    "idempotency",
    "inbox",
    "installation",
    "invoice",
    "invoice_series",
    "invoice_terms",
    "lease",
    "ledger_entry",
    "ledger_transaction",
    "link_archive",
    "link_filing",
    "link_import",
    "link_import_key",
    "link_import_piece",
    "link_message",
    "link_request",
    "link_secret",
    "link_tag",
    "link_template",
    "link_token",
    "link_version",
    "link_view",
    "mail",
    "member",
    "member_session",
    "merchant",
    "merchant_domain",
    "metadata",
    "mismatch",
    "outbox",
    "payment_answers",
    "payment_attempt",
    "payment_computation",
    "payment_link",
    "payout",
    "receipt",
    "refund",
    "search_state",
    "search_token",
    "webhook_delivery",
    "webhook_endpoint",
]
