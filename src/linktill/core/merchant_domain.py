"""A merchant's own domain: the host that its payers see instead of the installation's."""

from dataclasses import dataclass

from linktill.core.ids import MerchantId


@dataclass(frozen=True, slots=True)
class MerchantDomain:
    """As stored. It is used once it is verified: once its well-known address has answered `token`. Times are microseconds UTC."""

    merchant_id: MerchantId
    host: str
    """In small letters, as the DNS has it (IDNA), without a port."""
    token: str
    verified_at: int | None
    checked_at: int | None
    failure: str
    """What the last check found wrong, and the fix; empty: nothing."""
    created_at: int
