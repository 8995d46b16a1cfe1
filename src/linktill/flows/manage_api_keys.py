"""A member makes, sees and revokes API keys; a request that presents one is recognized.

A key reads `lt_test_<public part>_<secret><checksum>`. The public part finds the row, the secret proves, and the checksum
tells a mistyped or invented key from a real one without asking anybody (secret scanners use it too).
"""

import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from zlib import crc32

from linktill.core import ids as prefixes
from linktill.core.errors import FieldsInvalid, NotFound, TooMany
from linktill.core.ids import ApiKeyId, MerchantId
from linktill.core.merchant import Mode, name_error
from linktill.flows.services import Services
from linktill.platform.ids import ALPHABET, LENGTH
from linktill.storage import api_keys, directory
from linktill.storage.api_keys import ApiKey
from linktill.storage.database import Tx
from linktill.storage.merchants import get_merchant, lock_merchant

KEYS_MAX: Final = 50
SECRET_CHARS: Final = 32
"""At 5 bits each: 160 bits."""
CHECKSUM_CHARS: Final = 7
REMEMBERED_S: Final = 0.9
"""How long a recognized key needs no look at the database, and so how long a key may outlive its revocation elsewhere."""
REMEMBERED_MAX: Final = 1_024
USES_MAX: Final = 10_000

_FORM: Final = re.compile(
    f"lt_(test|live)_([{ALPHABET}]{{{LENGTH}}})_([{ALPHABET}]{{{SECRET_CHARS}}})([{ALPHABET}]{{{CHECKSUM_CHARS}}})"
)


@dataclass(frozen=True, slots=True)
class CreatedApiKey:
    """A new key. `text` is shown once: nobody can find it out again."""

    key: ApiKey
    text: str


@dataclass(frozen=True, slots=True)
class KeyParts:
    """A well-formed key, taken apart."""

    mode: Mode
    public_part: str
    secret: str


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """Who asks through the API."""

    merchant_id: MerchantId
    key_id: ApiKeyId
    mode: Mode


def parse_key(text: str) -> KeyParts | None:
    """The parts of a key whose checksum is right, or None. Asks nobody."""
    match = _FORM.fullmatch(text)
    if match is None or match[4] != _checksum(text[:-CHECKSUM_CHARS]):
        return None
    return KeyParts(Mode(match[1]), match[2], match[3])


async def create_api_key(services: Services, merchant_id: MerchantId, *, name: str) -> CreatedApiKey:
    """A new key. Raises FieldsInvalid for `name`, NotFound and TooMany."""
    error = name_error("name", name)
    if error is not None:
        raise FieldsInvalid((error,))
    key_id = ApiKeyId(services.ids.new(prefixes.API_KEY))
    drawn = sha256(services.randomness.token(32).encode()).digest()
    secret = "".join(ALPHABET[byte % 32] for byte in drawn)
    draft = ApiKey(key_id, name.strip(), "", services.clock.now_us(), None, None)
    return await services.database.run(_create, merchant_id, draft, secret)


async def read_api_keys(services: Services, merchant_id: MerchantId) -> list[ApiKey]:
    """The newest hundred, newest first."""
    return await services.database.read(api_keys.list_api_keys, merchant_id)


async def revoke_api_key(
    services: Services, ring: "KeyRing", merchant_id: MerchantId, key_id: ApiKeyId
) -> None:
    """Ends a key: at once here, within a second in other processes. Raises NotFound."""
    is_there = await services.database.run(
        api_keys.revoke_api_key, merchant_id, key_id, now=services.clock.now_us()
    )
    ring.forget()
    if not is_there:
        raise NotFound("There is no such API key.", param="id")


class KeyRing:
    """Recognizes keys, remembers them for less than a second, and collects when they were used. One for a process."""

    def __init__(self, services: Services) -> None:
        self._services: Final = services
        self._known: Final[OrderedDict[bytes, tuple[ApiCaller, float]]] = OrderedDict()
        self._uses: dict[tuple[MerchantId, ApiKeyId], int] = {}
        self._forgotten = 0

    async def caller(self, text: str) -> ApiCaller | None:
        """Whose key it is, or None when it is no key, revoked or never was."""
        fingerprint = sha256(text.encode("utf-8", "replace")).digest()
        caller = self._remembered(fingerprint)
        if caller is None:
            caller = await self._recognize(text, fingerprint)
        if caller is not None and (
            len(self._uses) < USES_MAX or (caller.merchant_id, caller.key_id) in self._uses
        ):
            self._uses[caller.merchant_id, caller.key_id] = self._services.clock.now_us()
        return caller

    def forget(self) -> None:
        """Asks the database again for every key."""
        self._forgotten += 1
        self._known.clear()

    async def flush(self) -> int:
        """Writes when keys were last used: a worker step. Returns how many keys."""
        uses, self._uses = self._uses, {}
        if uses:
            await self._services.database.run(api_keys.note_uses, uses)
        return len(uses)

    def _remembered(self, fingerprint: bytes) -> ApiCaller | None:
        known = self._known.get(fingerprint)
        return known[0] if known is not None and self._services.clock.monotonic_s() < known[1] else None

    async def _recognize(self, text: str, fingerprint: bytes) -> ApiCaller | None:
        parts = parse_key(text)
        if parts is None:
            return None
        # Taken before the look: what is revoked while we look must not be remembered afterwards.
        until, forgotten = self._services.clock.monotonic_s() + REMEMBERED_S, self._forgotten
        owner = await self._services.database.read(api_keys.find_key, parts.public_part)
        if owner is None or owner.mode is not parts.mode:
            return None
        if not hmac.compare_digest(owner.secret_hash, _hash(parts.secret)):
            return None
        caller = ApiCaller(owner.merchant_id, owner.key_id, owner.mode)
        if forgotten == self._forgotten:
            self._known[fingerprint] = (caller, until)
            self._known.move_to_end(fingerprint)
            if len(self._known) > REMEMBERED_MAX:
                self._known.popitem(last=False)
        return caller


async def _create(tx: Tx, merchant_id: MerchantId, draft: ApiKey, secret: str) -> CreatedApiKey:
    owner = await get_merchant(tx, merchant_id)
    if owner is None:
        raise NotFound("There is no such merchant.")
    public_part = draft.id.removeprefix(prefixes.API_KEY)
    body = f"lt_{owner.mode}_{public_part}_{secret}"
    text = body + _checksum(body)
    key = ApiKey(draft.id, draft.name, text[-4:], draft.created_at, None, None)
    if not await directory.claim(tx, directory.API_KEY, public_part, merchant_id, draft.id):
        return CreatedApiKey(key, text)  # run again after a lost answer: all of this is there
    await lock_merchant(tx, merchant_id)  # two who make the last one must not both count one too few
    if await api_keys.count_api_keys(tx, merchant_id) >= KEYS_MAX:
        raise TooMany(f"There are {KEYS_MAX} keys already. Revoke one that is not needed.")
    await api_keys.insert_api_key(tx, merchant_id, key, secret_hash=_hash(secret))
    return CreatedApiKey(key, text)


def _checksum(body: str) -> str:
    number = crc32(body.encode())
    return "".join(ALPHABET[number >> shift & 31] for shift in range(30, -1, -5))


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
