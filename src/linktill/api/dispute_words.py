"""An example of an answer to a dispute: for the OpenAPI document and the reference page."""

from typing import Any, Final

DISPUTE_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "DisputeAnswer": {
        "object": "dispute_answer",
        "id": "dpa_01kanz3b5d7f9h1k3n5q7s9v2y",
        "dispute_id": "dp_01kanz3b5d7f9h1k3n5q7s9v1x",
        "payment_id": "pay_01kan4v0zqf7wv9h6m2s8d3r5t",
        "kind": "evidence",
        "status": "drafted",
        "evidence": {
            "explanation": "The bicycle was repaired and fetched on November 3.",
            "product_description": "A bicycle repair",
            "customer_name": "Sam Rivera",
            "customer_email": "sam@example.com",
            "customer_ip": "",
            "agreement": "",
            "service_date": "2026-11-03",
            "delivery_proof": "Signed by Sam Rivera at the counter.",
            "refund_policy": "",
            "communication": "",
        },
        "failure_code": None,
        "failure": None,
        "created_at": "2026-11-22T10:21:05.654321Z",
        "updated_at": "2026-11-22T10:21:05.654321Z",
        "asked_at": None,
    },
}
