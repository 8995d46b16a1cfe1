"""What is installed from the wheel is the whole program: templates, styles and migrations too."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT

# Run in a process of its own, away from the checkout: imports everything from where the wheel was unpacked.
IMPORT_EVERYTHING = """
import importlib, pathlib, pkgutil, sys
import linktill
home = pathlib.Path(sys.argv[1])
assert pathlib.Path(linktill.__file__).is_relative_to(home), linktill.__file__
for module in pkgutil.walk_packages(linktill.__path__, "linktill."):
    if ".migrations" not in module.name and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_every_file_of_the_package_is_in_it(wheel: Path):
    there = {
        path.relative_to(ROOT / "src").as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("linktill/")}
    assert packed == there


def test_it_carries_the_licence_and_the_command(wheel: Path):
    archive = zipfile.ZipFile(wheel)
    (licence,) = (name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
    assert b"Apache License" in archive.read(licence)
    (commands,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert b"linktill = linktill.cli.app:main" in archive.read(commands)


def test_it_runs_away_from_the_checkout(wheel: Path, tmp_path: Path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMPORT_EVERYTHING, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
