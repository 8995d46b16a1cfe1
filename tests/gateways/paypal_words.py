"""PayPal's words and small change, for the company that plays it in tests."""

import json
from dataclasses import dataclass
from typing import Any

WHOLE = {"HUF", "JPY", "TWD"}
MESSAGES = {
    400: ("INVALID_REQUEST", "Request is not well-formed, syntactically incorrect, or violates schema."),
    404: ("RESOURCE_NOT_FOUND", "The specified resource does not exist."),
    422: (
        "UNPROCESSABLE_ENTITY",
        "The requested action could not be performed, semantically incorrect, or failed business validation.",
    ),
}


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    at: int = 1_770_000_000_000_000

    def now_us(self) -> int:
        return self.at

    def monotonic_s(self) -> float:
        return self.at / 1_000_000

    async def sleep(self, seconds: float) -> None:
        self.at += round(seconds * 1_000_000)


class Refusal(Exception):
    def __init__(self, status: int, issue: str = "") -> None:
        self.status, self.issue = status, issue


Row = dict[str, Any]


def body_of(told: Any) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()


def cents(amount: Row) -> int:
    return round(float(amount["value"]) * 100)


def part_of(amount: Row, percent: int) -> Row:
    part = cents(amount) * percent // 100
    whole = amount["currency_code"] in WHOLE
    return {**amount, "value": str(part // 100) if whole else f"{part // 100}.{part % 100:02}"}


def check_decimals(amount: Row) -> None:
    is_whole = amount["currency_code"] in WHOLE
    if is_whole and "." in amount["value"]:
        raise Refusal(422, "DECIMAL_PRECISION")
    if not is_whole and len(amount["value"].partition(".")[2]) != 2:
        raise Refusal(422, "DECIMAL_PRECISION")
