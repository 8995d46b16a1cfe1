"""An error at the edge: its status, and a line in the log for what is our fault."""

from typing import Any, Final, cast

from litestar.exceptions import HTTPException

from linktill.platform.log import get_logger
from linktill.storage.errors import Busy, StorageError
from linktill.surface.door import request_id
from linktill.web.answer import Header
from linktill.web.form import AnyRequest

RETRY_AFTER: Final[Header] = (b"retry-after", b"5")

log = get_logger("web")


def noted(request: AnyRequest, error: Exception) -> tuple[int, str]:
    """The status to answer with, and what the request is called."""
    name = request_id(cast("Any", request.scope))
    match error:
        case HTTPException(status_code=status):
            pass
        case StorageError():
            status = 503
        case _:
            status = 500
    if isinstance(error, Busy):
        # Nothing is broken, and there are many of these at once: a traceback each would cost more than the work itself.
        log.warning("page.busy", request_id=name, path=request.scope["path"], reason=str(error))
    elif status >= 500:
        log.error("page.failed", request_id=name, path=request.scope["path"], exc_info=error)
    return status, name
