"""What the parts of the company share: its books, its clock, its address, and how an account is opened."""

import hmac
from dataclasses import dataclass
from typing import final

from linktill.platform.clock import Clock
from linktill.platform.ids import Ids
from linktill.platform.randomness import Randomness
from linktill.sandbox import accounts
from linktill.sandbox.accounts import OpenedAccount
from linktill.sandbox.database import Database
from linktill.sandbox.faults import Faults
from linktill.sandbox.rules import SECOND_US


@final
@dataclass(frozen=True, slots=True)
class Company:
    """`base_url` is where payers reach it, without a slash at the end. An empty `opening_key` opens no accounts over HTTP."""

    db: Database
    clock: Clock
    ids: Ids
    randomness: Randomness
    faults: Faults
    base_url: str
    opening_key: str
    settles_after_s: float
    holds_for_s: float

    async def open_account(self, webhook_url: str = "", webhook_secret: str | None = None) -> OpenedAccount:
        """Opens a pretend account; without a secret of the caller's the company makes one."""
        opened = OpenedAccount(
            account_id=self.ids.new("sbacc_"),
            secret_key=f"sbsk_{self.randomness.token(24)}",
            webhook_url=webhook_url,
            webhook_secret=webhook_secret or self.new_webhook_secret(),
        )
        settles_after_us = int(self.settles_after_s * SECOND_US)
        holds_for_us = int(self.holds_for_s * SECOND_US)
        await self.db.write(lambda tx: accounts.open_account(tx, opened, settles_after_us, holds_for_us))
        return opened

    def new_webhook_secret(self) -> str:
        """What webhooks are signed with."""
        return f"sbwh_{self.randomness.token(24)}"

    def is_opening_key(self, key: str) -> bool:
        """Constant time. Never true while there is no opening key."""
        return bool(self.opening_key) and hmac.compare_digest(key.encode(), self.opening_key.encode())

    def known_before(self) -> int:
        """Look-ups know only what was created up to then: now, unless a fault makes them lag."""
        return self.clock.now_us() - int(self.faults.lookup_lag_s * SECOND_US)
