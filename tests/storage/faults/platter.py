"""What a disk would hold if the power went now: only what was synced is certain, everything else is chance.

Each write since the last sync may be kept, lost or torn between sectors, in any order, and so may a change of length. A
name that was made or removed since its folder was last synced may be there or not (https://sqlite.org/atomiccommit.html
lists what SQLite may and may not expect of a disk).
"""

import random
from dataclasses import dataclass, field
from typing import Final

SECTORS: Final = (512, 4_096)


@dataclass
class File:
    """`durable` is on the disk for sure; `pending` are writes (offset, bytes) and new lengths (length, None) after that."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for offset, data in self.pending:
            _apply(self.durable, offset, data)
        self.pending.clear()

    def after_a_cut(self, chance: random.Random) -> bytes:
        """One of the many contents that may be found."""
        found = bytearray(self.durable)
        kept_rate = chance.choice((0.0, 1.0, chance.random()))
        torn_rate = chance.choice((0.0, 0.5))
        sector = chance.choice(SECTORS)
        changes = list(self.pending)
        if chance.random() < 0.5:
            chance.shuffle(changes)
        for offset, data in changes:
            if data is not None and chance.random() < torn_rate:
                _tear(found, offset, data, sector, chance)
            elif chance.random() < kept_rate:
                _apply(found, offset, data)
            elif data is not None and chance.random() < 0.25:
                # The file's new length was kept, and not what was written there.
                _grow(found, offset + len(data), chance)
        return bytes(found)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is not None:
        content[offset : offset + len(data)] = data


def _tear(content: bytearray, offset: int, data: bytes, sector: int, chance: random.Random) -> None:
    start = 0
    while start < len(data):
        end = min(len(data), (offset + start) // sector * sector + sector - offset)
        if chance.random() < 0.5:
            _apply(content, offset + start, data[start:end])
        start = end


def _grow(content: bytearray, length: int, chance: random.Random) -> None:
    missing = max(0, length - len(content))
    content.extend(chance.randbytes(missing) if chance.random() < 0.3 else bytes(missing))


class Platter:
    """The files of one folder, by name."""

    def __init__(self) -> None:
        self.files: Final[dict[str, File]] = {}
        """As the running system sees them."""
        self._names: dict[str, File] = {}
        """The folder as it is on the disk for sure."""

    def found(self, name: str, content: bytes) -> None:
        """A file that was there, synced, before all this."""
        self.files[name] = self._names[name] = File(bytearray(content))

    def file(self, name: str) -> File:
        """Opened; made when missing."""
        return self.files.setdefault(name, File())

    def remove(self, name: str) -> None:
        self.files.pop(name, None)

    def sync_folder(self) -> None:
        self._names = dict(self.files)

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """Name → content, as found when the power is back."""
        found = {}
        for name in sorted(self.files.keys() | self._names.keys()):
            now, before = self.files.get(name), self._names.get(name)
            file = now if now is before else chance.choice((now, before))
            if file is not None:
                found[name] = file.after_a_cut(chance)
        return found
