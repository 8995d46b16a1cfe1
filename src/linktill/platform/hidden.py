"""Keeps a library that we use from loading another one that it would only use if we did."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def hidden(name: str) -> Generator[None, None, None]:
    """Until the end of the block nobody finds the module, unless it was loaded before."""
    with _replaced(name, None):
        yield


@contextmanager
def left_out(name: str) -> Generator[None, None, None]:
    """Until the end of the block whoever imports the module gets an empty one, unless it was loaded before.

    For a library that insists on a module of which it needs nothing while it loads.
    """
    with _replaced(name, ModuleType(name)):
        yield


@contextmanager
def _replaced(name: str, stand_in: ModuleType | None) -> Generator[None, None, None]:
    if name in sys.modules:
        yield
        return
    sys.modules[name] = stand_in  # type: ignore[assignment]  # None: not to be imported
    try:
        yield
    finally:
        del sys.modules[name]
