"""How the stand-in for Stripe says no, in Stripe's words."""

from tests.gateways import stripe_objects as make
from tests.gateways.stripe_objects import Thing


class Refused(Exception):
    def __init__(self, status: int, body: Thing, headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status, self.body, self.headers = status, body, headers or {}


def invalid(message: str, code: str | None = None, param: str | None = None, status: int = 400) -> Refused:
    return Refused(status, make.error("invalid_request_error", message, code, param))
