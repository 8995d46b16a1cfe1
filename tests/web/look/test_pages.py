"""Every page with samples of every kind: it renders, escapes, carries no inline script or style, and stays small."""

import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest

import linktill.web
from linktill.core import ledger
from linktill.core.coupon import CouponState
from linktill.core.dispute import DisputeStatus
from linktill.core.dispute_answer import AnswerStatus
from linktill.core.events import EventType
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus
from linktill.core.payment_link import LinkStatus
from linktill.core.refund import RefundReason, RefundStatus
from linktill.platform.translation import direction
from linktill.web.checkout.view import ClosedPage, LinkPage, NotPaidPage, OwnPayPage, PaidPage, WaitingPage
from linktill.web.dashboard.problem.view import ProblemPage
from linktill.web.look import look, words
from linktill.web.look.assets import asset, static_file
from linktill.web.look.look import View, environment, page
from tests.web.look.samples import CARDS, CHECKOUT, DASHBOARD

WEB = Path(linktill.web.__path__[0])
PAGES = {
    **{f"checkout/{name}": view for name, view in CHECKOUT.items()},
    **{f"share/{name}": view for name, view in CARDS.items()},
    **DASHBOARD,
}
HOSTILE = """<script>alert("1")</script>'><img src=x onerror=alert(1)>"""
CHOSEN_BY_US = {
    "kind",
    "reason",
    "fate",
    "status",
    "lang",
    "event",
    "currency",
    "setting",
    "use",
    "account",
    "module",
}


_PART = re.compile(r"""{%-? *(?:extends|include|import|from) "([^"]+)\"""")
"""A template that another one is made of."""


