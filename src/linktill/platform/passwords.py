"""Password hashes: Argon2id, in threads of their own, few at a time, so that a flood of sign-ins stops nobody's payment."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from linktill.core.errors import TooMany

T = TypeVar("T")

AT_ONCE_MAX: Final = 2
"""46 MiB and one core each."""
WAITING_MAX: Final = 32

# OWASP's first recommendation for Argon2id (Password Storage Cheat Sheet).
_HASHER: Final = PasswordHasher(memory_cost=47_104, time_cost=1, parallelism=1)

# Of a random text that nobody knows: what a stranger's password is compared with, to take the same time.
DUMMY_HASH: Final = (
    "$argon2id$v=19$m=47104,t=1,p=1$AOZFuKMixGlEOk43IaaVBw$zgQzwAkD1CIkA+m4iGwGm4Gm9Lxk3xc9IqR3qCD0AhQ"
)


class Passwords:
    """Hashes and compares. One for a process."""

    def __init__(self) -> None:
        self._threads: Final = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="argon2")
        self._running = 0

    async def hash(self, password: str) -> str:
        """The hash to keep. Raises `TooMany` when more wait than could be served in a reasonable time."""
        return await self._in_thread(lambda: _HASHER.hash(_bytes(password)))

    async def is_right(self, password: str, kept_hash: str) -> bool:
        """Whether it is the password of that hash. Takes as long when it is not. Raises `TooMany`."""
        return await self._in_thread(lambda: _is_right(password, kept_hash))

    def is_outdated(self, kept_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return _HASHER.check_needs_rehash(kept_hash)

    def close(self) -> None:
        """Ends the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._running >= AT_ONCE_MAX + WAITING_MAX:
            raise TooMany("Too many people are signing in just now. Try again in a minute.")
        self._running += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._running -= 1


def _is_right(password: str, kept_hash: str) -> bool:
    try:
        return _HASHER.verify(kept_hash, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    """Whatever was typed, all of it: nothing that a form can hold raises here."""
    return password.encode("utf-8", "surrogatepass")
