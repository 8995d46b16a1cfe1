"""Content security policies of the pages. No page may run inline script or style, or load anything from elsewhere."""

from collections.abc import Iterable
from typing import Final

_NOTHING: Final = "default-src 'none'; base-uri 'none'"


def checkout(form_origins: Iterable[str] = ()) -> str:
    """The payer's pages. `form_origins`: where a gateway may send the payer after Pay; Chromium applies `form-action` to
    the redirect too.
    """
    targets = " ".join(dict.fromkeys(["'self'", *form_origins]))
    return (
        f"{_NOTHING}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"form-action {targets}; frame-ancestors 'none'"
    )


def choosing(form_origins: Iterable[str] = ()) -> str:
    """As `checkout`, where the payer chooses or one question hangs on another: scripts of ours show what follows."""
    return f"{checkout(form_origins)}; script-src 'self'; connect-src 'self'"


def own_page(
    script_sources: Iterable[str], frame_sources: Iterable[str], connect_sources: Iterable[str]
) -> str:
    """The one page of a payer's that runs scripts: ours, and those of the gateway whose fields are on it."""
    return (
        f"{_NOTHING}; script-src 'self' {' '.join(script_sources)}; frame-src {' '.join(frame_sources)}; "
        f"connect-src {' '.join(connect_sources)}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


PREVIEW: Final = (
    f"{_NOTHING}; style-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""The payer's page inside the dashboard's form: it can be looked at, nothing else."""

DASHBOARD: Final = (
    f"{_NOTHING}; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)

CARD: Final = (
    f"{_NOTHING}; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors *"
)
"""The card of a link on pages of others. Nothing can be paid on it: it leads to the link's own page, which nobody may frame."""

MAIL_BODY: Final = f"{_NOTHING}; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
"""A kept mail's HTML: mails carry their style inline; the sandbox takes everything else away from them."""
