"""Draws documents: one at a time in a thread, a few waiting, each within bounds of size and time.

Data go in as JSON beside the template, never as markup. The typesetter sees the folder of the templates and nothing else; none of
them asks for a package, an image file or a font of the system.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from linktill.documents import fonts
from linktill.documents.compose import composed
from linktill.documents.sheets import Sheet, composed_sheet
from linktill.documents.views import Paper

TEMPLATES: Final = Path(__file__).parent / "templates"
AT_ONCE: Final = 2
WAITING_MAX: Final = 32
DATA_MAX_BYTES: Final = 1 << 20
TIME_MAX_S: Final = 20.0
"""Thousands of times what a receipt takes."""
STANDARDS: Final = ("a-3a", "ua-1")
"""To be kept for years (ISO 19005-3), and read aloud (ISO 14289-1)."""
PDF: Final = "application/pdf"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class NotDrawn(Exception):
    """No document came of it. `is_busy`: there are too many right now; asked again later it will."""

    def __init__(self, message: str, *, is_busy: bool = False) -> None:
        super().__init__(message)
        self.is_busy: Final = is_busy


class Printer:
    """Where documents are drawn. Nothing is loaded before the first one."""

    def __init__(self) -> None:
        self._gate: Final = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def paper(self, paper: Paper, *, is_patient: bool = False) -> bytes:
        """The PDF. The same paper gives the same bytes. Raises NotDrawn.

        `is_patient`: waits however many wait before it, as mails do, whose number is bounded where they are sent.
        """
        return await self.drawn(
            lambda: draw("paper.typ", composed(paper), at=paper.issued_at), is_patient=is_patient
        )

    async def sheet(self, sheet: Sheet) -> bytes:
        """The PDF of a sheet with codes. Raises NotDrawn."""
        return await self.drawn(lambda: draw("sheet.typ", composed_sheet(sheet), at=sheet.made_at))

    async def drawn(self, work: Callable[[], bytes], *, is_patient: bool = False) -> bytes:
        """What the work draws, in its turn. Raises NotDrawn."""
        if self._waiting >= WAITING_MAX and not is_patient:
            raise NotDrawn(
                "Too many documents are being made right now. Try again in a moment.", is_busy=True
            )
        self._waiting += 1
        try:
            await self._gate.acquire()
        finally:
            self._waiting -= 1
        task = asyncio.ensure_future(asyncio.to_thread(work))
        # A thread cannot be stopped: it keeps its place until it ends, whoever still waits for it.
        task.add_done_callback(lambda _: self._gate.release())
        try:
            return await asyncio.wait_for(asyncio.shield(task), TIME_MAX_S)
        except TimeoutError:
            task.add_done_callback(_forget)
            raise NotDrawn(f"The document was not made within {TIME_MAX_S:.0f} seconds.") from None
        except (ValueError, RuntimeError) as error:
            raise NotDrawn(str(error)) from error


def draw(template: str, data: dict[str, Any], *, at: int) -> bytes:
    """The PDF of a template and its data; `at`: when it is of, microseconds UTC. Raises ValueError and RuntimeError."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    if len(text) > DATA_MAX_BYTES:
        raise ValueError("The document is too long.")
    made: bytes = import_module("typst").compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=fonts.loaded(),
        sys_inputs={"data": text},
        pdf_standards=list(STANDARDS),
        timestamp=_EPOCH + timedelta(seconds=at // 1_000_000),
    )
    return made


def _forget(task: asyncio.Future[bytes]) -> None:
    """Whoever waited has been told already."""
    if not task.cancelled():
        task.exception()
