"""Loads a template with its frame and its parts written into it, and with the addresses of static files filled in.

Inheritance and includes are for whoever writes templates; followed anew for every page they cost as much as the rest of the
page. What is rendered is the same, byte for byte (tests/web/test_flat_templates.py). Only what is plain text in a template
is flattened: an `extends` that chooses is left to Jinja.
"""

import re
from collections.abc import Callable
from typing import Final

from jinja2 import Environment, FileSystemLoader
from typing_extensions import override

from linktill.web.look.assets import asset

_EXTENDS: Final = re.compile(r'^{% extends "([^"]+)" %}\n')
_BLOCK: Final = re.compile(r"{% block (\w+) %}(.*?){% endblock %}", re.DOTALL)
_INCLUDE: Final = re.compile(r'{% include "([^"]+)" %}')
_ASSET: Final = re.compile(r"{{ asset\('([\w.-]+)'\) }}")
_ICONS: Final = "{{ icons }}"


class FlatLoader(FileSystemLoader):
    """A loader of flattened templates."""

    @override
    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        text, filename, is_fresh = super().get_source(environment, template)
        flat = self._flat(environment, text)
        flat = _ASSET.sub(lambda found: asset(found[1]), flat)
        return flat.replace(_ICONS, asset("icons.svg")), filename, is_fresh

    def _flat(self, environment: Environment, text: str) -> str:
        def source(name: str) -> str:
            # Jinja drops the last line's end, and so must we.
            return super(FlatLoader, self).get_source(environment, name)[0].removesuffix("\n")

        def include(found: re.Match[str]) -> str:
            # Comments take the place of the tags, since they trim white space alike.
            return f"{{# {found[1]} #}}{source(found[1])}{{# end #}}"

        text = _INCLUDE.sub(include, text)
        extends = _EXTENDS.match(text)
        if extends is None:
            return text
        blocks = dict(_BLOCK.findall(text))
        outside = _BLOCK.sub("", text[extends.end() :]).strip()
        frame = _INCLUDE.sub(include, source(extends[1]))
        assert "{% extends" not in frame, "a frame has no frame"

        def fill(found: re.Match[str]) -> str:
            return f"{{# {found[1]} #}}{blocks.get(found[1], found[2])}{{# end #}}"

        return f"{outside}\n{_BLOCK.sub(fill, frame)}"
