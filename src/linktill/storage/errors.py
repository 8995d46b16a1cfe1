"""What can go wrong with the database itself. After each of these the unit of work has left nothing behind,
unless its text says otherwise.
"""

from typing import Final


class StorageError(Exception):
    """Base of all trouble with the database. Surfaces answer 503."""


class Busy(StorageError):
    """Too much at once or not reachable just now: the queue is full, no connection came free in time, a lock or
    statement took too long, or a conflict outlived its retries. Trying again later is safe for idempotent units:
    when the connection was lost during COMMIT, the unit may have been kept.
    """


class StorageFull(StorageError):
    """No space left. Nothing was written; works again by itself once there is space."""


class StorageBroken(StorageError):
    """The database cannot be trusted or used: I/O error, damage, read-only or replaced file.

    When raised by a failed COMMIT it is unknown whether the unit was kept.
    """


class ConstraintBroken(StorageError):
    """A unit broke a constraint of the schema: a fault in the unit, which should have said ON CONFLICT."""


class StatementWrong(StorageError):
    """The database cannot run a statement: a fault in the statement, its parameters or the schema."""


FAULTS: Final = (ConstraintBroken, StatementWrong)
"""Ours, not the database's: the same unit fails again however often it is run, and others need not."""


class SettingInvalid(Exception):
    """A setting cannot be used. The message names the setting and says how to mend it."""


class SchemaNewer(SettingInvalid):
    """The database was migrated by a newer Linktill than this one."""
