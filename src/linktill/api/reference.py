"""The reference page, rendered by the server from the OpenAPI document: no script, and nothing from elsewhere."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp
from markupsafe import Markup, escape

from linktill.api.answers import Reply
from linktill.api.problems import KINDS
from linktill.api.reference_view import view_of

_HERE: Final = Path(__file__).parent
_CODE: Final = re.compile(r"`([^`]*)`")
_POLICY: Final = (
    b"default-src 'none'; base-uri 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; "
    b"frame-ancestors 'none'"
)
_GUARDS: Final = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_FOR_GOOD: Final = (
    (b"cache-control", b"public, max-age=31536000, immutable"),
    (b"x-content-type-options", b"nosniff"),
)
_SHORTLY: Final = ((b"cache-control", b"public, max-age=300"),)


@dataclass(frozen=True, slots=True)
class Look:
    """Addresses of the design system's files: `main` takes them from web/look."""

    stylesheet: str
    icon: str


@final
class Reference:
    """The document and the page, which never change while the process runs. Each is made when it is first asked for."""

    def __init__(self, describe: Callable[[], Mapping[str, Any]], look: Look) -> None:
        self._describe: Final = describe
        self._look: Final = look
        self._css: Final = (_HERE / "reference.css").read_bytes()
        self._page: bytes | None = None

    @cached_property
    def _document(self) -> Mapping[str, Any]:
        return self._describe()

    def routes(self, document_path: str, page_path: str) -> list[HTTPRouteHandler]:
        """The three routes: document, page, and the page's own style sheet."""
        css_path = f"{page_path}/{sha256(self._css).hexdigest()[:16]}/reference.css"

        async def openapi_document() -> ASGIApp:
            return Reply(200, msgspec.json.encode(self._document), [*_SHORTLY, *_GUARDS])

        async def page() -> ASGIApp:
            if self._page is None:
                self._page = self._render(css_path, document_path)
            return Reply(200, self._page, [*_SHORTLY, *_GUARDS], media_type=b"text/html; charset=utf-8")

        async def style_sheet() -> ASGIApp:
            return Reply(200, self._css, _FOR_GOOD, media_type=b"text/css; charset=utf-8")

        return [
            HTTPRouteHandler(path, http_method="GET", name=f"api_{answer.__name__}", include_in_schema=False)(
                answer
            )
            for path, answer in (
                (document_path, openapi_document),
                (page_path, page),
                (css_path, style_sheet),
            )
        ]

    def _render(self, css_path: str, document_path: str) -> bytes:
        made = Environment(
            loader=FileSystemLoader(_HERE),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters["prose"] = prose
        text = made.get_template("reference.html").render(
            view=view_of(self._document),
            problems=KINDS,
            look=self._look,
            css_path=css_path,
            document_path=document_path,
        )
        return text.encode()


def prose(text: str) -> Markup:
    """Text as HTML, with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 escaped before
