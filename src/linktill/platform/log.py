"""Logging: one line per event, `noun.verb` with ids and amounts, to standard error. Never card data, secrets or payloads.

The names of fields that hold such things are dropped here as the last guard, and control characters are escaped: a value that
a stranger chose can neither start a line of its own nor color a terminal.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final, Literal, cast

from linktill.platform.hidden import hidden

# structlog loads rich and pygments where it finds them (3.5 MB), for colored tracebacks that we never print.
with hidden("rich"):
    import structlog
    from structlog.typing import FilteringBoundLogger, Processor, WrappedLogger

LogFormat = Literal["json", "console"]

VALUE_MAX_CHARS: Final = 2_000
DEPTH_MAX: Final = 4
TRACEBACK_LINES_MAX: Final = 200

_DROPPED: Final = (
    "number pan cvc cvv card card_number expiry authorization cookie set_cookie password passphrase secret secrets "
    "token api_key secret_key credentials private_key signature session webhook_secret webhook_secrets body payload"
)
_SECRET: Final = frozenset(_DROPPED.split())
_SECRET_ENDS: Final = ("_password", "_secret", "_token", "_cookie", "_api_key")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CARD: Final = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def configure_logging(form: LogFormat = "console", *, level: int = logging.INFO) -> None:
    """Sets up structlog and the standard library's loggers (uvicorn's, aiohttp's) to write alike to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        scrub,
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose calls read `log.info("payment.captured", payment_id=…, amount_minor=…)`."""
    return cast("FilteringBoundLogger", structlog.get_logger(name))


def scrub(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The last processor before rendering: drops secret fields, masks card numbers, escapes and shortens text."""
    cleaned = {
        key: _clean(value, 0) for key, value in event.items() if not _is_secret(key) and key != "exception"
    }
    if "exception" in event:
        # A traceback keeps its lines, indented: none of them can pass for an event.
        lines = str(event["exception"]).splitlines()[-TRACEBACK_LINES_MAX:]
        cleaned["exception"] = "\n".join(f"  {escape(line)}" for line in lines)
    return cleaned


def _is_secret(name: str) -> bool:
    name = name.lower().replace("-", "_")
    return name in _SECRET or name.endswith(_SECRET_ENDS)


def _clean(value: object, depth: int) -> object:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if depth < DEPTH_MAX and isinstance(value, Mapping):
        items = cast("Mapping[object, object]", value).items()
        return {escape(str(key)): _clean(item, depth + 1) for key, item in items if not _is_secret(str(key))}
    if depth < DEPTH_MAX and isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return [_clean(item, depth + 1) for item in value]
    return escape(str(value))


def escape(text: str) -> str:
    """One harmless line: control and direction characters as escapes, card numbers masked, cut to a bounded length."""
    text = text if len(text) <= VALUE_MAX_CHARS else f"{text[:VALUE_MAX_CHARS]}…"
    return _CARD.sub(_mask, _CONTROL.sub(_escaped, text))


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _mask(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    # Only what passes the Luhn check is a card number: amounts, times and ids stay readable.
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits))]
    is_card = sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0
    return f"[card …{digits[-4:]}]" if is_card else match[0]
