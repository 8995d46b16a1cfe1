"""What a commit's rows must be, asked in SQLite's words: the simulator looks at each row that was written, at once.

The same rules as in `invariants.py`, on purpose in other words: two that agree are worth more than one.
"""

from typing import Final

ATTEMPT: Final = """
SELECT a.merchant_id, a.id, a.link_id, a.status, a.amount_minor, a.currency, a.gateway_ref, a.is_slot_held, a.is_surplus,
       a.captured_minor, a.refund_requested_minor, a.refunded_minor, a.review_reason, s.amount_minor, s.currency,
       a.session_id, a.poll_at, a.created_at, a.is_manual, a.verdict, s.expires_at,
       (SELECT count(*) FROM ledger_transaction t
        WHERE t.merchant_id = a.merchant_id AND t.attempt_id = a.id AND t.kind = 'capture'),
       (SELECT -sum(e.amount_minor) FROM ledger_transaction t
        CROSS JOIN ledger_entry e ON e.merchant_id = t.merchant_id AND e.ledger_transaction_id = t.id
        WHERE t.merchant_id = a.merchant_id AND t.attempt_id = a.id AND t.kind = 'capture'
          AND e.account IN ('sales', 'surplus_payments'))
FROM payment_attempt a
LEFT JOIN checkout_session s ON s.merchant_id = a.merchant_id AND s.id = a.session_id AND s.attempt_id = a.id
WHERE a.rowid = ?
"""
"""An attempt with what was displayed for it, how many captures are booked, and how much."""

CLAIMED: Final = """
SELECT status, payments_max, slots_taken, starts_at, expires_at, taken_minor, amount_minor, currency, pricing
FROM payment_link WHERE merchant_id = ? AND id = ?
"""
"""The link of an attempt that was begun just now."""

GOODS: Final = """
SELECT a.merchant_id, a.link_id, l.version, l.amount_minor, l.currency, l.pricing, s.link_version, s.submit_token,
       s.payer_email, c.computation,
       (SELECT coalesce(sum(o.amount_minor), 0) FROM payment_attempt o
        WHERE o.merchant_id = a.merchant_id AND o.link_id = a.link_id AND o.is_slot_held = 1
          AND o.currency = l.currency AND o.id <> a.id)
FROM payment_attempt a
JOIN payment_link l ON l.merchant_id = a.merchant_id AND l.id = a.link_id
JOIN checkout_session s ON s.merchant_id = a.merchant_id AND s.id = a.session_id
LEFT JOIN payment_computation c ON c.merchant_id = a.merchant_id AND c.attempt_id = a.id
WHERE a.merchant_id = ? AND a.id = ?
"""
"""An attempt that was begun just now on a link with more than a price, and what the link's other payments hold."""

LINK_GOODS: Final = "SELECT pricing FROM payment_link WHERE merchant_id = ? AND id = ?"

COUPON: Final = """
SELECT code, rate_ppm, amount_minor, currency, minimum_minor, uses_max, uses_per_customer_max, starts_at, expires_at,
       link_ids, is_automatic, is_active
FROM coupon WHERE merchant_id = ? AND id = ?
"""

ALLOTTED: Final = "SELECT taken, sold FROM allotment WHERE merchant_id = ? AND scope = ?"

EVERY_ALLOTTED: Final = "SELECT merchant_id, scope, taken, sold FROM allotment WHERE rowid BETWEEN ? AND ?"

HEARD: Final = "SELECT status, event_type, hint FROM inbox WHERE rowid = ?"

LINK: Final = """
SELECT l.id, l.payments_max, l.slots_taken, l.captured_count, l.captured_minor, l.refunded_minor,
       count(a.id) FILTER (WHERE a.is_slot_held = 1),
       count(a.id) FILTER (WHERE a.status = 'captured' AND a.is_surplus = 0),
       coalesce(sum(a.captured_minor)
                FILTER (WHERE a.status = 'captured' AND a.is_surplus = 0 AND a.currency = l.currency), 0),
       coalesce(sum(a.refunded_minor)
                FILTER (WHERE a.status = 'captured' AND a.is_surplus = 0 AND a.currency = l.currency), 0),
       l.taken_minor, coalesce(sum(a.amount_minor) FILTER (WHERE a.is_slot_held = 1 AND a.currency = l.currency), 0),
       l.merchant_id, l.status, l.pricing, l.amount_minor, l.is_out, l.amount_max_minor
FROM payment_link l LEFT JOIN payment_attempt a ON a.merchant_id = l.merchant_id AND a.link_id = l.id
WHERE l.rowid = ? GROUP BY l.merchant_id, l.id
"""
"""A link's counters, and what its attempts say; sums are of those in its own currency."""

