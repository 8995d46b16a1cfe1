"""Mollie's published interface as a judge: the models of its own SDK (a development dependency), made from its OpenAPI file.

A field that is not described is refused, in both directions: the models would drop it in silence.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

import mollie.models as m
from pydantic import BaseModel, ValidationError

Model = type[BaseModel]
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

ENDPOINTS: dict[tuple[str, str], tuple[Model | None, Model | None, Model]] = {
    ("POST", "/v2/payments"): (m.PaymentRequest, None, m.PaymentResponse),
    ("GET", "/v2/payments"): (None, m.ListPaymentsRequest, m.ListPaymentsResponseBody),
    ("GET", "/v2/payments/{}"): (None, None, m.PaymentResponse),
    ("DELETE", "/v2/payments/{}"): (None, None, m.PaymentResponse),
    ("POST", "/v2/payments/{}/captures"): (m.EntityCapture, None, m.CaptureResponse),
    ("POST", "/v2/payments/{}/refunds"): (m.RefundRequest, None, m.RefundResponse),
    ("GET", "/v2/payments/{}/refunds"): (None, m.ListRefundsRequest, m.ListRefundsResponseBody),
    ("GET", "/v2/refunds"): (None, m.ListAllRefundsRequest, m.ListAllRefundsResponseBody),
    ("GET", "/v2/chargebacks"): (None, m.ListAllChargebacksRequest, m.ListAllChargebacksResponseBody),
    ("GET", "/v2/profiles/me"): (None, None, m.ProfileResponse),
}
"""What is called → the models of the request's body, of its query and of the answer."""
NUMBERS = {"limit"}
NOT_QUERIED = {"profileId", "testmode", "idempotency-key", "payment-id"}
"""An API key says itself which profile and mode it is for."""


def endpoint(method: str, path: str) -> tuple[Model | None, Model | None, Model]:
    for (verb, pattern), models in ENDPOINTS.items():
        if verb == method and re.fullmatch(pattern.replace("{}", "[^/]+"), path):
            return models
    raise LookupError(f"{method} {path} is not called by our adapter")


def problems(model: Model, message: Any) -> list[str]:
    """Why the message is none of these; empty if it is."""
    try:
        read = model.model_validate(message)
    except ValidationError as error:
        return [f"{'/'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return list(_dropped(message, read.model_dump(by_alias=True, mode="json"), ""))


def _dropped(sent: Any, kept: Any, at: str) -> Any:
    if isinstance(sent, dict) and isinstance(kept, dict):
        for name, value in sent.items():
            if name in kept:
                yield from _dropped(value, kept[name], f"{at}/{name}")
            elif value is not None:
                yield f"{at}/{name}: unknown field"
    elif isinstance(sent, list) and isinstance(kept, list):
        for number, (one, other) in enumerate(zip(sent, kept, strict=True)):
            yield from _dropped(one, other, f"{at}/{number}")
    elif sent != kept:
        yield f"{at}: {sent!r} is not taken as it is"


def request_problems(method: str, path: str, query: str, body: bytes, headers: dict[str, str]) -> list[str]:
    """Why Mollie would not take the request; empty if it would."""
    body_model, query_model, _ = endpoint(method, path)
    found = [] if body_model is None else problems(body_model, json.loads(body))
    if body_model is None and body:
        found.append("a body is not expected")
    if method == "POST" and UUID4.fullmatch(headers.get("idempotency-key", "")) is None:
        found.append("idempotency-key: should be a UUID v4")
    asked: dict[str, Any] = dict(parse_qsl(query, strict_parsing=bool(query)))
    if query_model is None:
        return [*found, *(f"?{name}: not a parameter" for name in asked)]
    if forbidden := NOT_QUERIED & asked.keys():
        found.append(f"?{forbidden}: not with an API key")
    values = {name: int(value) if name in NUMBERS else value for name, value in asked.items()}
    if not 1 <= values.get("limit", 1) <= 250:
        found.append("?limit: from 1 to 250")
    if path.count("/") > 3:
        values["paymentId"] = path.split("/")[3]
    return found + problems(query_model, values)


def response_problems(method: str, path: str, status: int, body: bytes) -> list[str]:
    """Why Mollie would not answer so; empty if it could."""
    if status >= 400:
        return problems(m.ErrorResponseData, json.loads(body))
    return problems(endpoint(method, path)[2], json.loads(body))
