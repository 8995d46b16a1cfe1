"""The sealed file that a backup is: records in chunks, each compressed and encrypted, that open only whole and in order.

Layout: a line of JSON (the head: what this is, and which key opens it), then frames of a 4-byte length and a ciphertext.
AES-256-GCM; a key of its own for each file (HKDF over a random salt), the frame's number and whether it is the last as
nonce, the head as associated data: a frame that was changed, moved, left out or cut off does not open (STREAM; Hoang,
Reyhanitabar, Rogaway, Vizár 2015).
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

FORMAT: Final = 1
HEAD_MAX_BYTES: Final = 4_096
FRAME_MAX_BYTES: Final = 1 << 30
_INFO: Final = b"linktill backup file 1"
_SCRYPT_N: Final = 1 << 17
"""128 MiB and some tenths of a second a guess (OWASP's choice for scrypt with r=8, p=1)."""

KeyKind: TypeAlias = Literal["installation", "passphrase"]
Record: TypeAlias = list[Any]
"""A word that says what it is, and what belongs to it; see `backup_rows`."""


class BackupUnreadable(Exception):
    """The file is no backup, is damaged, or the key does not open it. The message says which."""


class Head(msgspec.Struct, frozen=True, kw_only=True, tag="linktill backup", tag_field="file"):
    """What may be known without the key. `key_proof` tells one installation's key from another's."""

    format: int
    made_at: int
    release: str
    schema_version: str
    dialect: str
    key: KeyKind
    key_proof: str
    salt: str


@dataclass(frozen=True, slots=True)
class Opener:
    """What opens a file: the installation's secret key, or (first) a passphrase."""

    secret_key: bytes
    passphrase: bytes | None

    def kind(self) -> KeyKind:
        """Which of the two counts."""
        return "installation" if self.passphrase is None else "passphrase"


def _cipher(head: Head, opener: Opener) -> AESGCM:
    salt = bytes.fromhex(head.salt)
    secret = opener.secret_key
    if head.key == "passphrase":
        assert opener.passphrase is not None, "asked for before"
        secret = Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=8, p=1).derive(opener.passphrase)
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=_INFO).derive(secret))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes((is_last,))


@final
class BackupWriter:
    """Writes a draft beside `path`; `finish` makes it durable and gives it its name. Nothing is ever overwritten."""

    def __init__(self, path: Path, head: Head, opener: Opener) -> None:
        self.path: Final = path
        self._draft: Final = path.with_name(f".{path.name}.{os.getpid()}.draft")
        self._head: Final = msgspec.json.encode(head) + b"\n"
        self._cipher: Final = _cipher(head, opener)
        self._bound: Final = sha256(self._head).digest()
        self._file: BinaryIO | None = None
        self._number = 0

    def start(self) -> None:
        """Begins, or begins again: what was written is forgotten."""
        self.discard()
        # Its owner alone reads it, though it is sealed.
        self._file = os.fdopen(os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._file.write(self._head)
        self._number = 0

    def add(self, record: Record, *, is_last: bool = False) -> None:
        """Seals a record behind the others."""
        assert self._file is not None, "started before"
        plain = zlib.compress(msgspec.msgpack.encode(record), 1)
        sealed = self._cipher.encrypt(_nonce(self._number, is_last=is_last), plain, self._bound)
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1

    def finish(self) -> int:
        """Makes it durable under its name; answers its size. Raises FileExistsError if the name was taken meanwhile."""
        assert self._file is not None, "started before"
        self._file.flush()
        os.fsync(self._file.fileno())
        size = self._file.tell()
        self._file.close()
        self._file = None
        try:
            os.link(self._draft, self.path)  # unlike a rename, never over another file
        finally:
            self._draft.unlink()
        sync_folder(self.path.parent)
        return size

    def discard(self) -> None:
        """Leaves nothing behind."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._draft.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_head(path: Path) -> Head:
    """What a file says of itself, not yet proven. Raises BackupUnreadable and OSError."""
    with path.open("rb") as file:
        return _head(file)[0]


def read_records(path: Path, opener: Opener) -> Iterator[Record]:
    """The records in order. Raises BackupUnreadable at the first that does not open, and when the last is missing."""
    with path.open("rb") as file:
        head, line = _head(file)
        if head.key == "passphrase" and opener.passphrase is None:
            raise BackupUnreadable(
                "This backup was made with a passphrase. Name its file with --passphrase-file."
            )
        cipher, bound = _cipher(head, opener), sha256(line).digest()
        number = 0
        is_last = False
        while not is_last:
            length = int.from_bytes(file.read(4), "big")
            sealed = file.read(length) if 0 < length <= FRAME_MAX_BYTES else b""
            if not sealed or len(sealed) < length:
                raise BackupUnreadable(f"The backup is damaged: it breaks off after part {number}.")
            is_last = not file.peek(1)
            try:
                plain = cipher.decrypt(_nonce(number, is_last=is_last), sealed, bound)
            except InvalidTag:
                raise BackupUnreadable(_why(head, number)) from None
            yield msgspec.msgpack.decode(zlib.decompress(plain), type=list)
            number += 1


def _why(head: Head, number: int) -> str:
    if number == 0 and head.key == "passphrase":
        return "The passphrase is another one, or the backup is damaged."
    return (
        f"The backup is damaged: part {number + 1} is not as it was written, or the file was cut off there."
    )


def _head(file: BufferedReader) -> tuple[Head, bytes]:
    line = file.readline(HEAD_MAX_BYTES)
    try:
        head = msgspec.json.decode(line, type=Head)
        bytes.fromhex(head.salt)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        raise BackupUnreadable("This is no Linktill backup, or its first line is damaged.") from None
    if head.format != FORMAT:
        raise BackupUnreadable(
            f"The backup has format {head.format}; this release reads format {FORMAT}. Restore it with the release "
            f"that made it ({head.release}) or a newer one."
        )
    return head, line