class Elements(HTMLParser):
    """All start tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice: {attrs}"
        self.found.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag in tags]


def by_name(view: View) -> Elements:
    return Elements(page(view))


def test_every_template_has_a_sample():
    texts = {str(path.relative_to(WEB)): path.read_text() for path in WEB.rglob("*.html")}
    parts = {name for text in texts.values() for name in _PART.findall(text)} | {look.MENU}
    pages = {name for name in texts if not name.startswith("look/")} - parts
    assert {view.TEMPLATE for view in PAGES.values()} == pages


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_inline_script_style_or_handler(name):
    html = page(PAGES[name])
    for tag, attributes in Elements(html).found:
        assert tag != "style"
        assert "style" not in attributes, f"<{tag}> has an inline style"
        assert not [given for given in attributes if given.startswith("on")], f"<{tag}> has an inline handler"
        if tag == "script":
            assert (attributes["src"] or "").startswith("/static/")
            # A frame without an origin may load no module.
            assert attributes.get("type") == "module" or name.startswith("share/")
        for given in ("src", "href"):
            target = attributes.get(given) or ""
            assert not target.lower().startswith("javascript:")
    assert "<script>" not in html


@pytest.mark.parametrize("name", CHECKOUT)
def test_payer_page_has_no_script_and_loads_nothing_from_elsewhere(name):
    view = CHECKOUT[name]
    elements = by_name(view)
    # WH02: but for the page with a gateway's own fields, whose one script loads what the page's policy names, and that of a link
    # where the payer chooses, or is asked only with some answers.
    scripts = elements.all("script")
    has_fields = isinstance(view, OwnPayPage) and view.fields is not None
    has_choices = isinstance(view, LinkPage) and view.pay.choosing is not None
    hangs = (
        isinstance(view, LinkPage) and view.pay.questions is not None and view.pay.questions.has_conditions
    )
    own = ["stripe_elements.js"] if has_fields else ["choosing.js"] if has_choices else []
    own += ["asking.js"] if hangs else []
    assert [each["src"] for each in scripts] == [asset(name) for name in own]
    assert elements.all("iframe", "embed", "object", "video") == []
    loaded = [each for each in elements.all("link", "img", "use") if each.get("rel") != "alternate"]
    for attributes in loaded:
        assert (attributes.get("href") or attributes.get("src") or "").startswith("/static/")
    assert not [attributes for attributes in elements.all("meta") if attributes.get("http-equiv")]


@pytest.mark.parametrize("name", PAGES)
def test_page_is_well_formed_for_assistive_technology(name):
    elements = by_name(PAGES[name])
    view: Any = PAGES[name]
    lang = view.lang if hasattr(view, "lang") else view.shell.lang
    [html] = elements.all("html")
    assert (html["lang"], html.get("dir", "ltr")) == (lang, direction(lang))
    assert len(elements.all("h1")) == 1
    assert len(elements.all("main")) == 1
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labeled = {attributes["for"] for attributes in elements.all("label") if "for" in attributes}
    for attributes in elements.all("input", "select", "textarea"):
        if attributes.get("type") in {"hidden", "radio", "checkbox"}:
            continue
        assert attributes.get("id") in labeled or attributes.get("aria-label"), attributes
        for described in (attributes.get("aria-describedby") or "").split():
            assert described in ids
    for target in (attributes.get("href") or "" for attributes in elements.all("a")):
        if target.startswith("#"):
            assert target[1:] in ids, f"{target} leads nowhere"


@pytest.mark.parametrize("name", DASHBOARD)
def test_every_dashboard_post_form_carries_the_csrf_token(name):
    html = page(DASHBOARD[name])
    forms = re.findall(r"<form[^>]*>.*?</form>", html, flags=re.DOTALL)
    for form in forms:
        if 'method="post"' in form:
            assert 'name="csrf_token" value="csrf_1"' in form


@pytest.mark.parametrize("name", PAGES)
def test_page_escapes_what_people_wrote(name):
    hostile: Any = _hostile(PAGES[name])
    html = page(hostile)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    for _, attributes in Elements(html).found:
        assert not [given for given in attributes if given.startswith("on")]


def _hostile(thing: Any) -> Any:
    """The same view with markup in every text that does not come from us."""
    if isinstance(thing, tuple):
        return tuple(_hostile(item) for item in thing)
    if isinstance(thing, dict):
        return dict.fromkeys(thing, HOSTILE)
    if isinstance(thing, Money | type) or not is_dataclass(thing):
        return thing
    changed: dict[str, Any] = {}
    for each in fields(thing):
        value = getattr(thing, each.name)
        if isinstance(value, str):
            changed[each.name] = value if each.name in CHOSEN_BY_US else HOSTILE
        else:
            changed[each.name] = _hostile(value)
    make: Any = type(thing)
    return make(**changed)


def test_style_sheets_and_payer_page_are_small():
    sizes = {name: len(_body(name)) for name in ("checkout.css", "dashboard.css", "icons.svg", "mark.svg")}
    assert sizes["checkout.css"] < 16 * 1024
    more = len(_body("choosing.css")) + len(_body("choosing.js"))
    assert more < 5 * 1024
    assert sizes["dashboard.css"] < 30 * 1024
    for name, view in CHECKOUT.items():
        whole = len(page(view).encode()) + sizes["checkout.css"] + sizes["icons.svg"] + sizes["mark.svg"]
        whole += more if isinstance(view, LinkPage | PaidPage) and view.bill else 0
        assert whole < 50 * 1024, f"{name} weighs {whole} bytes"


def _body(name: str) -> bytes:
    _, _, content_hash, _ = asset(name).split("/")
    found = static_file(content_hash, name)
    assert found is not None
    return found.body


def test_static_file_is_found_by_its_own_hash_only():
    assert asset("checkout.css").startswith("/static/")
    assert static_file("0" * 16, "checkout.css") is None
    assert static_file(asset("checkout.css").split("/")[2], "dashboard.css") is None
    assert static_file("", "../look.py") is None


def test_every_used_icon_exists():
    drawn = set(re.findall(r'<symbol id="([a-z]+)"', _body("icons.svg").decode()))
    used = {
        (attributes["href"] or "").partition("#")[2]
        for view in PAGES.values()
        for attributes in by_name(view).all("use")
    }
    assert used <= drawn
    assert drawn == used, "an icon that no page shows"


def test_words_cover_every_status_and_event():
    for statuses, listed in (
        (LinkStatus, words._LINK), (AttemptStatus, words._PAYMENT), (RefundStatus, words._REFUND),
        (DisputeStatus, words._DISPUTE), (AnswerStatus, words._ANSWER),
        (EventType, words._EVENT), (CouponState, words._COUPON), (RefundReason, words._REASON),
    ):  # fmt: skip
        assert {status.value for status in statuses} <= set(listed)
    accounts = {
        ledger.SALES, ledger.REFUNDS, ledger.FEES, ledger.DISPUTES, ledger.DISPUTE_FEES, ledger.SURPLUS, "clearing",
    }  # fmt: skip
    assert accounts <= set(words._ACCOUNT)


def test_a_word_of_a_newer_release_is_shown_quietly():
    assert words.event("payment.teleported").text == "Payment teleported"
    assert words.link_status("half_open") == words.Word("Half open", "calm")
    assert words.account("clearing:gwa_1") == "Held at the gateway"


@pytest.mark.parametrize(
    ("view", "name", "choice"),
    [
        (view, name, choice)
        for view, name in (
            (CHECKOUT["closed-paid"], "reason"),
            (CHECKOUT["waiting"], "kind"),
            (CHECKOUT["not-paid-declined"], "kind"),
            (DASHBOARD["problem-404"], "kind"),
        )
        for choice in get_args(type(view).__annotations__[name])
    ],
)
def test_every_choice_of_a_view_has_words(view, name, choice):
    assert isinstance(view, ClosedPage | WaitingPage | NotPaidPage | ProblemPage)
    assert "<h1>" in page(replace(view, **{name: choice}))


def test_a_missing_name_is_an_error():
    with pytest.raises(Exception, match="no attribute 'nothing'"):
        environment().from_string("{{ view.nothing }}").render(view=CHECKOUT["link"])


def test_waiting_page_asks_again_by_header():
    view = CHECKOUT["waiting"]
    assert isinstance(view, WaitingPage)
    assert view.refresh_header == "3;url=/c/cs_1?k=secret"
