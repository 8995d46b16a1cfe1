"""What the pages must know of the installation, besides the services: handed in by `main`."""

from dataclasses import dataclass

from linktill.flows.manage_api_keys import KeyRing
from linktill.flows.newsroom import Newsroom
from linktill.flows.open_checkout import ViewCounter
from linktill.flows.set_up import OpenAccount
from linktill.flows.sign_in import SignInGate
from linktill.surface.client_address import Network


@dataclass(frozen=True, slots=True)
class WebOptions:
    """`views`, `gate`, `key_ring` and `newsroom` are the process's only ones: they count, throttle and remember."""

    views: ViewCounter
    gate: SignInGate
    key_ring: KeyRing
    open_account: OpenAccount
    mail_server: str | None
    """Host and port, without a password; None: mails are kept instead of sent."""
    mail_sender: str
    product_version: str
    newsroom: Newsroom
    test_numbers: tuple[tuple[str, str], ...] = ()
    """Numbers that the test gateway takes, and what each does; the first one succeeds."""
    report_email: str | None = None
    """Who runs this installation and looks into links that payers report."""
    may_endpoints_be_private: bool = False
    """The operator's setting: webhook endpoints on private addresses."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For counts."""
