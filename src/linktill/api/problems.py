"""From a refusal to what HTTP says of it: one table, and RFC 9457 problems made from it.

The table is complete over `core/errors.py` (tests/api/test_problems.py): a new refusal without a row fails there, not at
a caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import msgspec

from linktill.core.errors import FieldsInvalid, Refusal, Source
from linktill.storage.errors import Busy, StorageError, StorageFull

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2
REALM: Final = 'Bearer realm="linktill"'


@dataclass(frozen=True, slots=True)
class Kind:
    """What all problems of one code have in common. `mend`: what the reference says to do about it."""

    status: int
    title: str
    mend: str
    source: Source = Source.MERCHANT
    is_retryable: bool = False


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "json_invalid": Kind(
            400, "The body is not valid JSON", "Send one JSON object in UTF-8, with each name in it once."
        ),
        "request_invalid": Kind(400, "The request cannot be read", "Mend its address or headers."),
        "unauthorized": Kind(
            401, "No valid API key", "Send a key that was not revoked: Authorization: Bearer lt_test_…"
        ),
        "sign_in_refused": Kind(401, "Sign-in refused", "Sign in again."),
        "not_found": Kind(404, "Not found", "Check the id. What another merchant has is not found either."),
        "method_not_allowed": Kind(
            405, "Method not allowed", "The Allow header names what the address takes."
        ),
        "refused": Kind(409, "Refused", "The detail says why."),
        "transition_refused": Kind(
            409, "Its status does not allow this", "Read the object again, then decide."
        ),
        "refund_too_large": Kind(
            409,
            "More than what is left of the payment",
            "Ask for less, or leave amount_minor out for all that is left.",
        ),
        "link_not_payable": Kind(409, "The link takes no payment now", "Read its status.", Source.PAYER),
        "price_changed": Kind(409, "The price changed", "Show the new price first.", Source.PAYER),
        "payment_in_progress": Kind(
            409, "Somebody else is paying", "Try again in some minutes.", Source.PAYER, is_retryable=True
        ),
        "way_not_offered": Kind(
            409, "That gateway is not offered for this link", "Choose another one.", Source.PAYER
        ),
        "idempotency_in_progress": Kind(
            409, "The first request with this key is running", "Repeat it in a moment.", is_retryable=True
        ),
        "version_conflict": Kind(
            412,
            "The object changed since it was read",
            "Read it again, then repeat the change.",
            is_retryable=True,
        ),
        "too_large": Kind(413, "The body is too large", "A body has at most 256 KiB, a file 16 MiB."),
        "media_type_unsupported": Kind(
            415,
            "The body is of another type",
            "Send Content-Type: application/json, or text/csv where a file is taken.",
        ),
        "field_invalid": Kind(
            422, "A field holds what it must not hold", "param names the field, errors names all of them."
        ),
        "currency_mismatch": Kind(422, "Two currencies met", "Use one currency."),
        "idempotency_mismatch": Kind(
            422, "The key came with another request before", "Take a new key for a new request."
        ),
        "too_many": Kind(429, "A limit was reached", "Wait, or remove something first."),
        "internal_error": Kind(
            500,
            "Our mistake",
            "Repeat it with the same idempotency key; if it happens again, tell the operator the request_id.",
            Source.LINKTILL,
            is_retryable=True,
        ),
        "gateway_unavailable": Kind(
            503,
            "The gateway cannot be used now",
            "Nothing was charged. Try again later.",
            Source.GATEWAY,
            is_retryable=True,
        ),
        "busy": Kind(
            503,
            "Too much at once",
            "Repeat it after Retry-After seconds.",
            Source.LINKTILL,
            is_retryable=True,
        ),
        "storage_full": Kind(
            503,
            "No space left",
            "Nothing was kept. The operator must make room.",
            Source.LINKTILL,
            is_retryable=True,
        ),
        "storage_broken": Kind(
            503,
            "The database cannot be used",
            "It is unknown whether the request was kept: repeat it with the same idempotency key.",
            Source.LINKTILL,
            is_retryable=True,
        ),
    }
)
"""The one table: every code that the API answers with, refusals by their `code`."""

_ADVISED_TO_WAIT: Final = frozenset(
    {"busy", "storage_full", "storage_broken", "gateway_unavailable", "idempotency_in_progress"}
)


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One field at fault."""

    param: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    param: str | None
    errors: list[FieldProblem]
    source: Literal["payer", "merchant", "gateway", "issuer", "linktill"]
    retryable: bool
    request_id: str


class ApiRefusal(Exception):
    """The request itself is at fault, before any rule of Linktill was asked. `code` is one of `KINDS`."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        param: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(KINDS[code].mend if message is None else message)
        self.code: Final = code
        self.param: Final = param
        self.headers: Final = headers


@dataclass(frozen=True, slots=True)
class Told:
    """A problem ready to be sent."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


_encoder: Final = msgspec.json.Encoder()


def told(error: Exception, *, request_id: str, base_url: str) -> Told:
    """The problem that an exception becomes. What is not ours to tell becomes `internal_error`, without its text."""
    match error:
        case FieldsInvalid():
            fields = [FieldProblem(param=field.param, message=str(field.message)) for field in error.errors]
            problem = _problem(error.code, str(error), error.param, fields)
        case Refusal() | ApiRefusal():
            problem = _problem(error.code, str(error), error.param)
        case StorageFull():
            problem = _problem("storage_full")
        case Busy():
            problem = _problem("busy")
        case StorageError():
            problem = _problem("storage_broken")
        case _:
            problem = _problem("internal_error")
    problem = msgspec.structs.replace(
        problem, type=f"{base_url}/docs/api#{problem.code}", request_id=request_id
    )
    headers = error.headers if isinstance(error, ApiRefusal) else ()
    if problem.status == 401:
        headers = (*headers, ("www-authenticate", REALM))
    if problem.code in _ADVISED_TO_WAIT:
        headers = (*headers, ("retry-after", str(RETRY_AFTER_S)))
    return Told(problem.status, _encoder.encode(problem), headers)


def _problem(
    code: str, detail: str | None = None, param: str | None = None, fields: list[FieldProblem] | None = None
) -> Problem:
    kind = KINDS[code]
    detail = kind.mend if detail is None else detail
    if fields is None:
        fields = [] if param is None else [FieldProblem(param=param, message=detail)]
    return Problem(
        type="",
        title=kind.title,
        status=kind.status,
        detail=detail,
        code=code,
        param=param,
        errors=fields,
        source=kind.source.value,
        retryable=kind.is_retryable,
        request_id="",
    )
