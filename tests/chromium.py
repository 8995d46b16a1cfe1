"""The browser of all tests that look at pages: which program it is, and how it is started."""

import shutil
from typing import Final

import pytest

CHROMIUM: Final = shutil.which("chromium")
ARGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
needs_chromium: Final = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is missing: apt-get install chromium"
)
