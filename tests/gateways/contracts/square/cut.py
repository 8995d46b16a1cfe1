"""Cuts Square's published OpenAPI file to what our adapter calls: `python cut.py api.json > square.json`.

Descriptions, examples and extensions are left out; everything that says what a message may look like stays as published.
"""

import json
import sys
from pathlib import Path

CALLED = {
    "/oauth2/token/status": ["post"],
    "/v2/disputes": ["get"],
    "/v2/disputes/{dispute_id}": ["get"],
    "/v2/disputes/{dispute_id}/accept": ["post"],
    "/v2/disputes/{dispute_id}/evidence-text": ["post"],
    "/v2/disputes/{dispute_id}/submit-evidence": ["post"],
    "/v2/locations": ["get"],
    "/v2/locations/{location_id}": ["get"],
    "/v2/online-checkout/payment-links": ["get", "post"],
    "/v2/online-checkout/payment-links/{id}": ["delete"],
    "/v2/orders/search": ["post"],
    "/v2/orders/{order_id}": ["get"],
    "/v2/payouts": ["get"],
    "/v2/payments": ["post"],
    "/v2/payments/{payment_id}": ["get"],
    "/v2/refunds": ["get", "post"],
    "/v2/refunds/{refund_id}": ["get"],
    "/v2/webhooks/subscriptions": ["get", "post"],
    "/v2/webhooks/subscriptions/{subscription_id}": ["delete", "put"],
    "/v2/webhooks/subscriptions/{subscription_id}/signature-key": ["post"],
    "/v2/webhooks/subscriptions/{subscription_id}/test": ["post"],
}
PROSE = {"description", "example", "examples", "title", "summary", "tags", "security", "externalDocs"}


def bare(node, *, is_names=False):
    if isinstance(node, list):
        return [bare(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: bare(value, is_names=not is_names and key in {"properties", "schemas"})
        for key, value in node.items()
        if is_names or (key not in PROSE and not key.startswith("x-"))
    }


def named(node):
    if isinstance(node, list):
        return {name for each in node for name in named(each)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"].rpartition("/")[2]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*(named(value) for value in node.values()))


def main():
    published = bare(json.loads(Path(sys.argv[1]).read_text()))
    paths = {
        path: {method: published["paths"][path][method] for method in methods}
        for path, methods in CALLED.items()
    }
    schemas = published["components"]["schemas"]
    wanted, new = set(), named(paths) | {"Error", "Payment", "PaymentRefund", "Dispute"}
    while new:
        wanted |= new
        # One name is used and never described; what is so named may hold anything.
        new = named([schemas.setdefault(name, {}) for name in new]) - wanted
    kept = {name: schemas[name] for name in sorted(wanted)}
    whole = {"openapi": published["openapi"], "paths": paths, "components": {"schemas": kept}}
    json.dump(whole, sys.stdout, indent=0, sort_keys=True)
    print()


main()
