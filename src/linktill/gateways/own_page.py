"""A page of Linktill's with the gateway's own fields on it: what such a page is made of."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class OwnPage:
    """What a page of Linktill's needs to show the gateway's own fields on it. `client_secret`: never log, never store.

    `module`: the script of Linktill's, by its name among the static files, that speaks to the gateway's. `script_url`: the
    gateway's. The `*_sources` are what the page's content security policy must let through besides Linktill's own.
    """

    module: str
    script_url: str
    publishable_key: str
    client_secret: str = field(repr=False)
    asks_email: bool
    """The gateway takes no payment without a payer's e-mail address, and has none yet."""
    script_sources: tuple[str, ...]
    frame_sources: tuple[str, ...]
    connect_sources: tuple[str, ...]
