"""The template environment: one for all pages, strict about names and about escaping.

`page(view)` renders a view model with the template that it names. Templates choose words, never rules.
"""

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, Protocol

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from linktill.core.countries import COUNTRIES
from linktill.platform.known_words import known_word, method_text
from linktill.platform.language import countries_by_name, country_name, currency_name
from linktill.platform.translated_templates import speaking
from linktill.platform.translation import ENGLISH
from linktill.surface.money_filter import money_text
from linktill.web.look import words
from linktill.web.look.assets import asset
from linktill.web.look.dates import day_text, iso_text, moment_text, weekday_text
from linktill.web.look.flat import FlatLoader

KEPT_MAX: Final = 256
MENU: Final = "checkout/tongues.html"
_KEPT: Final[dict[tuple[str, object, str], Markup]] = {}
_WEB: Final = Path(__file__).parent.parent
_FILTERS: Final[Mapping[str, Callable[..., object]]] = MappingProxyType(
    {
        "money": money_text,
        "day": day_text,
        "moment": moment_text,
        "weekday": weekday_text,
        "iso": iso_text,
        "country": country_name,
        "currency_name": currency_name,
        "countries": countries_by_name,
        "method": method_text,
        "way": known_word,
        "link_status": words.link_status,
        "import_status": words.import_status,
        "row_status": words.row_status,
        "payment_status": words.payment_status,
        "refund_status": words.refund_status,
        "dispute_words": words.dispute_state,
        "answer_words": words.answer_status,
        "delivery_status": words.delivery_status,
        "payout_status": words.payout_status,
        "gateway_state": words.gateway_state,
        "mail_status": words.mail_status,
        "coupon_state": words.coupon_state,
        "event_words": words.event,
        "account_words": words.account,
        "ledger_words": words.ledger_kind,
        "way_words": words.way,
        "taken_back_words": words.taken_back,
        "reason_words": words.refund_reason,
    }
)


class View(Protocol):
    """A frozen view model; it names its template, relative to `web/`."""

    TEMPLATE: ClassVar[str]


def page(view: View) -> str:
    """The page as HTML, in the view's language. A name that the view model lacks is an error, never an empty place."""
    return _template(view.TEMPLATE, getattr(view, "lang", ENGLISH)).render(view=view)


@lru_cache(maxsize=KEPT_MAX)
def tongues(lang: str, switch: str) -> Markup:
    """The menu of languages; nothing where no other can be chosen."""
    if not switch:
        return Markup()
    drawn = _template(MENU, lang).render(lang=lang, switch=switch)
    return Markup(drawn)  # noqa: S704 - the template has escaped it


def kept(name: str, of: object, lang: str, values: Mapping[str, object]) -> Markup:
    """A part of a page, drawn once for `of`: a thing that equals only itself and that `values` follow from.

    What is drawn is shown to others: nothing of the person who asks may be in `values`.
    """
    key = (name, of, lang)
    drawn = _KEPT.get(key)
    if drawn is None:
        if len(_KEPT) >= KEPT_MAX:
            _KEPT.clear()
        drawn = _KEPT[key] = Markup(_template(name, lang).render(values))  # noqa: S704 - the template has escaped it
    return drawn


@cache
def _template(name: str, lang: str) -> Template:
    made = environment(lang).get_template(name)
    # Jinja copies them for every page, and what it keeps them in is slow to walk through.
    made.globals = dict(made.globals)
    return made


@cache
def environment(lang: str = ENGLISH) -> Environment:
    """Templates of a language are compiled on first use and kept."""
    made = Environment(
        loader=FlatLoader(_WEB),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    _fill(
        made.globals,
        {
            "asset": asset,
            "icons": asset("icons.svg"),
            "all_countries": COUNTRIES,
            "kept": kept,
            "tongues": tongues,
        },
    )
    _fill(made.filters, _FILTERS)
    return speaking(made, lang)


def _fill(names: dict[str, Any], more: Mapping[str, object]) -> None:
    """Jinja's own dictionaries are typed by what they hold at first."""
    names.update(more)
