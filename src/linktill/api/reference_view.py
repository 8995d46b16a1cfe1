"""What the reference page shows, taken from the OpenAPI document: what is not in the document is not on the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

_CHOICES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a field of an object."""

    name: str
    type: str
    is_required: bool
    words: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OperationView:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    words: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    status: str
    answer: str | None
    is_list: bool
    file: str
    """The media type of one that answers with a file; empty: it does not."""
    problems: tuple[str, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    """Operations on one kind of object, and the objects that they answer with."""

    name: str
    anchor: str
    operations: tuple[OperationView, ...]


@dataclass(frozen=True, slots=True)
class ObjectView:
    """An object that the API answers with."""

    name: str
    words: str
    fields: tuple[Field, ...]
    example: str | None


@dataclass(frozen=True, slots=True)
class ReferenceView:
    """The whole page."""

    title: str
    version: str
    introduction: tuple[str, ...]
    server: str
    groups: tuple[Group, ...]
    objects: tuple[ObjectView, ...]


def view_of(document: Json) -> ReferenceView:
    """Everything that the page shows."""
    reader = _Reader(document)
    return ReferenceView(
        title=document["info"]["title"],
        version=document["info"]["version"],
        introduction=tuple(
            part.replace("\n", " ") for part in document["info"]["description"].strip().split("\n\n")
        ),
        server=document["servers"][0]["url"],
        groups=tuple(reader.group(tag["name"]) for tag in document["tags"]),
        objects=reader.objects(),
    )


class _Reader:
    def __init__(self, document: Json) -> None:
        self._document: Final = document
        self._schemas: Final[Json] = document["components"]["schemas"]

    def group(self, name: str) -> Group:
        found = tuple(
            self._operation(path, method, operation)
            for path, methods in self._document["paths"].items()
            for method, operation in methods.items()
            if name in operation["tags"]
        )
        return Group(name, f"group-{name.lower().replace(' ', '-')}", found)

    def objects(self) -> tuple[ObjectView, ...]:
        """What answers are made of; what requests take stands with the operations."""
        taken = {
            self._name(operation["requestBody"]["content"]["application/json"]["schema"])
            for methods in self._document["paths"].values()
            for operation in methods.values()
            if _takes_json(operation)
        }
        return tuple(
            ObjectView(name, schema["description"], self._fields(schema), _example(schema))
            for name, schema in self._schemas.items()
            if name not in taken
        )

    def _operation(self, path: str, method: str, operation: Json) -> OperationView:
        body = self._body(operation)
        status, success = next(iter(operation["responses"].items()))
        schema = success.get("content", {}).get("application/json", {}).get("schema")
        is_list = schema is not None and "$ref" not in schema
        answer = None
        if schema is not None:
            answer = self._name(schema["properties"]["data"]["items"] if is_list else schema)
        problems = [
            code
            for response in list(operation["responses"].values())[1:]
            for code in response["description"].split("`")[1::2]
        ]
        return OperationView(
            name=operation["operationId"],
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            words=operation["description"],
            parameters=tuple(self._parameter(one) for one in operation.get("parameters", ())),
            body=body,
            status=status,
            answer=answer,
            is_list=is_list,
            file=next((each for each in success.get("content", {}) if each != "application/json"), ""),
            problems=tuple(problems),
            curl=self._curl(path, method, operation),
        )

    def _body(self, operation: Json) -> tuple[Field, ...]:
        if not _takes_json(operation):
            return ()
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        return self._fields(self._schemas[self._name(schema)])

    def _parameter(self, parameter: Json) -> Field:
        if "$ref" in parameter:
            parameter = self._document["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
        return _field(
            parameter["name"],
            parameter["schema"],
            parameter["description"],
            is_required=parameter["required"],
        )

    def _fields(self, schema: Json) -> tuple[Field, ...]:
        required = schema.get("required", ())
        return tuple(
            _field(name, inner, _words(inner), is_required=name in required)
            for name, inner in schema["properties"].items()
        )

    def _curl(self, path: str, method: str, operation: Json) -> str:
        url = self._document["servers"][0]["url"] + path
        lines = [f"curl {url}" if method == "get" else f"curl -X {method.upper()} {url}"]
        lines.append('-H "Authorization: Bearer $API_KEY"')
        if method == "post":
            lines.append('-H "Idempotency-Key: your-own-key-1"')
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in content:
            lines.append('-H "Content-Type: application/json"')
            lines.append(f"-d '{json.dumps(content['example'])}'")
        if "text/csv" in operation.get("requestBody", {}).get("content", {}):
            lines += ['-H "Content-Type: text/csv"', "--data-binary @links.csv"]
        return " \\\n  ".join(lines)

    def _name(self, schema: Json) -> str:
        return str(schema["$ref"]).rpartition("/")[2]


def _takes_json(operation: Json) -> bool:
    return "application/json" in operation.get("requestBody", {}).get("content", {})


def _words(schema: Json) -> str:
    if "description" in schema:
        return str(schema["description"])
    return next((_words(inner) for inner in schema.get("anyOf", ()) if _words(inner)), "")


def _field(name: str, schema: Json, words: str, *, is_required: bool) -> Field:
    return Field(name, _type(schema), is_required, words, _choices(schema))


def _choices(schema: Json) -> tuple[str, ...]:
    found: Sequence[str] = schema.get("enum", ())
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    for one in inner:
        found = found or _choices(one)
    # All currencies would be a wall of letters.
    return tuple(found) if len(found) <= _CHOICES_SHOWN else ()


def _type(schema: Json) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(inner) for inner in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type", "string" if "enum" in schema or "const" in schema else "any")
    if isinstance(kind, list):
        return " or ".join(kind)
    match kind:
        case "integer" if "maximum" in schema:
            return f"integer, {schema['minimum']:,} to {schema['maximum']:,}"
        case "string" if "maxLength" in schema:
            return f"string, at most {schema['maxLength']:,} characters"
        case "string" if schema.get("format") == "date-time":
            return "RFC 3339 time"
        case "array":
            return f"list of {_type(schema['items'])}"
        case _:
            return str(kind)


def _example(schema: Json) -> str | None:
    examples = schema.get("examples", ())
    return json.dumps(examples[0], indent=2) if examples else None
