"""Stripe's published interface as JSON Schemas, made from the annotations in its own SDK (a development dependency).

Stripe generates these annotations from its OpenAPI file. They are read from the source, as most exist for type checkers only.
Unknown fields are refused both ways; an expandable field is an id or the object.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
import stripe
from stripe._api_version import _ApiVersion

SDK = Path(stripe.__file__).parent
API_VERSION = _ApiVersion.CURRENT
Schema = dict[str, Any]

_PRIMITIVES = {
    "int": "integer",
    "str": "string",
    "bool": "boolean",
    "float": "number",
    "Decimal": "string",
}
_LISTS = {"List", "list", "Sequence"}
_DICTS = {"Dict", "dict", "Mapping", "UntypedStripeObject"}
_SESSION = "params/checkout/_session_{}_params.py"

ENDPOINTS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("POST", "/v1/checkout/sessions"): (_SESSION.format("create"), "SessionCreateParams", "checkout.session"),
    ("GET", "/v1/checkout/sessions"): (_SESSION.format("list"), "SessionListParams", "[checkout.session]"),
    ("GET", "/v1/checkout/sessions/{}"): (
        _SESSION.format("retrieve"),
        "SessionRetrieveParams",
        "checkout.session",
    ),
    ("POST", "/v1/checkout/sessions/{}/expire"): (
        _SESSION.format("expire"),
        "SessionExpireParams",
        "checkout.session",
    ),
    ("GET", "/v1/payment_intents"): (
        "params/_payment_intent_list_params.py",
        "PaymentIntentListParams",
        "[payment_intent]",
    ),
    ("GET", "/v1/payment_intents/{}"): (
        "params/_payment_intent_retrieve_params.py",
        "PaymentIntentRetrieveParams",
        "payment_intent",
    ),
    ("POST", "/v1/payment_intents/{}/capture"): (
        "params/_payment_intent_capture_params.py",
        "PaymentIntentCaptureParams",
        "payment_intent",
    ),
    ("POST", "/v1/payment_intents/{}/cancel"): (
        "params/_payment_intent_cancel_params.py",
        "PaymentIntentCancelParams",
        "payment_intent",
    ),
    ("POST", "/v1/refunds"): ("params/_refund_create_params.py", "RefundCreateParams", "refund"),
    ("GET", "/v1/refunds"): ("params/_refund_list_params.py", "RefundListParams", "[refund]"),
    ("GET", "/v1/refunds/{}"): ("params/_refund_retrieve_params.py", "RefundRetrieveParams", "refund"),
    ("GET", "/v1/disputes"): ("params/_dispute_list_params.py", "DisputeListParams", "[dispute]"),
    ("GET", "/v1/disputes/{}"): ("params/_dispute_retrieve_params.py", "DisputeRetrieveParams", "dispute"),
    ("POST", "/v1/disputes/{}"): ("params/_dispute_update_params.py", "DisputeUpdateParams", "dispute"),
    ("POST", "/v1/disputes/{}/close"): ("params/_dispute_close_params.py", "DisputeCloseParams", "dispute"),
    ("GET", "/v1/charges"): ("params/_charge_list_params.py", "ChargeListParams", "[charge]"),
    ("GET", "/v1/balance_transactions"): (
        "params/_balance_transaction_list_params.py",
        "BalanceTransactionListParams",
        "[balance_transaction]",
    ),
    ("GET", "/v1/payouts"): ("params/_payout_list_params.py", "PayoutListParams", "[payout]"),
    ("POST", "/v1/webhook_endpoints"): (
        "params/_webhook_endpoint_create_params.py",
        "WebhookEndpointCreateParams",
        "webhook_endpoint",
    ),
    ("GET", "/v1/webhook_endpoints"): (
        "params/_webhook_endpoint_list_params.py",
        "WebhookEndpointListParams",
        "[webhook_endpoint]",
    ),
    ("DELETE", "/v1/webhook_endpoints/{}"): (
        "params/_webhook_endpoint_delete_params.py",
        "WebhookEndpointDeleteParams",
        "webhook_endpoint",
    ),
    ("GET", "/v1/account"): (
        "params/_account_retrieve_current_params.py",
        "AccountRetrieveCurrentParams",
        "account",
    ),
}
"""Method and path → the file and class of its parameters in the SDK, and what it answers with ([…]: a list of it)."""

OBJECTS = {
    "account": ("_account.py", "Account"),
    "balance_transaction": ("_balance_transaction.py", "BalanceTransaction"),
    "charge": ("_charge.py", "Charge"),
    "checkout.session": ("checkout/_session.py", "Session"),
    "dispute": ("_dispute.py", "Dispute"),
    "event": ("_event.py", "Event"),
    "payment_intent": ("_payment_intent.py", "PaymentIntent"),
    "payout": ("_payout.py", "Payout"),
    "refund": ("_refund.py", "Refund"),
    "error": ("_error_object.py", "ErrorObject"),
    "webhook_endpoint": ("_webhook_endpoint.py", "WebhookEndpoint"),
}


@cache
def _module(path: Path) -> tuple[dict[str, ast.ClassDef], dict[str, tuple[str, str]]]:
    """Its classes by dotted name, and what it imports from the SDK."""
    tree = ast.parse(path.read_text())
    imports = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stripe")
        for alias in node.names
    }
    return dict(_classes(tree.body, "")), imports


def _classes(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _classes(node.body, f"{prefix}{node.name}.")


class Schemas:
    """Converts a class and all that it refers to. `is_params`: what we send, where a field may be required."""

    def __init__(self, *, is_params: bool) -> None:
        self.definitions: dict[str, Schema] = {}
        self._is_params = is_params

    def reference(self, path: Path, name: str) -> Schema:
        key = f"{path.relative_to(SDK).with_suffix('')}.{name}".replace("/", ".")
        if key not in self.definitions:
            self.definitions[key] = {}
            self.definitions[key] = self._object(path, name)
        return {"$ref": f"#/definitions/{key}"}

    def _object(self, path: Path, name: str) -> Schema:
        properties: Schema = {}
        required = []
        for node in _module(path)[0][name].body:
            if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
                continue
            annotation = _parsed(node.annotation)
            text = ast.unparse(annotation)
            if node.target.id.startswith("_") or text.startswith("ClassVar"):
                continue
            properties[node.target.id] = self._schema(annotation, path, name)
            if self._is_params and not text.startswith("NotRequired"):
                required.append(node.target.id)
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def _schema(self, node: ast.expr, path: Path, scope: str) -> Schema:
        node = _parsed(node)
        match node:
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.BinOp(left=left, right=right):
                return {"anyOf": [self._schema(left, path, scope), self._schema(right, path, scope)]}
            case ast.Subscript(value=value, slice=inner):
                return self._generic(ast.unparse(value).split(".")[-1], inner, path, scope)
            case _:
                pass
        name = ast.unparse(node)
        if name in _PRIMITIVES:
            return {"type": _PRIMITIVES[name]}
        return self._named(name, path, scope)

    def _generic(self, name: str, inner: ast.expr, path: Path, scope: str) -> Schema:
        if name in {"NotRequired", "Required"}:
            return self._schema(inner, path, scope)
        if name == "Literal":
            values = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return {"enum": [value.value for value in values if isinstance(value, ast.Constant)]}
        if name == "Union":
            assert isinstance(inner, ast.Tuple)
            return {"anyOf": [self._schema(each, path, scope) for each in inner.elts]}
        if name in _DICTS:
            value = inner.elts[1] if isinstance(inner, ast.Tuple) else inner
            return {"type": "object", "additionalProperties": self._schema(value, path, scope)}
        of = self._schema(inner, path, scope)
        if name == "Optional":
            return {"anyOf": [of, {"type": "null"}]}
        if name == "ExpandableField":
            return {"anyOf": [{"type": "string"}, of]}
        if name in _LISTS:
            return {"type": "array", "items": of}
        assert name == "ListObject", name
        return list_of(of)

    def _named(self, name: str, path: Path, scope: str) -> Schema:
        """A class by its name as seen from inside `scope`. What is no class of the SDK (Any, object) may be anything."""
        classes, imports = _module(path)
        parts = scope.split(".")
        for depth in range(len(parts), -1, -1):
            dotted = ".".join([*parts[:depth], name])
            if dotted in classes:
                return self.reference(path, dotted)
        if name in imports:
            module, original = imports[name]
            base = SDK.parent.joinpath(*module.split("."))
            for file in (base.with_suffix(".py"), base / "__init__.py"):
                if file.exists() and file != path:
                    return self._named(original, file, "")
        return {}


def _parsed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def list_of(schema: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {
            "object": {"enum": ["list"]},
            "data": {"type": "array", "items": schema},
            "has_more": {"type": "boolean"},
            "url": {"type": "string"},
        },
        "required": ["object", "data", "has_more", "url"],
        "additionalProperties": False,
    }


@cache
def object_schema(kind: str) -> Schema:
    schemas = Schemas(is_params=False)
    name = kind.strip("[]")
    file, cls = OBJECTS[name]
    root = schemas.reference(SDK / file, cls)
    return {**(list_of(root) if kind.startswith("[") else root), "definitions": schemas.definitions}


@cache
def params_schema(method: str, path: str) -> Schema:
    file, cls, _ = ENDPOINTS[method, path]
    schemas = Schemas(is_params=True)
    return {**schemas.reference(SDK / file, cls), "definitions": schemas.definitions}


@cache
def _validator(kind: str, method: str = "", path: str = "") -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(params_schema(method, path) if method else object_schema(kind))


def endpoint(method: str, path: str) -> tuple[str, str]:
    """The endpoint that this request goes to. Raises LookupError."""
    for verb, template in ENDPOINTS:
        if verb == method and re.fullmatch(template.replace("{}", "[^/]+"), path):
            return verb, template
    raise LookupError(f"{method} {path} is no endpoint that Stripe publishes and we use.")


def request_problems(method: str, path: str, encoded: str) -> list[str]:
    """What is wrong with a request's form or query. Empty: it fits what Stripe publishes."""
    verb, template = endpoint(method, path)
    schema = params_schema(verb, template)
    params = coerced(decoded(encoded), schema, schema["definitions"])
    return _problems(_validator("", verb, template), params)


