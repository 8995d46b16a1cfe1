"""Jinja's `{% trans %}`, said in one language while a template is compiled: a page then costs no more than one in English.

An environment speaks one language; what a sentence has places for is filled in by Jinja, escaped like everything else.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from jinja2 import Environment, nodes
from jinja2.ext import InternationalizationExtension
from jinja2.parser import Parser
from typing_extensions import override

from linktill.platform.language import format_percent
from linktill.platform.translation import OWN_NAMES, catalog, direction, isolated, say, translated

_LANGUAGE: Final = "linktill.language"
_DIRECTION: Final = "{{ direction }}"
_SIMPLE: Final = re.compile(r"{% trans %}([^{}%]*){% endtrans %}\n?")
_PLACE: Final = re.compile(r"%\((\w+)\)s|(%%)")


class TranslatedTemplates(InternationalizationExtension):
    """The extension: sentences without a count become the text of the template, with expressions where it has places."""

    @override
    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """What has no places becomes part of the text around it, which is then written in one piece. The line's end after a
        tag goes with it, as Jinja's `trim_blocks` has it.
        """
        language = str(self.environment.policies[_LANGUAGE])
        known = catalog(language)
        source = source.replace(_DIRECTION, direction(language))

        def said(found: re.Match[str]) -> str:
            words = " ".join(found[1].split())
            return known.gettext(words)

        return _SIMPLE.sub(said, source)

    @override
    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        made = super().parse(parser)
        if not isinstance(made, nodes.Output):
            return made
        call = made.nodes[0]
        # As Jinja makes it where there is no count: gettext("%(name)s: all gone.", name=…)
        if (
            not isinstance(call, nodes.Call)
            or not isinstance(call.node, nodes.Name)
            or call.node.name != "gettext"
        ):
            return made
        text, variables = call.args[0], {each.key: each.value for each in call.kwargs}
        assert isinstance(text, nodes.Const), "what is to be said stands in the template"
        said = catalog(str(self.environment.policies[_LANGUAGE])).gettext(str(text.value))
        return nodes.Output(list(_parts(said, variables)), lineno=made.lineno)


def _parts(said: str, variables: Mapping[str, nodes.Expr]) -> Iterator[nodes.Expr]:
    at = 0
    for place in _PLACE.finditer(said):
        if place.start() > at:
            yield nodes.TemplateData(said[at : place.start()])
        yield variables[place[1]] if place[1] else nodes.TemplateData("%")
        at = place.end()
    if at < len(said):
        yield nodes.TemplateData(said[at:])


def speaking(environment: Environment, language: str) -> Environment:
    """The environment, with this language's sentences: `trans`, `gettext`, `ngettext`; filters `said` for those of Python,
    `word` for what is `marked`, `apart` for texts that may run the other way, `percent` for rates in millionths.
    """
    environment.policies.update({_LANGUAGE: language, "ext.i18n.trimmed": True})
    environment.add_extension(TranslatedTemplates)
    known = catalog(language)
    extended: Any = environment  # the extension gives it this method
    extended.install_gettext_callables(
        known.gettext, known.ngettext, newstyle=True, pgettext=known.pgettext, npgettext=known.npgettext
    )

    def plainly(text: str, **values: object) -> str:
        # For addresses, where nothing may be escaped yet.
        return known.gettext(text) % values

    def apart(text: str) -> str:
        # Nearly all there is on most pages.
        return text if is_from_left and text.isascii() else isolated(text, language)

    is_from_left = direction(language) == "ltr"
    _fill(
        environment.globals,
        {"plainly": plainly, "direction": direction(language), "own_names": OWN_NAMES},
    )
    _fill(
        environment.filters,
        {
            "said": partial(say, language=language),
            "word": partial(translated, language=language),
            "apart": apart,
            "percent": partial(format_percent, locale=language),
        },
    )
    return environment


def _fill(names: dict[str, Any], more: Mapping[str, object]) -> None:
    """Jinja's own dictionaries are typed by what they hold at first."""
    names.update(more)
