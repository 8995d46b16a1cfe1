"""All sample pages."""

from linktill.web.look.look import View, page
from tests.web.look.checkout_samples import CHECKOUT

DASHBOARD: dict[str, View] = {}
EXTRA: dict[str, bytes] = {"/dashboard/links/preview": page(CHECKOUT["link-preview"]).encode()}
__all__ = ["CHECKOUT", "DASHBOARD", "EXTRA"]
