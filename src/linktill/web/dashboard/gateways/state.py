"""How an account stands, in one word, and its keys as fields of a form."""

from collections.abc import Mapping

from linktill.core.receipt import OFFLINE
from linktill.flows.accounts import kept_secrets
from linktill.flows.services import Services
from linktill.gateways.kind import CredentialField
from linktill.storage.gateway_accounts import StoredAccount
from linktill.web.dashboard.gateways.view import AccountRow, CredentialRow, State


def state_of(services: Services, stored: StoredAccount) -> State:
    """Worst first: what its merchant should look at."""
    if stored.closed_at is not None:
        return "closed"
    if stored.gateway != OFFLINE and not kept_secrets(services, stored):
        return "no_webhook"
    is_failing = stored.last_failure_at is not None and stored.last_failure_at > (stored.last_event_at or 0)
    return "trouble" if is_failing else "on"


def account_row(services: Services, stored: StoredAccount) -> AccountRow:
    """The account in a list."""
    return AccountRow(
        id=stored.id,
        gateway=services.gateways.label(stored.gateway),
        name=stored.label,
        state=state_of(services, stored),
        last_event_at=stored.last_event_at,
    )


def credential_rows(
    fields: tuple[CredentialField, ...], typed: Mapping[str, str]
) -> tuple[CredentialRow, ...]:
    """What was typed comes back, but for secrets, and what may be one."""
    return tuple(
        CredentialRow(
            name=each.name,
            label=each.label,
            hint=each.hint,
            is_secret=each.is_secret,
            is_optional=each.is_optional,
            choices=tuple((choice.value, choice.label) for choice in each.choices),
            value=_shown(each, typed.get(each.name, "")),
        )
        for each in fields
    )


def _shown(of: CredentialField, text: str) -> str:
    return "" if of.is_secret or of.is_other_key(text.strip()) else text[:500]