UNBALANCED: Final = """
SELECT e.ledger_transaction_id FROM ledger_entry e
WHERE (e.merchant_id, e.ledger_transaction_id) IN (
    SELECT merchant_id, ledger_transaction_id FROM ledger_entry WHERE rowid BETWEEN ? AND ?)
GROUP BY e.merchant_id, e.ledger_transaction_id
HAVING sum(e.amount_minor) <> 0 OR min(e.currency) <> max(e.currency)
"""
"""Ledger transactions, among those with entries in a range of rows, that do not sum to zero in one currency."""

OPEN_WORK: Final = """
SELECT (SELECT count(*) FROM inbox WHERE status = 'pending')
     + (SELECT count(*) FROM outbox WHERE status = 'pending')
     + (SELECT count(*) FROM ledger_transaction WHERE seq IS NULL)
     + (SELECT count(*) FROM refund WHERE status IN ('pending', 'unknown') AND failure_code IS NULL)
     + (SELECT count(*) FROM payment_attempt
        WHERE status IN ('created', 'requires_action', 'processing', 'authorized', 'unknown') AND review_reason IS NULL
          AND NOT (status = 'authorized' AND is_manual = 1 AND verdict IS NULL))
"""
"""How much is not at its end and not with a person: money that is held rests until somebody decides."""

HELD: Final = "SELECT id, is_manual, verdict FROM payment_attempt WHERE gateway_ref = ?"
"""What was decided of a payment, by the gateway's id of it."""

OURS: Final = """
SELECT a.id, a.status, a.amount_minor, a.currency, a.is_surplus, a.refunded_minor, a.review_reason, a.decline_code,
       (SELECT count(*) FROM event v WHERE v.merchant_id = a.merchant_id AND v.attempt_id = a.id
        AND v.type = 'payment.captured'),
       (SELECT count(*) FROM event v WHERE v.merchant_id = a.merchant_id AND v.attempt_id = a.id
        AND v.type = 'payment.started'),
       (SELECT count(*) FROM refund r WHERE r.merchant_id = a.merchant_id AND r.attempt_id = a.id AND r.reason = 'surplus')
FROM payment_attempt a ORDER BY a.id
"""
"""Every attempt, how often its capture and its start were announced, and how often it was sent back as surplus."""

OUR_REFUNDS: Final = """
SELECT r.id, r.attempt_id, r.amount_minor, r.status, r.failure_code, r.reason,
       (SELECT count(*) FROM event v WHERE v.merchant_id = r.merchant_id AND v.attempt_id = r.attempt_id
        AND v.object_id = r.id AND v.type = 'refund.created')
FROM refund r ORDER BY r.id
"""
"""Every refund, and how often it was announced."""

OUR_DISPUTES: Final = "SELECT attempt_id, status FROM dispute ORDER BY id"

RECEIVED: Final = "SELECT event_id FROM inbox"

SESSIONS: Final = "SELECT id, submit_token, amount_minor, currency FROM checkout_session ORDER BY id"

UNTOLD: Final = """
SELECT v.id FROM event v JOIN webhook_endpoint w ON w.merchant_id = v.merchant_id AND w.status = 'enabled'
WHERE NOT EXISTS (SELECT 1 FROM webhook_delivery d
    WHERE d.merchant_id = v.merchant_id AND d.event_id = v.id AND d.endpoint_id = w.id AND d.status IN ('delivered', 'dead'))
ORDER BY v.id
"""
"""Events that some endpoint was neither told of nor given up on."""

DELIVERED: Final = """
SELECT w.url, d.event_id FROM webhook_delivery d
JOIN webhook_endpoint w ON w.merchant_id = d.merchant_id AND w.id = d.endpoint_id WHERE d.status = 'delivered'
ORDER BY d.id
"""
"""What we believe was received, by whom."""
