"""Fixtures: a company in memory whose time the test moves, and one on disk that acts by itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.running import Running, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Running]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
async def lively(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_sandbox(tmp_path / "sandbox.db", settles_after_s=0.3, by_itself=True) as running:
        yield running
