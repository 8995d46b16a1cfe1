"""Secrets at rest: sealed with AES-256-GCM, so that a copy of the database alone opens nothing.

A sealed text is bound to its context ("merchant:table:column:row"): moved to another row, it does not open.
Layout: 1 byte version of the key, 12 bytes nonce, ciphertext with its 16-byte tag.
"""

import base64
import binascii
import hmac
import os
import stat
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linktill.platform.randomness import Randomness

KEY_BYTES: Final = 32
KEY_VERSION: Final = 1
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16


class SealBroken(Exception):
    """A sealed text does not open: another key, another context, or it was changed."""


class KeyUnusable(Exception):
    """A secret key cannot be used. The message says why and how to mend it."""


class Vault:
    """Seals and opens with one key. Random 96-bit nonces are safe for 2^32 seals under a key (NIST SP 800-38D, 8.3)."""

    def __init__(self, key: bytes, randomness: Randomness) -> None:
        assert len(key) == KEY_BYTES, "AES-256 takes 32 bytes"
        self._cipher: Final = AESGCM(key)
        self._randomness: Final = randomness
        self._key: Final = key

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Returns `plain` so that only this key and the same `context` open it."""
        # Hashed, because a Randomness promises unpredictable text and not its length in bits.
        nonce = sha256(self._randomness.token(24).encode()).digest()[:_NONCE_BYTES]
        return bytes((KEY_VERSION,)) + nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Returns what was sealed. Raises `SealBroken`."""
        if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES or sealed[0] != KEY_VERSION:
            raise SealBroken(f"{context}: not a sealed text of key version {KEY_VERSION}")
        nonce, ciphertext = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, ciphertext, context.encode())
        except InvalidTag as error:
            raise SealBroken(f"{context}: sealed with another key, for another place, or changed") from error

    def proof(self) -> str:
        """Tells one key from another without telling the key: kept by the database that this key belongs to."""
        return hmac.new(self._key, b"linktill vault key", sha256).hexdigest()


def parse_key(text: str) -> bytes:
    """32 bytes from 64 hexadecimal digits or base64 (either alphabet). Raises `KeyUnusable`, never naming the key."""
    text = text.strip()
    try:
        if len(text) == 2 * KEY_BYTES:
            key = bytes.fromhex(text)
        else:
            plain = text.rstrip("=").replace("-", "+").replace("_", "/")
            key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyUnusable(
            "must be 32 random bytes as base64 or hexadecimal; `openssl rand -base64 32` makes one"
        )
    return key


def key_from_file(path: Path, randomness: Randomness) -> bytes:
    """The key kept at `path`; made when there is none. Raises `KeyUnusable`.

    Two processes that start at once end with the same key: the file appears whole, and only once.
    """
    if not path.exists():
        _write_once(path, f"{randomness.token(KEY_BYTES)}\n".encode())
    mode = stat.S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        raise KeyUnusable(f"{path} can be read by others (mode {mode:03o}); run: chmod 600 {path}")
    try:
        return parse_key(path.read_text("ascii"))
    except (KeyUnusable, UnicodeDecodeError) as error:
        raise KeyUnusable(f"{path} holds no key; restore it from your backup") from error


def _write_once(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(
        prefix=f".{path.name}.", dir=path.parent
    )  # readable by its owner alone
    draft = Path(name)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process was faster: its key counts
    finally:
        draft.unlink()
    # Without this a power cut may keep the database, sealed with a key whose name was never written.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
