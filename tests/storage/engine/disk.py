"""A disk that tests can break: an apsw VFS over the real one that counts, delays and fails writes and flushes."""

import threading

import apsw
from typing_extensions import override


class Disk(apsw.VFS):
    """Hand `name` to `open_sqlite(vfs=…)`. Set `write_fault` or `sync_fault` to break it."""

    def __init__(self, name):
        self.vfs_name = name
        self.writes = 0
        self.syncs = 0
        self.write_fault = None
        """Called with the number of each write; raises what the write shall raise."""
        self.sync_fault = None
        self.may_sync = threading.Event()
        self.may_sync.set()
        super().__init__(name, "")

    @override
    def xOpen(self, name, flags):
        return File(self, name, flags)


class File(apsw.VFSFile):
    def __init__(self, disk, name, flags):
        self._disk = disk
        super().__init__("", name, flags)

    @override
    def xWrite(self, data, offset):
        self._disk.writes += 1
        if self._disk.write_fault is not None:
            self._disk.write_fault(self._disk.writes)
        super().xWrite(data, offset)

    @override
    def xSync(self, flags):
        self._disk.syncs += 1
        assert self._disk.may_sync.wait(30)
        if self._disk.sync_fault is not None:
            self._disk.sync_fault()
        super().xSync(flags)
