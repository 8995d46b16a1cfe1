"""The guards of the tests themselves can fail."""

import ast
import socket
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Module, modules, own_nodes, parse
from tests.conftest import leaves_the_machine

SKIPS = """
import pytest

def test_passes(): pass

@pytest.mark.skip(reason="chromium is missing")
def test_mark(): pass

def test_call(): pytest.skip("chromium is missing")

@pytest.mark.xfail
def test_xfail(): assert False
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(test_skips=SKIPS)
    pytester.makepyfile(
        test_module="import pytest\npytest.skip('chromium is missing', allow_module_level=True)"
    )
    return pytester


def test_a_skip_fails_with_ci(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = project.runpytest_subprocess(
        "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "--continue-on-collection-errors"
    )
    result.assert_outcomes(passed=1, failed=1, errors=2, xfailed=1)
    result.stdout.fnmatch_lines(["*CI=true: nothing may be skipped. *chromium is missing*"])


def test_a_skip_is_a_skip_without_ci(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    result = project.runpytest_subprocess("-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin")
    result.assert_outcomes(passed=1, skipped=3, xfailed=1)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "example.com", "2001:db8::1", b"example.com"])
def test_the_world_is_far(host):
    assert leaves_the_machine(host)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "shop.localhost", "0.0.0.0", "", None]
)
def test_this_machine_is_near(host):
    assert not leaves_the_machine(host)


def test_a_connection_to_the_world_is_refused():
    with socket.socket() as connection, pytest.raises(PermissionError, match=r"192\.0\.2\.1"):
        connection.connect(("192.0.2.1", 80))


def early_ends(module: Module) -> list[str]:
    return [
        module.at(node)
        for function in module.functions()
        if function.name.startswith("test_")
        for node in own_nodes(function)
        if isinstance(node, ast.Return)
    ]


def test_no_test_ends_early_and_passes():
    """It would be a skip that nobody hears of."""
    assert [found for module in modules("tests") for found in early_ends(module)] == []


def test_a_planted_early_end_is_seen():
    assert early_ends(parse("def test_it(x):\n    if x:\n        return\n    assert x")) != []
    assert early_ends(parse("def test_it(x):\n    def inner():\n        return x\n    assert inner()")) == []


def test_every_script_is_executable():
    scripts = [ROOT / ".ci" / "run", *(path for path in (ROOT / "tools").iterdir() if is_script(path))]
    assert [path.name for path in scripts if not path.stat().st_mode & 0o111] == []


def is_script(path: Path) -> bool:
    return path.is_file() and path.read_bytes()[:2] == b"#!"
