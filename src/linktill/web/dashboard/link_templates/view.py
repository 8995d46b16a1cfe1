"""What the page of templates shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from linktill.core.money import Money
from linktill.web.dashboard.shell import Shell


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template. Posts `csrf_token, name` to `…/{id}/rename`, `csrf_token` to `…/{id}/delete`."""

    id: str
    name: str
    description: str
    amount: Money
    tags: tuple[str, ...]
    typed: str = ""
    """The name as it was sent, where it was refused."""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class TemplateForm:
    """The name of a template to be, as typed."""

    name: str = ""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """`GET /dashboard/links/templates`."""

    TEMPLATE: ClassVar[str] = "dashboard/link_templates/page.html"

    shell: Shell
    rows: tuple[TemplateRow, ...]
