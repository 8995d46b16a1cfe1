"""The product's statements, as text for both drivers: `$1` is what asyncpg takes; for SQLite it becomes `?1`."""

_LINK = (
    "merchant_id, id, slug, status, version, amount_minor, currency, description, note, reference, payments_max, "
    "starts_at, due_at, expires_at, redirect_url, closed_message, metadata, allowed_gateways, "
    "denied_gateways, pricing, amount_max_minor, full_at_minor, slots_taken, taken_minor, captured_count, "
    "captured_minor, refunded_minor, is_out, keeps_count, created_at, updated_at, wake_at"
)
_ATTEMPT = (
    "merchant_id, id, link_id, session_id, gateway, gateway_account_id, status, amount_minor, currency, is_slot_held, "
    "is_surplus, gateway_ref, redirect_url, captured_minor, refund_requested_minor, refunded_minor, fee_minor, method, "
    "decline_code, review_reason, payer_email, payer_name, created_at, updated_at, captured_at, started_at, poll_at, polls"
)
_EVENT = "merchant_id, id, type, at, object_id, link_id, attempt_id, data"

# pages and lists
PAGE = f"""
SELECT {", ".join(f"l.{name}" for name in _LINK.split(", "))},
    m.merchant_id, m.mode, m.name, m.contact_email, m.currency, m.alert_email, m.created_at, m.on_surplus, m.language
FROM directory AS d
JOIN payment_link AS l ON l.merchant_id = d.merchant_id AND l.id = d.target_id
JOIN merchant AS m ON m.merchant_id = d.merchant_id
WHERE d.kind = 'slug' AND d.key = $1
"""
LIST = f"SELECT {_LINK} FROM payment_link WHERE merchant_id = $1 AND status != 'archived' ORDER BY id DESC LIMIT $2"
FILINGS = "SELECT link_id, tags, internal_note FROM link_filing WHERE merchant_id = $1 AND link_id = ANY($2)"
VIEWS = """
INSERT INTO link_view (merchant_id, link_id, views, viewed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (merchant_id, link_id) DO UPDATE SET views = link_view.views + excluded.views, viewed_at = excluded.viewed_at
"""

# create a link
CLAIM_KEY = """
INSERT INTO idempotency (merchant_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING key
"""
GET_ANSWER = "SELECT request_hash, status, body FROM idempotency WHERE merchant_id = $1 AND key = $2"
KEEP_ANSWER = "UPDATE idempotency SET status = $3, body = $4 WHERE merchant_id = $1 AND key = $2"
CLAIM_SLUG = """
INSERT INTO directory (kind, key, merchant_id, target_id) VALUES ('slug', $1, $2, $3) ON CONFLICT DO NOTHING RETURNING kind
"""
INSERT_LINK = """
INSERT INTO payment_link (merchant_id, id, slug, status, version, amount_minor, currency, description, note, reference,
    payments_max, starts_at, due_at, expires_at, redirect_url, closed_message, metadata, allowed_gateways,
    denied_gateways, pricing, created_at, updated_at, wake_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
"""
INSERT_VERSION = (
    "INSERT INTO link_version (merchant_id, link_id, version, at, by, terms) VALUES ($1, $2, $3, $4, $5, $6)"
)
INSERT_TOKEN = "INSERT INTO link_token (merchant_id, token, link_id) VALUES ($1, $2, $3)"
INSERT_EVENT = f"INSERT INTO event ({_EVENT}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
INSERT_OUTBOX = """
INSERT INTO outbox (merchant_id, id, kind, subject_id, status, due_at, created_at) VALUES ($1, $2, 'event', $3, 'pending', 0, $4)
"""

# receive a webhook
INSERT_INBOX = """
INSERT INTO inbox (merchant_id, id, gateway_account_id, event_id, event_type, hint, body, status, due_at, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, $8)
ON CONFLICT (merchant_id, gateway_account_id, event_id) DO NOTHING RETURNING id
"""

