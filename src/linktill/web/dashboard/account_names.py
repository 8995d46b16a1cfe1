"""What pages call gateway accounts."""

from collections.abc import Sequence

from linktill.flows.services import Services
from linktill.storage.gateway_accounts import StoredAccount


def account_names(services: Services, accounts: Sequence[StoredAccount]) -> dict[str, str]:
    """Gateway accounts as people know them."""
    return {
        each.id: " – ".join(filter(None, (services.gateways.label(each.gateway), each.label)))
        for each in accounts
    }
