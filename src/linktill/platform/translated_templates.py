"""Jinja's `{% trans %}`, said in one language while a template is compiled: a page then costs no more than one in English.

An environment speaks one language; what a sentence has places for is filled in by Jinja, escaped like everything else.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from jinja2 import Environment, nodes
from jinja2.ext import InternationalizationExtension
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
            on_one_line = " ".join(found[1].split())
            return known.gettext(on_one_line)

        return _SIMPLE.sub(said, source)

    @override
    def _make_node(
        self,
        singular: str,
        plural: str | None,
        context: str | None,
        variables: dict[str, nodes.Expr],
        plural_expr: nodes.Expr | None,
        vars_referenced: bool,
        num_called_num: bool,
    ) -> nodes.Output:
        if plural is not None:
            return super()._make_node(
                singular, plural, context, variables, plural_expr, vars_referenced, num_called_num
            )
        known = catalog(str(self.environment.policies[_LANGUAGE]))
        said = known.gettext(singular) if context is None else known.pgettext(context, singular)
        return nodes.Output(list(_parts(said, variables)))


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
    extended: Any = environment  # the extension gives it this method; its dictionaries are typed by what they hold at first
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
    extended.globals.update(plainly=plainly, direction=direction(language), own_names=OWN_NAMES)
    extended.filters.update(
        said=partial(say, language=language),
        word=partial(translated, language=language),
        apart=apart,
        percent=partial(format_percent, locale=language),
    )
    return environment
