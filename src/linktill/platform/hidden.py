"""Keeps a library that we use from loading another one that it would only use if we did."""

import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def hidden(name: str) -> Generator[None, None, None]:
    """Until the end of the block nobody finds the module, unless it was loaded before."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # None: not to be imported
    try:
        yield
    finally:
        del sys.modules[name]
