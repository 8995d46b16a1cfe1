"""What every page says to the browser about itself. A page's own content security policy stands beside it (web/look)."""

from collections.abc import Iterable, Sequence
from typing import Final, final

from linktill.surface.asgi import Header

NOSNIFF: Final[Header] = (b"x-content-type-options", b"nosniff")
_CSP: Final = b"content-security-policy"
_NOTHING: Final = b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


def permissions(pay_origins: Iterable[str] = ()) -> Header:
    """What a page may do with the device. `pay_origins`: whose frames on it may ask for wallets and passkeys as the page may."""
    allowed = " ".join(["self", *(f'"{origin}"' for origin in pay_origins)])
    return (
        b"permissions-policy",
        (
            "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), "
            f"magnetometer=(), microphone=(), midi=(), payment=({allowed}), publickey-credentials-get=({allowed}), "
            "screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
        ).encode(),
    )


_ALWAYS: Final[Sequence[Header]] = (
    NOSNIFF,
    # Not no-referrer: a browser would then send `Origin: null` with our own forms.
    (b"referrer-policy", b"same-origin"),
    permissions(),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    # For a page that has none: it may do nothing.
    (_CSP, _NOTHING),
)
_HSTS_OF_DOMAIN: Final[Header] = (b"strict-transport-security", b"max-age=31536000")
"""What else lies below a merchant's name is none of our business."""
_HSTS: Final[Header] = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_FRAMED_BY_US: Final = b"frame-ancestors 'self'"
_FRAMED_BY_ALL: Final = b"frame-ancestors *"
"""X-Frame-Options has no word for it."""


@final
class PageHeaders:
    """Adds what a page lacks; what the page says itself stays."""

    def __init__(self, *, is_https: bool, is_own: bool = True) -> None:
        """`is_own`: of the installation's own host, not a merchant's."""
        self._secure: Final[Sequence[Header]] = (_HSTS if is_own else _HSTS_OF_DOMAIN,) if is_https else ()
        self._always: Final = (*_ALWAYS, *self._secure)

    def completed(self, headers: Iterable[Header], *, is_payers: bool, request_id: bytes) -> list[Header]:
        """The headers to send. `is_payers`: a gateway may open a window from the payer's pages."""
        made = [*headers]
        names = {name.lower(): value for name, value in made}
        kind = names.get(b"content-type", b"")
        made.append((b"request-id", request_id))
        if not kind.startswith(b"text/html"):
            if NOSNIFF[0] not in names:
                made.append(NOSNIFF)
            made.extend(self._secure)
            return made
        made.extend(header for header in self._always if header[0] not in names)
        if b"cross-origin-opener-policy" not in names:
            made.append(
                (b"cross-origin-opener-policy", b"same-origin-allow-popups" if is_payers else b"same-origin")
            )
        if b"x-frame-options" not in names:
            policy = names.get(_CSP, b"")
            if _FRAMED_BY_ALL not in policy:
                made.append((b"x-frame-options", b"SAMEORIGIN" if _FRAMED_BY_US in policy else b"DENY"))
        return made
