"""A TCP line to PostgreSQL that breaks where a test wants: a proxy that reads the messages that go over it."""

import asyncio
import contextlib
from enum import Enum
from types import TracebackType
from typing import Self


class Cut(Enum):
    """When the line breaks, seen from the server."""

    BEFORE = "the statement is not sent"
    AFTER = "it is carried out, and nobody hears"
    WITHIN = "half of the answer is heard"
    FAREWELL = (
        "it is answered; then the server says that it must end, and the line breaks with what is sent next"
    )


SYNC, QUERY, READY = b"S", b"Q", b"Z"
_GOODBYE = b"SFATAL\0VFATAL\0C57P02\0Mterminating connection because of crash of another server process\0\0"
GOODBYE = b"E" + (4 + len(_GOODBYE)).to_bytes(4) + _GOODBYE
"""What each connection is told when one of the server's processes has died."""
STARTUP_HEAD, HEAD = 4, 5


class Messages:
    """Cuts a stream into messages. The first that a client sends has no type."""

    def __init__(self, *, has_start: bool) -> None:
        self._rest = b""
        self._is_start = has_start

    def take(self, data: bytes) -> list[bytes]:
        self._rest += data
        found = []
        while (length := self._length()) is not None and len(self._rest) >= length:
            found.append(self._rest[:length])
            self._rest = self._rest[length:]
            self._is_start = False
        return found

    def _length(self) -> int | None:
        if self._is_start:
            return int.from_bytes(self._rest[:4]) if len(self._rest) >= STARTUP_HEAD else None
        return 1 + int.from_bytes(self._rest[1:5]) if len(self._rest) >= HEAD else None


class CuttingLine:
    """Takes connections on a TCP port and leads them to the server's Unix socket.

    Armed with a number, it breaks the connection over which that round (what the server answers with one ReadyForQuery)
    goes, once. All others stay as they are.
    """

    def __init__(self, server_folder: str) -> None:
        self._server = f"{server_folder}/.s.PGSQL.5432"
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: int | None = None
        self._how = Cut.BEFORE
        self._words = ""
        self.cut_at = ""
        """The text of the statement at which it broke; empty: it did not."""

    def arm(self, number: int, how: Cut, *, words: str = "") -> None:
        """Breaks at the round of this number from now on, counted from 0; only those with these words count."""
        self._left, self._how, self._words, self.cut_at = number, how, words, ""

    def disarm(self) -> None:
        self._left = None

    def url(self, database: str) -> str:
        return f"postgresql://linktill@127.0.0.1:{self._port}/{database}?sslmode=disable"

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._listening.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._listening.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        server_reader, server_writer = await asyncio.open_unix_connection(self._server)
        line = _Line(self, server_writer, writer)
        with contextlib.suppress(OSError):
            await asyncio.gather(line.to_server(reader), line.to_client(server_reader))
        line.abort()
        self._tasks.discard(task)

    def comes(self, text: str) -> Cut | None:
        """A round begins: is it the one?"""
        if self._left is None or self._words not in text:
            return None
        self._left -= 1
        if self._left >= 0:
            return None
        self._left = None
        self.cut_at = text
        return self._how


class _Line:
    """One connection."""

    def __init__(
        self, owner: CuttingLine, server: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        self._owner = owner
        self._server = server
        self._client = client
        self._how: Cut | None = None
        self._texts: dict[bytes, str] = {}
        self._has_said_goodbye = False

    def abort(self) -> None:
        self._server.transport.abort()
        self._client.transport.abort()

    async def to_server(self, reader: asyncio.StreamReader) -> None:
        messages = Messages(has_start=True)
        waiting: list[bytes] = []
        while data := await reader.read(65_536):
            if self._has_said_goodbye:
                break
            for message in messages.take(data):
                waiting.append(message)
                if message[:1] in {SYNC, QUERY} and self._how is None:
                    self._how = self._owner.comes(self._text(waiting))
                    if self._how is Cut.BEFORE:
                        self.abort()
                        return
                    self._server.write(b"".join(waiting))
                    waiting.clear()
            self._server.write(b"".join(waiting))
            waiting.clear()
            await self._server.drain()
        self.abort()

    async def to_client(self, reader: asyncio.StreamReader) -> None:
        messages = Messages(has_start=False)
        held = b""
        while data := await reader.read(65_536):
            if self._how is None:
                messages.take(data)
                self._client.write(data)
                await self._client.drain()
                continue
            held += data
            if any(message[:1] == READY for message in messages.take(data)):
                break
        if self._how is Cut.FAREWELL:
            self._has_said_goodbye = True
            self._client.write(held + GOODBYE)
            await self._client.drain()
            return
        if self._how is Cut.WITHIN:
            self._client.write(held[: len(held) // 2])
            await self._client.drain()
            await asyncio.sleep(0.001)
        self.abort()

    def _text(self, waiting: list[bytes]) -> str:
        """For people: what the round is about. A statement that was prepared before is known by its name."""
        for message in waiting:
            match message[:1]:
                case b"Q":
                    return message[5:-1].decode()
                case b"P":
                    name, text, _ = message[5:].split(b"\0", 2)
                    self._texts[name] = text.decode()
                    return "prepare: " + text.decode()
                case b"B":
                    _, name, _ = message[5:].split(b"\0", 2)
                    return self._texts.get(name, "?")
                case _:
                    continue
        return "?"
