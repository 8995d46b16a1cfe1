"""How the stand-in for Stripe says no, in Stripe's words."""

from tests.gateways import stripe_objects as make
from tests.gateways.stripe_objects import Thing


class Refused(Exception):
    def __init__(self, status: int, body: Thing, headers: dict[str, str] | None = None) -> None:
        super().__init__(body)
        self.status, self.body, self.headers = status, body, headers or {}


def check_page(params: Thing) -> None:
    """Which addresses go with which page, as Stripe's annotations say of `ui_mode`, `success_url`, `cancel_url`, `return_url`."""
    is_own = params.get("ui_mode") == "elements"
    for name in ("success_url", "cancel_url", "after_expiration") if is_own else ("return_url",):
        if name in params:
            raise invalid(f"`{name}` is not allowed with this `ui_mode`.", None, name)
    needed = "return_url" if is_own else "success_url"
    if needed not in params:
        raise invalid(f"Missing required param: {needed}.", "parameter_missing", needed)


def invalid(message: str, code: str | None = None, param: str | None = None, status: int = 400) -> Refused:
    return Refused(status, make.error("invalid_request_error", message, code, param))
