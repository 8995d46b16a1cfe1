"""Checks requests and answers against a vendor's published OpenAPI 3.0 file."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "contracts"


def described(name: str) -> Path:
    """One of the vendors' files. Skips the test where they are not at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is missing: the vendors' descriptions are not part of the project")
    return path


@cache
def description(path: Path) -> "Description":
    """Read once for all tests."""
    return Description(path)


class Description:
    """A vendor's file. Fields that it does not name are problems as well."""

    def __init__(self, path: Path) -> None:
        self.doc = _draft4(json.loads(path.read_text()))
        found = sorted(self.doc["paths"], key=lambda each: each.count("{"))
        self.paths = [(re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(each))), each) for each in found]
        self._validator = cache(self._validator_of)

    def covers(self, method: str, path: str) -> bool:
        return self._operation(method, path) is not None

    def request(self, method: str, path: str, body: bytes) -> list[str]:
        """What is wrong with a request's body."""
        operation = self._known(method, path)
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return ["no body is expected"] if body else []
        return self._problems(next(iter(content.values()))["schema"], json.loads(body))

    def query(self, method: str, path: str, sent: dict[str, str]) -> list[str]:
        """What is wrong with a request's query."""
        known = [self._found(each) for each in self._known(method, path).get("parameters", [])]
        schemas = {each["name"]: each["schema"] for each in known if each["in"] == "query"}
        unknown = [f"?{name}: unknown" for name in sent if name not in schemas]
        missing = [
            f"?{each['name']}: missing"
            for each in known
            if each.get("required") and each["in"] == "query"
            if each["name"] not in sent
        ]
        wrong = []
        for name, text in sent.items():
            schema = schemas.get(name, {})
            value: object = int(text) if schema.get("type") == "integer" and text.isdigit() else text
            wrong += [f"?{name}: {problem}" for problem in self._problems(schema, value)]
        return unknown + missing + wrong

    def response(self, method: str, path: str, status: int, body: bytes) -> list[str]:
        """What is wrong with an answer."""
        responses = self._known(method, path)["responses"]
        told = self._found(responses.get(str(status)) or responses["default"])
        return self._problems(told["content"]["application/json"]["schema"], json.loads(body))

    def words(self, method: str, path: str, status: int, issue: str) -> str:
        """How the vendor words an issue: some descriptions give that as well."""
        responses = self._known(method, path)["responses"]
        told = self._found(responses.get(str(status)) or responses["default"])
        found = list(self._worded(told["content"]["application/json"]["schema"], issue))
        return found[0] if found else issue

    def _worded(self, node: Any, issue: str) -> Any:
        if isinstance(node, dict):
            node = self._found(node)
            fields = node.get("properties", {})
            if issue in fields.get("issue", {}).get("enum", []):
                yield fields.get("description", {}).get("enum", [issue])[0]
        for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from self._worded(each, issue)

    def _known(self, method: str, path: str) -> dict[str, Any]:
        operation = self._operation(method, path)
        assert operation is not None, f"{method} {path} is described"
        return operation

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for pattern, each in self.paths:
            if pattern.fullmatch(path) and method.lower() in self.doc["paths"][each]:
                found: dict[str, Any] = self.doc["paths"][each][method.lower()]
                return found
        return None

    def _validator_of(self, schema: str) -> Any:
        whole = {"allOf": [json.loads(schema)], "components": self.doc["components"]}
        return jsonschema_rs.Draft4Validator(whole)

    def _problems(self, schema: dict[str, Any], instance: object) -> list[str]:
        validator = self._validator(json.dumps(schema))
        wrong = [
            f"{list(each.instance_path)}: {each.message[:200]}" for each in validator.iter_errors(instance)
        ]
        return wrong + list(self._unknown(schema, instance, ""))

    def _found(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found = self.doc
            for part in schema["$ref"][2:].split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema

    def _fields(self, schema: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """All fields that the schema names, in whichever branch, and whether it lets others in."""
        found = self._found(schema)
        fields = dict(found.get("properties", {}))
        is_open = found.get("additionalProperties") not in (None, False)
        for branch in (each for kind in ("allOf", "oneOf", "anyOf") for each in found.get(kind, [])):
            more, is_branch_open = self._fields(branch)
            fields |= more
            is_open |= is_branch_open
        return fields, is_open

    def _unknown(self, schema: dict[str, Any], instance: object, at: str) -> Any:
        if isinstance(instance, dict):
            fields, is_open = self._fields(schema)
            for name, value in instance.items() if fields else ():
                if name in fields:
                    yield from self._unknown(fields[name], value, f"{at}/{name}")
                elif not is_open:
                    yield f"{at}/{name}: unknown field"
        elif isinstance(instance, list):
            items: dict[str, Any] = self._found(schema).get("items", {})
            for number, value in enumerate(instance):
                yield from self._unknown(items, value, f"{at}/{number}")


def _draft4(node: Any, *, is_names: bool = False) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` is a branch, and patterns that no engine here reads are left out."""
    if isinstance(node, list):
        return [_draft4(each) for each in node]
    if not isinstance(node, dict):
        return node
    if is_names:
        return {name: _draft4(each) for name, each in node.items()}
    made = {
        name: each
        if name in {"enum", "default", "example", "examples"}
        else _draft4(each, is_names=name in {"properties", "schemas"})
        for name, each in node.items()
        if name != "nullable"
    }
    if isinstance(made.get("pattern"), str) and not _is_readable(made["pattern"]):
        del made["pattern"]
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made


def _is_readable(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft4Validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True
