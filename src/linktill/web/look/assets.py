"""Static files: read once, named by the hash of their content, so that browsers may keep them for good.

A style sheet is served as one file made of several: what all pages share, then what its pages need.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Final

_HERE: Final = Path(__file__).parent
_SHEETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "checkout.css": ("tokens.css", "base.css", "checkout.css"),
        "asking.css": ("asking.css",),
        "card.css": ("tokens.css", "base.css", "card.css"),
        "choosing.css": ("choosing.css",),
        "currencies.css": ("currencies.css",),
        "home.css": ("home.css",),
        "dashboard.css": ("tokens.css", "base.css", "dashboard.css", "finding.css"),
        "rtl.css": ("rtl.css",),
    }
)
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml; charset=utf-8",
    }
)
CACHE_CONTROL: Final = "public, max-age=31536000, immutable"
"""The name changes with the content, so a browser never needs to ask again."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A static file as served."""

    name: str
    hash: str
    content_type: str
    body: bytes


def asset(name: str) -> str:
    """The URL path of a static file: `asset("checkout.css")` → `/static/4f1c…/checkout.css`. An unknown name is our mistake."""
    return f"/static/{_files()[name].hash}/{name}"


def asset_body(name: str) -> bytes:
    """What is in a static file, for one that is served at an address that stays."""
    return _files()[name].body


def static_file(content_hash: str, name: str) -> StaticFile | None:
    """The file under that name if the hash is the one of today's content."""
    found = _files().get(name)
    return found if found is not None and found.hash == content_hash else None


@cache
def _files() -> Mapping[str, StaticFile]:
    bodies = {
        path.name: path.read_bytes() for path in sorted((_HERE / "static").iterdir()) if path.suffix in _TYPES
    }
    for name, parts in _SHEETS.items():
        bodies[name] = "".join(
            _squeezed((_HERE / "css" / part).read_text("utf-8")) for part in parts
        ).encode()
    return MappingProxyType(
        {
            name: StaticFile(name, sha256(body).hexdigest()[:16], _TYPES[Path(name).suffix], body)
            for name, body in bodies.items()
        }
    )


def _squeezed(css: str) -> str:
    """Without comments and needless blanks; nothing cleverer, so that what is served stays readable."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", css).lstrip()
