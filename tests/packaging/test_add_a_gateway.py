"""docs/add-a-gateway.md, word for word: its files pass the suite, and its package is offered once it is installed."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

DOCUMENT = (ROOT / "docs" / "add-a-gateway.md").read_text(encoding="utf-8")
FILE = re.compile(r"^\*\*([\w./]+)\*\*\n\n```(?:python|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("acme-linktill")
    for name, text in FILE.findall(DOCUMENT):
        path = made / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return made


def run(*command: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {"PATH": os.environ["PATH"], "HOME": str(cwd), **environment}
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_the_suite_passes_as_the_page_says(folder: Path) -> None:
    """Without our plugins and settings: pytest-asyncio is in its strict mode here."""
    environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = run("-m", "pytest", "-q", "-p", "pytest_asyncio.plugin", cwd=folder, **environment)
    told = re.search(r"^(\d+ passed)$", DOCUMENT, re.MULTILINE)
    assert told is not None
    assert f"\n{told[1]} in" in done.stdout, done.stdout[-3_000:]


def test_the_package_is_offered_once_it_is_installed(folder: Path, tmp_path: Path) -> None:
    built = run("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist"), cwd=folder)
    assert built.returncode == 0, built.stderr
    [wheel] = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "from linktill.gateways.installed import Outside, find_installed\n"
        "[kind] = find_installed(Outside('http', 'clock'), {'stripe'})\n"
        "print(kind.name, 'by', kind.package, kind.load().label)\n"
    )
    done = run("-c", code, cwd=tmp_path, PYTHONPATH=str(site))
    assert (done.stdout, done.returncode) == ("acme by acme-linktill 0.1 Acme\n", 0), done.stderr
    assert "acme (by acme-linktill 0.1)" in DOCUMENT
