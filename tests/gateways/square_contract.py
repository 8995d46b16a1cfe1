"""Square's published interface as a judge: what fits it and what does not (tests/gateways/contracts/square)."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

FILE = Path(__file__).parent / "contracts" / "square" / "square.json"
MONEY_KEY_MAX = 45
"""RefundPayment's description: keys have at most 45 characters. The schema leaves it out."""


def _strict(node: Any, *, is_asked: bool, is_names: bool = False) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` said otherwise, no field that is not described, none that only Square sets."""
    if isinstance(node, list):
        return [_strict(each, is_asked=is_asked) for each in node]
    if not isinstance(node, dict):
        return node
    if is_names:
        return {
            name: _strict(value, is_asked=is_asked)
            for name, value in node.items()
            if not (is_asked and value.get("readOnly"))
        }
    made = {
        key: _strict(value, is_asked=is_asked, is_names=key in {"properties", "schemas"})
        for key, value in node.items()
        if key != "nullable"
    }
    if "properties" in made and "additionalProperties" not in made:
        made["additionalProperties"] = False
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") else made


PUBLISHED = json.loads(FILE.read_text())


@cache
def _validator(ref: str, *, is_asked: bool) -> Any:
    components = _strict(PUBLISHED["components"], is_asked=is_asked)
    return jsonschema_rs.Draft4Validator({"allOf": [{"$ref": ref}], "components": components})


def _problems(ref: str, message: Any, *, is_asked: bool = False) -> list[str]:
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}"
        for error in _validator(ref, is_asked=is_asked).iter_errors(message)
    ]


def object_problems(name: str, message: Any) -> list[str]:
    """Why the message is not one of that schema; empty if it is."""
    return _problems(f"#/components/schemas/{name}", message)


def operation(method: str, path: str) -> dict[str, Any]:
    """The description of what is called; whole paths count before those with an id in them."""
    for pattern in sorted(PUBLISHED["paths"], key=lambda each: each.count("{")):
        regex = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(pattern))
        if re.fullmatch(regex, path) and method.lower() in PUBLISHED["paths"][pattern]:
            return PUBLISHED["paths"][pattern][method.lower()]
    raise LookupError(f"{method} {path} is not in Square's interface")


def request_problems(method: str, path: str, query: str, body: bytes) -> list[str]:
    """Why Square would not take the request; empty if it would."""
    described = operation(method, path)
    known = {
        each["name"]: each["schema"] for each in described.get("parameters", ()) if each["in"] == "query"
    }
    problems = []
    for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
        if name not in known:
            problems.append(f"?{name}: not a parameter")
        elif known[name].get("type") == "integer" and not value.isdecimal():
            problems.append(f"?{name}: not a number")
        elif "begin_time" in name and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value):
            problems.append(f"?{name}: not a time")
    if "requestBody" not in described:
        return [*problems, "a body is not expected"] if body else problems
    message = json.loads(body)
    key = message.get("idempotency_key", "-")
    if not 1 <= len(key) <= MONEY_KEY_MAX:
        problems.append("idempotency_key: length")
    ref = described["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return [*problems, *_problems(ref, message, is_asked=True)]


def response_problems(method: str, path: str, status: int, body: bytes) -> list[str]:
    """Why Square would not answer so; empty if it could. Refusals have errors and nothing else."""
    message = json.loads(body)
    if status >= 400:
        found = [
            problem for error in message.get("errors", ()) for problem in object_problems("Error", error)
        ]
        return found if set(message) == {"errors"} and message["errors"] else ["not a refusal"]
    described = operation(method, path)
    ref = described["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    return _problems(ref, message)
