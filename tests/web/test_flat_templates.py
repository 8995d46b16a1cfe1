"""A flattened template makes the same page as Jinja's own inheritance, byte for byte, for every sample of every page."""

import pytest
from jinja2 import FileSystemLoader

from linktill.web.look.look import View, environment, page
from tests.web.look.samples import CHECKOUT, DASHBOARD


@pytest.mark.parametrize("name", [*CHECKOUT, *DASHBOARD])
def test_a_flat_template_makes_the_same_page(name: str) -> None:
    view: View = CHECKOUT[name] if name in CHECKOUT else DASHBOARD[name]
    made = environment(getattr(view, "lang", "en"))
    loader = made.loader
    assert isinstance(loader, FileSystemLoader)
    inherited = made.overlay(loader=FileSystemLoader(loader.searchpath), cache_size=50)
    assert page(view) == inherited.get_template(view.TEMPLATE).render(view=view)


def test_the_hottest_page_is_flat() -> None:
    loader = environment().loader
    assert loader is not None
    source, _, _ = loader.get_source(environment(), "checkout/link.html")
    for tag in ("{% extends", "{% block", "{% include", "asset(", "{{ icons }}"):
        assert tag not in source
