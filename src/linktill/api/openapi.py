"""The OpenAPI 3.1 document, made from the operations and the very types that read and write (msgspec), so that it cannot
promise what the code does not keep.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.metadata import version
from typing import Any, Final

import msgspec

from linktill.api import words
from linktill.api.operations import Operation
from linktill.api.problems import KINDS, MEDIA_TYPE, Problem
from linktill.api.queries import id_pattern
from linktill.core.dispute import DisputeStatus
from linktill.core.dispute_answer import AnswerKind, AnswerStatus
from linktill.core.events import EventType
from linktill.core.invoice import InvoiceKind
from linktill.core.link_import import ImportStatus, RowStatus
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.core.receipt import Way
from linktill.core.refund import RefundReason, RefundStatus
from linktill.flows.idempotent import KEY_MAX

Json = dict[str, Any]

_REF: Final = "#/components/schemas/"
_ALWAYS: Final = (
    "request_invalid",
    "unauthorized",
    "internal_error",
    "busy",
    "storage_full",
    "storage_broken",
)
_WITH_INPUT: Final = ("field_invalid",)
_WITH_JSON: Final = ("json_invalid",)
_WITH_BODY: Final = ("too_large", "media_type_unsupported")
_WITH_KEY: Final = ("idempotency_in_progress", "idempotency_mismatch")
_ENUMS: Final[Mapping[tuple[str, str], type[StrEnum]]] = {
    ("PaymentLink", "status"): LinkStatus,
    ("PaymentLinkImport", "status"): ImportStatus,
    ("PaymentLinkImportRow", "status"): RowStatus,
    ("Payment", "status"): AttemptStatus,
    ("Refund", "status"): RefundStatus,
    ("Receipt", "way"): Way,
    ("Refund", "reason"): RefundReason,
    ("Invoice", "kind"): InvoiceKind,
    ("Dispute", "status"): DisputeStatus,
    ("DisputeAnswer", "kind"): AnswerKind,
    ("DisputeAnswer", "status"): AnswerStatus,
    ("Event", "type"): EventType,
    ("WebhookDelivery", "event_type"): EventType,
}
_INTRODUCTION: Final = """\
Payment links, the payments made on them, refunds, disputes, payouts, events, the books, and webhooks.