# apply it
NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
DUE_INBOX = (
    "SELECT merchant_id FROM inbox WHERE status = 'pending' AND due_at <= $1 GROUP BY merchant_id LIMIT 100"
)
LEASE_INBOX = """
UPDATE inbox SET due_at = $3, lease_token = $4, tries = tries + 1
WHERE merchant_id = $1 AND id IN (
    SELECT id FROM inbox WHERE merchant_id = $1 AND status = 'pending' AND due_at <= $2
    ORDER BY due_at, id LIMIT $5 FOR UPDATE SKIP LOCKED)
RETURNING id, gateway_account_id, event_id, hint, tries
"""
FIND_ATTEMPT = """
SELECT id FROM payment_attempt WHERE merchant_id = $1 AND gateway_account_id = $2 AND gateway_ref = $3
"""
LOCK_ATTEMPT = f"SELECT {_ATTEMPT} FROM payment_attempt WHERE merchant_id = $1 AND id = $2 FOR UPDATE"
MOVE_ATTEMPT = """
UPDATE payment_attempt SET status = $4, gateway_ref = $5, captured_minor = $6, fee_minor = $7, method = $8,
    decline_code = $9, review_reason = $10, is_slot_held = $11, is_surplus = $12, captured_at = $13, updated_at = $14,
    poll_at = $15, polls = CASE WHEN status = $4 THEN polls ELSE 0 END
WHERE merchant_id = $1 AND id = $2 AND status = $3 RETURNING id
"""
FOLLOW_SESSION = """
UPDATE checkout_session SET status = $4 WHERE merchant_id = $1 AND id = $2 AND attempt_id = $3
"""
INSERT_LEDGER = """
INSERT INTO ledger_transaction (merchant_id, id, kind, business_key, currency, effective_at, created_at, link_id, attempt_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (merchant_id, business_key) DO NOTHING RETURNING id
"""
INSERT_ENTRY = """
INSERT INTO ledger_entry (merchant_id, ledger_transaction_id, account, currency, amount_minor) VALUES ($1, $2, $3, $4, $5)
"""
COUNT_CAPTURE = f"""
UPDATE payment_link SET captured_count = captured_count + 1, captured_minor = captured_minor + $3
WHERE merchant_id = $1 AND id = $2 RETURNING {_LINK}
"""
MOVE_LINK = """
UPDATE payment_link SET status = $4, wake_at = $5, updated_at = $6 WHERE merchant_id = $1 AND id = $2 AND status = $3
RETURNING id
"""
FINISH_INBOX = """
UPDATE inbox SET status = 'done', last_error = NULL, lease_token = NULL WHERE merchant_id = $1 AND id = $2 AND lease_token = $3
RETURNING id
"""

# tell of it: nobody wants to know, which has to be found out
DUE_OUTBOX = (
    "SELECT merchant_id FROM outbox WHERE status = 'pending' AND due_at <= $1 GROUP BY merchant_id LIMIT 100"
)
LEASE_OUTBOX = """
UPDATE outbox SET due_at = $3, lease_token = $4, tries = tries + 1
WHERE merchant_id = $1 AND id IN (
    SELECT id FROM outbox WHERE merchant_id = $1 AND status = 'pending' AND due_at <= $2
    ORDER BY due_at, id LIMIT $5 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, subject_id, tries, created_at
"""
GET_EVENTS = f"SELECT {_EVENT} FROM event WHERE merchant_id = $1 AND id = ANY($2)"
GET_MERCHANT = """
SELECT merchant_id, mode, name, contact_email, currency, alert_email, created_at FROM merchant WHERE merchant_id = $1
"""
ENDPOINTS = """
SELECT merchant_id, id, url, description, event_types, secret, status, disabled_reason, created_at
FROM webhook_endpoint WHERE merchant_id = $1 AND status != 'deleted' ORDER BY id LIMIT 50
"""
GET_ATTEMPT = f"SELECT {_ATTEMPT} FROM payment_attempt WHERE merchant_id = $1 AND id = $2"
GET_SESSION = """
SELECT merchant_id, id, link_id, link_version, status, amount_minor, currency, description, submit_token, token,
    attempt_id, attempts, payer_email, payer_name, created_at, expires_at
FROM checkout_session WHERE merchant_id = $1 AND id = $2
"""
GET_FILING = "SELECT tags, internal_note FROM link_filing WHERE merchant_id = $1 AND link_id = $2"
GET_LINK = f"SELECT {_LINK} FROM payment_link WHERE merchant_id = $1 AND id = $2"
END_PROMISES = "DELETE FROM outbox WHERE merchant_id = $1 AND id = ANY($2) AND lease_token = $3"
