"""What the API offers: a row for each operation, from which routes, OpenAPI document and reference page are made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from linktill.api.answers import Reply
from linktill.api.calls import Call
from linktill.api.queries import Parameter


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `answer` None: no body; `problems`: codes beyond those that every operation can answer with."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    name: str
    group: str
    summary: str
    words: str
    handle: Callable[[Call], Awaitable[Reply]]
    answer: type[msgspec.Struct] | None
    status: int = 200
    is_list: bool = False
    takes: type[msgspec.Struct] | None = None
    csv_example: str = ""
    """Of one that takes a CSV file instead of JSON."""
    query: tuple[Parameter, ...] = ()
    prefix: str = ""
    """What the id in the path starts with."""
    may_be_conditional: bool = False
    """Takes If-Match with the ETag that an answer carried."""
    problems: tuple[str, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    """A body to try it with."""
    file: str = ""
    """The media type of one that answers with a file."""

    @property
    def takes_key(self) -> bool:
        """May it be repeated under an idempotency key?"""
        return self.method == "POST"
