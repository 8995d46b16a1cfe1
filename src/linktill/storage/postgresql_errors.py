"""What PostgreSQL's errors mean: run again, come back later, or tell a person."""

from typing import Final

import asyncpg

from linktill.storage.errors import (
    Busy,
    ConstraintBroken,
    StatementWrong,
    StorageBroken,
    StorageError,
    StorageFull,
)

DRIVER_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # Also what a connection answers on which the server has said goodbye while nobody asked anything: "cannot switch to state".
    asyncpg.InternalClientError,
    OSError,
)
_RETRY_STATES: Final = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "57P01",  # admin_shutdown: the server restarts
        "57P02",  # crash_shutdown
        "57P03",  # cannot_connect_now: it is starting
    }
)
_BUSY_STATES: Final = frozenset(
    {
        "53300",  # too_many_connections
        "55P03",  # lock_not_available
        "57014",  # query_canceled: statement_timeout
        "25P03",  # idle_in_transaction_session_timeout
        "53200",  # out_of_memory
    }
)
_DISK_FULL: Final = "53100"
_SERVER_CLASSES: Final = frozenset({"08", "53", "57", "58", "XX", "F0"})


def is_worth_retrying(error: BaseException) -> bool:
    """Return whether another run may succeed at once: a lost conflict, a lost connection, a stale prepared statement."""
    if isinstance(error, TimeoutError):  # an OSError too, but nothing was lost: it was slow
        return False
    match error:
        case asyncpg.InvalidCachedStatementError() | asyncpg.OutdatedSchemaCacheError():
            return True
        case asyncpg.PostgresConnectionError() | asyncpg.InternalClientError() | OSError():
            return True
        case asyncpg.InterfaceError():
            return "connection" in str(error)
        case asyncpg.FeatureNotSupportedError():
            return "recovery" in str(error)  # BEGIN READ WRITE on a replica
        case asyncpg.PostgresError():
            return _state(error) in _RETRY_STATES
        case _:
            return False


def storage_error(error: BaseException) -> StorageError:
    """Return what `error` means for who asked."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return ConstraintBroken(str(error))
    state = _state(error)
    if state == _DISK_FULL:
        return StorageFull("No space left for the database.")
    if isinstance(error, TimeoutError) or state in _BUSY_STATES:
        return Busy(f"The database took too long: {error}")
    # 08 connection, 53 resources, 57 operator, 58 system, XX internal, F0 configuration: the server's trouble.
    # Anything else (22 data, 42 syntax and names) and all that asyncpg refuses by itself is ours.
    if state is None or state[:2] not in _SERVER_CLASSES:
        return StatementWrong(f"{type(error).__name__}: {error}")
    return StorageBroken(f"{type(error).__name__}: {error}")


def _state(error: BaseException) -> str | None:
    """The SQLSTATE that the server sent, or None where the error is not the server's."""
    state: str | None = getattr(error, "sqlstate", None)
    return state
