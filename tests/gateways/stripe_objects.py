"""Stripe's objects as the fake makes them: each with every field that Stripe's own example of it has."""

from typing import Any

Thing = dict[str, Any]
SUBSCRIBED = (
    "charge.updated",
    "charge.captured",
    "charge.expired",
    "payment_intent.canceled",
    "checkout.session.",
    "refund.",
    "charge.dispute.",
)
"""The events of the webhook endpoint that the README has merchants make."""

_NO_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_SESSION_NULLS = (
    "after_expiration allow_promotion_codes billing_address_collection client_secret collected_information consent "
    "consent_collection currency_conversion customer customer_account customer_creation customer_details discounts "
    "integration_identifier invoice invoice_creation locale managed_payments origin_context payment_link "
    "payment_method_collection payment_method_configuration_details permissions recovered_from "
    "saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type subscription "
    "wallet_options"
)
_INTENT_NULLS = (
    "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason customer "
    "customer_account excluded_payment_method_types last_payment_error latest_charge managed_payments next_action "
    "on_behalf_of payment_method payment_method_configuration_details processing receipt_email review "
    "setup_future_usage shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)
_CHARGE_NULLS = (
    "application application_fee application_fee_amount calculated_statement_descriptor customer description "
    "failure_balance_transaction failure_code failure_message on_behalf_of payment_method receipt_email "
    "receipt_number receipt_url review shipping source source_transfer statement_descriptor "
    "statement_descriptor_suffix transfer_data transfer_group"
)
_REFUND_NULLS = (
    "balance_transaction customer customer_account payment_method reason receipt_number source_transfer_reversal "
    "transfer_reversal"
)
_EVIDENCE_NULLS = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
)


def session(ref: str, params: Thing, *, created: int, origin: str) -> Thing:
    """What `POST /v1/checkout/sessions` makes of these parameters."""
    price = params["line_items"][0]["price_data"]
    total = price["unit_amount"] * params["line_items"][0]["quantity"]
    ui_mode = params.get("ui_mode", "hosted_page")
    page = {"success_url": params.get("success_url"), "url": f"{origin}/c/pay/{ref}"}
    if ui_mode == "elements":
        page = {
            "client_secret": f"{ref}_secret_Fake",
            "return_url": params["return_url"],
            "success_url": None,
            "url": None,
        }
    return {
        **dict.fromkeys(_SESSION_NULLS.split()),
        "id": ref,
        "object": "checkout.session",
        "adaptive_pricing": params.get("adaptive_pricing", {"enabled": True}),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": created,
        "currency": price["currency"],
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer_email": params.get("customer_email"),
        "expires_at": params.get("expires_at", created + 86_400),
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "mode": params["mode"],
        "payment_intent": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": ui_mode,
        **page,
    }


def intent(ref: str, *, amount: int, currency: str, metadata: Thing, created: int) -> Thing:
    return {
        **dict.fromkeys(_INTENT_NULLS.split()),
        "id": ref,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{ref}_secret_1",
        "confirmation_method": "automatic",
        "created": created,
        "currency": currency,
        "description": None,
        "livemode": False,
        "metadata": metadata,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }


def charge(ref: str, of: Thing, *, status: str, method: Thing, created: int) -> Thing:
    is_paid = status == "succeeded"
    return {
        **dict.fromkeys(_CHARGE_NULLS.split()),
        "id": ref,
        "object": "charge",
        "amount": of["amount"],
        "amount_captured": of["amount"] if is_paid else 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {
            "address": _NO_ADDRESS,
            "email": None,
            "name": None,
            "phone": None,
            "tax_id": None,
        },
        "captured": is_paid,
        "created": created,
        "currency": of["currency"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": of["metadata"],
        "outcome": {
            **dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code", "reason")),
            "network_status": "approved_by_network",
            "seller_message": "Payment complete.",
            "type": "authorized",
        },
        "paid": is_paid,
        "payment_intent": of["id"],
        "payment_method_details": method,
        "refunded": False,
        "refunds": None,
        "status": status,
    }


def moved(ref: str, *, amount: int, fee: int, currency: str, source: str, kind: str, created: int) -> Thing:
    """A balance transaction, in the currency that the account settles in."""
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Fee",
        "type": "stripe_fee",
    }
    return {
        "id": ref,
        "object": "balance_transaction",
        "amount": amount,
        "available_on": created + 2 * 86_400,
        "balance_type": "payments",
        "created": created,
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [detail] if fee else [],
        "net": amount - fee,
        "reporting_category": "charge" if kind == "charge" else "dispute",
        "source": source,
        "status": "pending",
        "type": kind,
    }