def response_problems(method: str, path: str, body: object) -> list[str]:
    return object_problems(ENDPOINTS[endpoint(method, path)][2], body)


def object_problems(kind: str, body: object) -> list[str]:
    return _problems(_validator(kind), body)


def _problems(validator: jsonschema_rs.Draft7Validator, body: object) -> list[str]:
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:200]}"
        for error in validator.iter_errors(body)
    ]


def decoded(encoded: str) -> dict[str, Any]:
    """`a[b][0]=x` → {"a": {"b": {"0": "x"}}}: what is a list only the schema tells."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(encoded)):
        *path, last = re.findall(r"[^\[\]]+", name)
        at = root
        for part in path:
            at = at.setdefault(part, {})
        assert last not in at, f"{name} comes twice"
        at[last] = value
    return root


def coerced(value: Any, schema: Schema, definitions: Schema) -> Any:
    """The form's texts as the types that the schema names, where they can be."""
    alternatives = list(_alternatives(schema, definitions))
    types = {each.get("type") for each in alternatives}
    if isinstance(value, dict):
        if "array" in types and all(key.isdigit() for key in value):
            items = next(each["items"] for each in alternatives if each.get("type") == "array")
            return [coerced(value[key], items, definitions) for key in sorted(value, key=int)]
        properties: Schema = {}
        rest: Schema = {}
        for each in alternatives:
            properties |= each.get("properties", {})
            rest = each.get("additionalProperties") or rest
        return {key: coerced(each, properties.get(key, rest), definitions) for key, each in value.items()}
    if "integer" in types and re.fullmatch(r"-?\d+", value):
        return int(value)
    if "boolean" in types and value in {"true", "false"}:
        return value == "true"
    return value


def _alternatives(schema: Schema, definitions: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        yield from _alternatives(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _alternatives(each, definitions)
    else:
        yield schema
