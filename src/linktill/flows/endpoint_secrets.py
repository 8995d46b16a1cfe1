"""The secrets that an endpoint's webhooks are signed with: one, or two for a day after it was renewed.

The receiver needs time to take the new one over; in that day each webhook carries a signature by either.
"""

import base64
from hashlib import sha256
from typing import Final

import msgspec

from linktill.core.ids import EndpointId, MerchantId
from linktill.notify.merchant_webhook import SECRET_PREFIX
from linktill.platform.randomness import Randomness
from linktill.platform.secrets import Vault

OVERLAP_US: Final = 24 * 3_600 * 1_000_000


class EndpointSecrets(msgspec.Struct, frozen=True):
    """What is sealed. `previous` signs too until `previous_until`."""

    current: str
    previous: str | None = None
    previous_until: int = 0

    def signing(self, now: int) -> tuple[str, ...]:
        """The secrets to sign with at `now`."""
        if self.previous is None or now >= self.previous_until:
            return (self.current,)
        return (self.current, self.previous)

    def renewed(self, secret: str, *, now: int) -> "EndpointSecrets":
        """The same with a new current one."""
        return EndpointSecrets(secret, self.current, now + OVERLAP_US)


def new_secret(randomness: Randomness) -> str:
    """`whsec_` and 32 bytes in base64, as Standard Webhooks has it."""
    # Hashed, because a Randomness promises unpredictable text and not its length in bits.
    return SECRET_PREFIX + base64.b64encode(sha256(randomness.token(32).encode()).digest()).decode()


def seal(vault: Vault, merchant_id: MerchantId, endpoint_id: EndpointId, secrets: EndpointSecrets) -> bytes:
    """The secrets as stored."""
    return vault.seal(msgspec.json.encode(secrets), context=_context(merchant_id, endpoint_id))


def unseal(vault: Vault, merchant_id: MerchantId, endpoint_id: EndpointId, sealed: bytes) -> EndpointSecrets:
    """The secrets in the clear, for the length of a call. Raises SealBroken."""
    plain = vault.open(sealed, context=_context(merchant_id, endpoint_id))
    return msgspec.json.decode(plain, type=EndpointSecrets)


def _context(merchant_id: MerchantId, endpoint_id: EndpointId) -> str:
    return f"{merchant_id}:webhook_endpoint:secret:{endpoint_id}"