def payout(ref: str, amount: int, *, balance_transaction: str, created: int) -> Thing:
    """A payout by Stripe's schedule, on its way."""
    nulls = (
        "application_fee application_fee_amount description destination failure_balance_transaction failure_code "
        "failure_message original_payout payout_method reversed_by statement_descriptor trace_id"
    )
    return {
        **dict.fromkeys(nulls.split()),
        "id": ref,
        "object": "payout",
        "amount": amount,
        "arrival_date": created + 2 * 86_400,
        "automatic": True,
        "balance_transaction": balance_transaction,
        "created": created,
        "currency": "usd",
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "in_progress",
        "source_type": "card",
        "status": "pending",
        "type": "bank_account",
    }


def refund(ref: str, of: Thing, params: Thing, *, status: str, created: int) -> Thing:
    return {
        **dict.fromkeys(_REFUND_NULLS.split()),
        "id": ref,
        "object": "refund",
        "amount": params["amount"],
        "charge": of["latest_charge"],
        "created": created,
        "currency": of["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": params.get("metadata", {}),
        "payment_intent": of["id"],
        "reason": params.get("reason"),
        "status": status,
    }


def dispute(ref: str, of: Thing, *, status: str, created: int) -> Thing:
    return {
        "id": ref,
        "object": "dispute",
        "amount": of["amount"],
        "balance_transactions": [],
        "charge": of["latest_charge"],
        "created": created,
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE_NULLS.split()), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": created + 7 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": status.startswith("warning"),
        "livemode": False,
        "metadata": {},
        "payment_intent": of["id"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if status.startswith("warning") else "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": "fraudulent",
        "status": status,
    }


def account(ref: str, *, charges_enabled: bool) -> Thing:
    return {
        "id": ref,
        "object": "account",
        "charges_enabled": charges_enabled,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": charges_enabled,
        "email": "merchant@example.com",
        "payouts_enabled": charges_enabled,
        "settings": {"dashboard": {"display_name": "Bea's Bikes", "timezone": "Etc/UTC"}},
        "type": "standard",
    }


def webhook_endpoint(ref: str, params: Thing, *, created: int) -> Thing:
    return {
        "id": ref,
        "object": "webhook_endpoint",
        "api_version": params["api_version"],
        "application": None,
        "created": created,
        "description": params["description"],
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": params["url"],
    }


def event(ref: str, kind: str, subject: Thing, *, created: int) -> Thing:
    return {
        "id": ref,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": created,
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def error(kind: str, message: str, code: str | None = None, param: str | None = None) -> Thing:
    told = {"message": message, "type": kind, "code": code, "param": param}
    return {"error": {name: value for name, value in told.items() if value is not None}}


VISA = {
    "type": "card",
    "card": {
        "amount_authorized": None,
        "authorization_code": None,
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": "AOB934RVNwzk6xtn",
        "funding": "credit",
        "installments": None,
        "last4": "4242",
        "mandate": None,
        "network": "visa",
        "regulated_status": None,
        "three_d_secure": None,
        "wallet": None,
    },
}
SEPA = {
    "type": "sepa_debit",
    "sepa_debit": {
        "bank_code": "37040044",
        "branch_code": None,
        "country": "DE",
        "fingerprint": "8fd0Uh4CbZBqwPQK",
        "last4": "3000",
        "mandate": "mandate_1",
    },
}
