"""Gateways that other packages bring: offered beside ours, loaded when asked for, and never a reason not to start."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path

import pytest

from linktill.gateways.contract import Gateway
from linktill.gateways.installed import GROUP, Outside, find_installed
from linktill.gateways.kind import Broken, Gateways, Kind
from tests.cli.conftest import Shop
from tests.gateways.offline_rig import Nobody
from tests.gateways.paypal_words import Clock

KIND = """
from importlib import import_module

from linktill.gateways.kind import Connecting, CredentialField, Kind

CONNECTING = Connecting(fields=(CredentialField("api_key", "API key", is_secret=True),), steps=("Ask Acme.",))

def acme(outside):
    assert outside.http and outside.clock
    load = lambda: import_module("acme_linktill.gateway").AcmeGateway(outside.http)
    return Kind("acme", "Acme", "https://pay.acme.test https://*.acme.test:8443", load, CONNECTING)
"""
GATEWAY = """
class AcmeGateway:
    name = "acme"

    def __init__(self, http):
        self.http = http
"""
OUTSIDE = Outside(Nobody(), Clock())

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package where Python looks for them, with the metadata that pip writes."""
    site = tmp_path / "site-packages"
    loaded = set(sys.modules)

    def put(
        kind: str = KIND, gateway: str = GATEWAY, name: str = "acme", package: str = "acme_linktill"
    ) -> None:
        home = site / package
        home.mkdir(parents=True)
        (home / "__init__.py").write_text(kind)
        (home / "gateway.py").write_text(gateway)
        told = site / f"{package}-1.2.dist-info"
        told.mkdir()
        (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        (told / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {package}:acme\n")

    monkeypatch.syspath_prepend(str(site))
    yield put
    for module in set(sys.modules) - loaded:
        if "acme" in module:
            del sys.modules[module]


def found(*taken: str) -> list[Kind | Broken]:
    return list(find_installed(OUTSIDE, taken))


def test_an_installed_gateway_is_offered_and_loaded_when_it_is_asked_for(install: Install) -> None:
    install()
    [kind] = found("stripe")
    assert isinstance(kind, Kind)
    assert (kind.name, kind.label, kind.package) == ("acme", "Acme", "acme_linktill 1.2")
    assert "acme_linktill.gateway" not in sys.modules
    gateways = Gateways(kind)
    assert gateways["acme"] is gateways["acme"]
    assert "acme_linktill.gateway" in sys.modules
    assert gateways.find_broken() == ()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (
            {"kind": "import nowhere_to_be_found"},
            "ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        ),
        ({"kind": "raise SystemError('half made')"}, "SystemError: half made"),
        ({"kind": "def acme(outside): return 1 / 0"}, "ZeroDivisionError: division by zero"),
        ({"kind": "def acme(outside): return 'acme'"}, "acme_linktill:acme makes no Kind."),
        ({"kind": "aqme = 1"}, "AttributeError: module 'acme_linktill' has no attribute 'acme'"),
        ({"name": "acme2"}, "It is called 'acme', and its entry point 'acme2'."),
        ({"name": "Acme/../x"}, "Its name must be small letters, digits and underscores, 30 at most."),
        (
            {"kind": KIND.replace("https://pay.acme.test ", "https://acme.test; script-src ")},
            "Its page_origins must be such as https://pay.example.com, separated by spaces.",
        ),
        (
            {"kind": KIND.replace("https://pay.acme.test https://*.acme.test:8443", "")},
            "Its page_origins must be such as https://pay.example.com, separated by spaces.",
        ),
    ],
)
def test_a_broken_one_is_told_by_name(install: Install, given: dict[str, str], reason: str) -> None:
    install(**given)
    assert found("stripe") == [Broken(given.get("name", "acme"), "acme_linktill 1.2", reason)]


def test_no_package_takes_the_name_of_another_gateway(install: Install) -> None:
    install()
    taken = "There is a gateway of this name already."
    assert found("acme") == [Broken("acme", "acme_linktill 1.2", taken)]
    install(package="acme_other", kind=KIND.replace("acme_linktill", "acme_other"))
    first, second = found()
    assert isinstance(first, Kind)
    assert second == Broken("acme", "acme_other 1.2", taken)


@pytest.mark.parametrize(
    ("gateway", "reason"),
    [
        ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
        (GATEWAY.replace('"acme"', '"other"'), "AssertionError: the adapter calls itself 'other'"),
    ],
)
def test_an_adapter_that_cannot_be_loaded_is_as_if_it_were_not_there(
    install: Install, gateway: str, reason: str
) -> None:
    install(gateway=gateway)
    [kind] = found()
    assert isinstance(kind, Kind)
    tries: list[str] = []

    def load() -> Gateway:
        tries.append(kind.name)
        return kind.load()

    gateways = Gateways(replace(kind, load=load))
    assert gateways.get("acme") is None
    assert "acme" not in gateways
    assert gateways.find_broken() == (Broken("acme", "acme_linktill 1.2", reason),)
    assert gateways.label("acme") == "Acme"
    assert tries == ["acme"], "it is tried once: each try could cost seconds"


def test_our_own_that_cannot_be_loaded_is_a_fault() -> None:
    def load() -> None:
        raise ImportError("a file is missing")

    gateways = Gateways(Kind("stripe", "Stripe", "https://checkout.stripe.com", load))  # type: ignore[arg-type]
    with pytest.raises(ImportError):
        gateways.get("stripe")


def test_the_commands_offer_it_and_name_what_is_broken(shop: Shop, install: Install, tmp_path: Path) -> None:
    install()
    listed = shop.run("gateway", "list", "--json").json["offered"]
    assert [each["gateway"] for each in listed][-1] == "acme"
    assert listed[-1] == {"gateway": "acme", "label": "Acme", "package": "acme_linktill 1.2"}
    assert "acme (by acme_linktill 1.2)" in shop.run("gateway", "list").err
    checks = shop.run("doctor", "--json").json["checks"]
    assert [each["message"] for each in checks if each["name"] == "gateways"] == [
        "acme of acme_linktill 1.2 can be loaded."
    ]
    install(package="acme_broken", kind="import nowhere", name="broken")
    told = shop.run("gateway", "list", "--json")
    assert told.code == 0
    assert [each["gateway"] for each in told.json["offered"]][-1] == "acme"
    assert "gateway.broken" in told.err
    assert "acme_broken 1.2" in told.err
    doctor = shop.run("doctor", "--json")
    assert doctor.code == 1
    failing = [each for each in doctor.json["checks"] if each["name"] == "gateways"]
    assert [(each["status"], each["message"]) for each in failing] == [
        ("failing", "broken of acme_broken 1.2: ModuleNotFoundError: No module named 'nowhere'"),
        ("ok", "acme of acme_linktill 1.2 can be loaded."),
    ]


def test_connecting_one_that_cannot_be_loaded_says_so(shop: Shop, install: Install, tmp_path: Path) -> None:
    install(gateway="import nowhere")
    keys = tmp_path / "keys.json"
    keys.write_text('{"api_key": "k"}')
    refused = shop.run("gateway", "connect", "acme", "--keys", str(keys), "--json")
    assert refused.code != 0
    assert "Acme could not be loaded" in refused.out
    assert "Traceback" not in refused.out


def test_nothing_else_here_brings_a_gateway() -> None:
    """Else the tests above would depend on what is installed beside them."""
    brought = {point.name for each in distributions() for point in each.entry_points if point.group == GROUP}
    assert brought == set()
