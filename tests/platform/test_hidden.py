"""What a library may not load is not there while it loads, and there again for whoever needs it."""

import sys
from importlib import import_module

import pytest

from linktill.platform.hidden import hidden, left_out

NAME = "this"  # a module of Python's own that nobody has loaded


@pytest.fixture(autouse=True)
def not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, NAME, raising=False)


def test_a_hidden_module_is_not_found_until_the_end_of_the_block():
    with hidden(NAME), pytest.raises(ModuleNotFoundError):
        import_module(NAME)
    assert hasattr(import_module(NAME), "s")


def test_a_module_left_out_is_empty_until_the_end_of_the_block():
    with left_out(NAME):
        assert not hasattr(import_module(NAME), "s")
    assert hasattr(import_module(NAME), "s")


def test_what_was_loaded_before_stays():
    loaded = import_module(NAME)
    with hidden(NAME):
        assert import_module(NAME) is loaded
    with left_out(NAME):
        assert import_module(NAME) is loaded
    assert sys.modules[NAME] is loaded
