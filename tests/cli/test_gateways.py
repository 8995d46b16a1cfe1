"""`linktill gateway`: connect, check, rotate, disconnect and smoke, over a stand-in that speaks Stripe's published schema."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from linktill.gateways.kind import Gateways, Kind
from linktill.gateways.square import CONNECTING as SQUARE
from linktill.gateways.square.gateway import SquareGateway
from linktill.gateways.stripe import CONNECTING as STRIPE
from linktill.gateways.stripe.gateway import StripeGateway
from linktill.gateways.testing import Wire
from tests.cli.conftest import Shop
from tests.gateways.square_fake import SquareFake
from tests.gateways.stripe_fake import SECRET_KEY, StripeFake


class Vendors:
    def __init__(self) -> None:
        self.stripe = StripeFake()
        self.square = SquareFake(api_url="https://connect.squareupsandbox.com")
        self.wire = Wire(self.stripe)

    def gateways(self, *_: object) -> Gateways:
        stripe, square = StripeGateway(self.wire), SquareGateway(Wire(self.square))
        return Gateways(
            Kind("stripe", "Stripe", stripe.form_action_origin, lambda: stripe, STRIPE),
            Kind("square", "Square", square.form_action_origin, lambda: square, SQUARE),
        )


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Vendors:
    vendors = Vendors()
    monkeypatch.setattr("linktill.main._gateways", vendors.gateways)
    return vendors


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """What comes on standard input."""

    def put(text: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))

    return put


def test_from_nothing_to_a_connected_account(shop: Shop, at: Vendors, tmp_path: Path) -> None:
    assert "linktill gateway connect stripe" in shop.run("gateway", "list").out
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"secret_key": SECRET_KEY}))
    made = shop.run("gateway", "connect", "stripe", "--keys", str(keys), "--json")
    assert made.code == 0, made.out
    shown = made.json
    assert (shown["gateway"], shown["name"], shown["mode"]) == ("stripe", "Bea's Bikes", "test")
    assert (shown["status"], shown["has_webhook"], shown["webhook_trouble"]) == ("open", True, None)
    assert shown["webhook_url"] == f"https://pay.example.com/in/stripe/{shown['id']}"
    assert SECRET_KEY not in made.out + made.err
    again = shop.run("gateway", "connect", "stripe", "--keys", str(keys), "--json")
    assert (again.code, again.json["error"]["code"]) == (1, "transition_refused")
    listed = shop.run("gateway", "list", "--json").json["data"]
    assert [each["id"] for each in listed] == [shown["id"]]
    words = shop.run("gateway", "list").out
    assert "Bea's" in words
    assert "never" in words
    assert shown["id"] in words, "an id is copied into the next command, so it is in one piece"
    checked = shop.run("gateway", "check", shown["id"], "--json")
    assert (checked.code, checked.json["name"], checked.json["currencies"]) == (0, "Bea's Bikes", [])
    at.stripe.may_charge = False
    assert shop.run("gateway", "check", shown["id"]).code == 1
    failed = shop.run("gateway", "list").err
    assert "Last failure of stripe Bea's Bikes (20" in failed
    assert (
        "Stripe does not let this account take payments yet: finish its set-up in Stripe's Dashboard."
        in failed
    )
    gone = shop.run("gateway", "disconnect", shown["id"], "--json")
    assert gone.json["status"] == "disconnected"
    assert at.stripe.things["webhook_endpoint"]


def test_secrets_are_read_from_standard_input_and_never_from_arguments(
    small: Shop, at: Vendors, typed: Callable[[bytes], None]
) -> None:
    typed(b"")
    nobody = small.run("gateway", "connect", "stripe", "--json")
    assert (nobody.code, nobody.json["error"]["param"]) == (2, "--keys")
    for text in (b"sk_test_51", b'{"secret_key": 5}', b"\xff", b""):
        typed(text)
        refused = small.run("gateway", "connect", "stripe", "--keys", "-", "--json")
        assert refused.code == 2, refused.out
        assert "sk_test" not in refused.out + refused.err
    typed(json.dumps({"secret_key": SECRET_KEY}).encode())
    made = small.run("gateway", "connect", "stripe", "--keys", "-", "--json").json
    by_hand = small.run("gateway", "rotate", made["id"], "--json")
    assert (by_hand.code, by_hand.json["error"]["code"]) == (1, "transition_refused")
    assert "in its Dashboard" in by_hand.json["error"]["message"]
    assert f"linktill gateway rotate {made['id']} --secret FILE" in by_hand.json["error"]["message"]
    typed(SECRET_KEY.encode())
    other = small.run("gateway", "rotate", made["id"], "--secret", "-", "--json").json["error"]
    assert (other["param"], "whsec_" in other["message"]) == ("secret", True)
    typed(b"whsec_rolled\n")
    rotated = small.run("gateway", "rotate", made["id"], "--secret", "-", "--json")
    assert (rotated.code, rotated.json["has_webhook"]) == (0, True)
    assert "whsec_rolled" not in rotated.out + rotated.err
    assert at.stripe.things["webhook_endpoint"]


def test_what_is_wrong_names_the_field(small: Shop, at: Vendors, typed: Callable[[bytes], None]) -> None:
    cases: list[tuple[str, dict[str, str], str, str]] = [
        ("stripe", {"secret_key": "sk_test_wrong"}, "secret_key", "field_invalid"),
        ("square", {"environment": "sandbox", "access_token": "EAAAwrong"}, "access_token", "field_invalid"),
        ("square", {}, "environment", "field_invalid"),
        ("paymill", {}, "gateway", "field_invalid"),
    ]
    for gateway, entered, param, code in cases:
        typed(json.dumps(entered).encode())
        refused = small.run("gateway", "connect", gateway, "--keys", "-", "--json")
        error = refused.json["error"]
        assert (refused.code, error["code"], error["param"]) == (1, code, param)
    at.wire.is_plugged = False
    typed(json.dumps({"secret_key": SECRET_KEY}).encode())
    silent = small.run("gateway", "connect", "stripe", "--keys", "-", "--json").json["error"]
    assert silent["code"] == "gateway_unavailable"
    assert "reaches the internet" in silent["message"]
    assert small.run("gateway", "check", "gwa_none", "--json").json["error"]["code"] == "not_found"
    missing = small.run("gateway", "connect", "stripe", "--keys", "/nowhere/keys.json", "--json").json[
        "error"
    ]
    assert (missing["code"], missing["param"]) == ("path_unusable", "--keys")


def test_what_an_account_is_offered_for_is_said_and_bad_rules_name_the_option(
    small: Shop, at: Vendors, typed: Callable[[bytes], None]
) -> None:
    typed(json.dumps({"secret_key": SECRET_KEY}).encode())
    account_id = small.run("gateway", "connect", "stripe", "--keys", "-", "--json").json["id"]
    for rule in ("EUR", "EUR:5.00:", "EUR:500:100", "EURO:500:"):
        refused = small.run("gateway", "offer", account_id, "--rule", rule, "--json")
        assert (refused.code, refused.json["error"]["code"]) == (1, "field_invalid"), refused
        assert "Traceback" not in refused.err
    for arguments, words in (
        (
            ("--rule", "EUR:500:", "--rule", "USD:1000:50000", "--no-others"),
            "EUR:500:, USD:1000:50000 and nothing else.",
        ),
        (("--rule", "EUR:500:"), "EUR:500: and all other currencies."),
        ((), "whatever the gateway takes."),
    ):
        done = small.run("gateway", "offer", account_id, *arguments)
        assert (done.code, done.out) == (0, f"{account_id} is offered for {words}\n")
    assert at.stripe.things["webhook_endpoint"], "connected, and nothing of it was undone"
    missing = small.run("gateway", "offer", "gwa_none").err
    assert "There is no such gateway account." in missing
    assert "linktill gateway list" in missing


def test_smoke_says_line_by_line_what_worked(
    small: Shop, at: Vendors, typed: Callable[[bytes], None]
) -> None:
    typed(json.dumps({"environment": "sandbox", "access_token": at.square.token}).encode())
    made = small.run("gateway", "connect", "square", "--keys", "-", "--json").json
    tried = small.run("gateway", "smoke", made["id"], "--json")
    assert (tried.code, tried.json["ok"]) == (0, True)
    assert [(step["step"], step["ok"]) for step in tried.json["steps"]] == [
        ("keys", True),
        ("test event", True),
        ("payment page", True),
        ("look-up", True),
        ("closing", True),
        ("payment and refund", True),
    ]
    assert len(at.square.refunds) == 1
    words = small.run("gateway", "smoke", made["id"]).out.splitlines()
    assert words[0] == "ok       keys: They work for Repair shop."
    at.square.scopes = "PAYMENTS_READ"
    failed = small.run("gateway", "smoke", made["id"])
    assert failed.code == 1
    assert failed.out.startswith("FAILED   keys: The access token lacks permissions")
