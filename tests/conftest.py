"""What holds for every test: with CI=true a skip is a failure, and nothing leaves the machine."""

import ipaddress
import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

pytest_plugins = ["tests.postgres", "tests.databases", "tests.sharing"]

IS_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

CONTRACTS = Path(__file__).parents[2] / "shared" / "contracts"
"""Vendors' descriptions and sample events, which are no part of the project and lie beside it where they are at all."""
_WITHOUT_CONTRACTS = (str(CONTRACTS), "empty parameter set")

LOCAL_NAMES = {"", "localhost", "localhost.localdomain"}


def leaves_the_machine(host: object) -> bool:
    """True for an address or name that is not this machine's own."""
    name = host.decode() if isinstance(host, bytes) else host
    if not isinstance(name, str) or name in LOCAL_NAMES or name.endswith(".localhost"):
        return False
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return True
    return not (address.is_loopback or address.is_unspecified)


def _refuse_the_world(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and leaves_the_machine(address[0]):
            raise PermissionError(f"a test tried to reach {address[0]}: tests stay on this machine")


# An audit hook sees what C code does as well, and cannot be undone by accident.
sys.addaudithook(_refuse_the_world)


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if IS_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not CONTRACTS.exists() and any(words in reason for words in _WITHOUT_CONTRACTS):
            return
        report.outcome = "failed"
        report.longrepr = f"CI=true: nothing may be skipped. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own settings must not decide how tests end."""
    for name in [
        name for name in os.environ if name.startswith("LINKTILL_") and name != "LINKTILL_TORTURE_KILLS"
    ]:
        monkeypatch.delenv(name)