Amounts are integer minor units beside an ISO 4217 currency; times are RFC 3339 in UTC. Requests are authorized with an
API key, which the dashboard makes under Developers. A key belongs to one merchant and one mode: test and live never mix.
"""


def document(operations: Sequence[Operation], base_url: str) -> Json:
    """The whole document. Nothing in it changes while the process runs."""
    schemas = _schemas(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Linktill API", "version": version("linktill"), "description": _INTRODUCTION},
        "servers": [{"url": base_url}],
        "security": [{"api_key": []}],
        "tags": [{"name": group} for group in dict.fromkeys(operation.group for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: lt_test_… or lt_live_…",
                }
            },
            "parameters": {"IdempotencyKey": _IDEMPOTENCY_KEY, "IfMatch": _IF_MATCH},
            "headers": _HEADERS,
        },
    }


_IDEMPOTENCY_KEY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A key of your choice. Within 30 days the same request with the same key is carried out once and "
    "answered alike, byte for byte, with `Idempotent-Replayed: true`.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$"},
}
_IF_MATCH: Final[Json] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` that was read: the change is refused if somebody was faster.",
    "schema": {"type": "string", "pattern": '^("[1-9][0-9]{0,17}"|[*])$'},
}
_HEADERS: Final[Json] = {
    "ETag": {"description": "The version of the link's terms.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where this answer was given before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
    "WWW-Authenticate": {"description": "How to authorize.", "schema": {"type": "string"}},
}


def component(kind: type[msgspec.Struct]) -> str:
    """The name of a type in the document: `PaymentLinkObject` is `PaymentLink` there."""
    return kind.__name__.removesuffix("Object")


def codes_of(operation: Operation) -> list[str]:
    """Every problem that the operation can answer with, by status."""
    codes = {*_ALWAYS, *operation.problems}
    if operation.prefix:
        codes.add("not_found")
    if operation.query or operation.takes is not None or operation.takes_key:
        codes.update(_WITH_INPUT)
    if operation.takes is not None:
        codes.update(_WITH_JSON)
    if operation.takes is not None or operation.csv_example:
        codes.update(_WITH_BODY)
    if operation.takes_key:
        codes.update(_WITH_KEY)
    return sorted(codes, key=lambda code: (KINDS[code].status, code))


def _operation(operation: Operation) -> Json:
    made: Json = {
        "operationId": operation.name,
        "tags": [operation.group],
        "summary": operation.summary,
        "description": operation.words,
        "responses": _responses(operation),
    }
    parameters = _parameters(operation)
    if parameters:
        made["parameters"] = parameters
    if operation.takes is not None:
        content: Json = {"schema": {"$ref": f"{_REF}{component(operation.takes)}"}}
        if operation.example:
            content["example"] = dict(operation.example)
        is_required = any(field.required for field in msgspec.structs.fields(operation.takes))
        made["requestBody"] = {"required": is_required, "content": {"application/json": content}}
    elif operation.csv_example:
        file: Json = {"schema": {"type": "string"}, "example": operation.csv_example}
        made["requestBody"] = {"required": True, "content": {"text/csv": file}}
    return made


def _parameters(operation: Operation) -> list[Json]:
    made: list[Json] = []
    if operation.prefix:
        schema = {"type": "string", "pattern": id_pattern(operation.prefix)}
        made.append(
            {"name": "id", "in": "path", "required": True, "description": "Its id.", "schema": schema}
        )
    made.extend(
        {
            "name": parameter.name,
            "in": "query",
            "required": False,
            "description": parameter.words,
            "schema": dict(parameter.schema),
        }
        for parameter in operation.query
    )
    if operation.takes_key:
        made.append({"$ref": "#/components/parameters/IdempotencyKey"})
    if operation.may_be_conditional:
        made.append({"$ref": "#/components/parameters/IfMatch"})
    return made


def _responses(operation: Operation) -> Json:
    success: Json = {"description": operation.summary}
    headers: Json = {}
    if operation.takes_key:
        headers["Idempotent-Replayed"] = {"$ref": "#/components/headers/Idempotent-Replayed"}
    if operation.answer is not None:
        success["content"] = {"application/json": {"schema": _answer_schema(operation)}}
        if component(operation.answer) == "PaymentLink" and not operation.is_list:
            headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    if operation.file:
        success["content"] = {operation.file: {"schema": {"type": "string", "format": "binary"}}}
    if headers:
        success["headers"] = headers
    made: Json = {str(operation.status): success}
    by_status: dict[int, list[str]] = {}
    for code in codes_of(operation):
        by_status.setdefault(KINDS[code].status, []).append(code)
    for status, codes in by_status.items():
        made[str(status)] = _problem_response(status, codes)
    return made


def _problem_response(status: int, codes: Sequence[str]) -> Json:
    told = "; ".join(f"`{code}`: {KINDS[code].title}" for code in codes)
    made: Json = {"description": told, "content": {MEDIA_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}}}
    if status == 401:
        made["headers"] = {"WWW-Authenticate": {"$ref": "#/components/headers/WWW-Authenticate"}}
    if status == 503:
        made["headers"] = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
    return made


def _answer_schema(operation: Operation) -> Json:
    assert operation.answer is not None, "asked for where there is one"
    reference = {"$ref": f"{_REF}{component(operation.answer)}"}
    if not operation.is_list:
        return reference
    return {
        "type": "object",
        "required": ["object", "data", "next_cursor"],
        "properties": {
            "object": {"const": "list"},
            "data": {"type": "array", "items": reference},
            "next_cursor": {"type": ["string", "null"], "description": words.FIELDS["next_cursor"]},
        },
    }


def _schemas(operations: Sequence[Operation]) -> Json:
    asked = {operation.takes for operation in operations if operation.takes is not None}
    told = {operation.answer for operation in operations if operation.answer is not None} | {Problem}
    kinds = sorted(asked | told, key=component)
    _, found = msgspec.json.schema_components(kinds, ref_template=f"{_REF}{{name}}")
    # What may be sent may leave fields out, also within what it holds.
    _, within = msgspec.json.schema_components(asked)
    taken = {title.removesuffix("Object") for title in within}
    made: Json = {}
    for title, schema in found.items():
        name = title.removesuffix("Object")
        made[name] = _renamed(schema)
        made[name]["title"] = name
        if name not in taken:
            _tell(name, made[name])
    return dict(sorted(made.items()))


def _tell(name: str, schema: Json) -> None:
    """Completes the schema of an answer: every field but those that may be absent comes, and says what it means."""
    properties: Json = schema["properties"]
    schema["required"] = [field for field in properties if (name, field) not in _MAY_BE_ABSENT]
    for field, inner in properties.items():
        if not any("description" in one for one in (inner, *inner.get("anyOf", ()))):
            inner["description"] = words.OF_ONE.get((name, field)) or words.FIELDS[field]
        inner.pop("default", None)
        if (name, field) in _ENUMS:
            inner["enum"] = [choice.value for choice in _ENUMS[name, field]]
    if name == "EventData":
        properties["object"] = {"type": "object", "description": "The object as it was then."}
    if name in words.EXAMPLES:
        schema["examples"] = [dict(words.EXAMPLES[name])]


_MAY_BE_ABSENT: Final = frozenset({("WebhookEndpoint", "secret")})


def _renamed(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: value.removesuffix("Object") if key == "$ref" else _renamed(value)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_renamed(value) for value in schema]
    return schema
