"""A wire to PostgreSQL that tests can watch and cut: a proxy on a Unix socket that understands just enough."""

import asyncio
import contextlib

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
SYNC = b"S\x00\x00\x00\x04"


class Wire:
    """Forwards between clients and the server in `server_folder`. `url` is the address to use instead."""

    def __init__(self, server_folder, folder):
        self._server = f"{server_folder}/.s.PGSQL.5432"
        self._here = f"{folder}/.s.PGSQL.5432"
        self._folder = folder
        self._writers = set()
        self._tasks = set()
        self.sent = b""
        """What clients sent since this was last emptied."""
        self.commits_to_cut = 0
        """So many COMMITs reach the server, and their answers reach nobody."""
        self.is_cut = False

    def url(self, database):
        return f"postgresql://linktill@/{database}?host={self._folder}"

    async def __aenter__(self):
        self._stop_listening = (await asyncio.start_unix_server(self._serve, self._here)).close
        return self

    async def __aexit__(self, *_error):
        self._stop_listening()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self):
        """Break all connections that are open now."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader, writer):
        if self.is_cut:
            writer.transport.abort()
            return
        self._tasks.add(asyncio.current_task())
        server_reader, server_writer = await asyncio.open_unix_connection(self._server)
        self._writers |= {writer, server_writer}
        with contextlib.suppress(OSError):
            await asyncio.gather(
                self._to_server(reader, server_writer, server_reader, writer),
                self._to_client(server_reader, writer),
            )
        for each in (writer, server_writer):
            each.transport.abort()
            self._writers.discard(each)

    async def _to_server(self, reader, server_writer, server_reader, writer):
        while data := await reader.read(65_536):
            self.sent += data
            if data == COMMIT and self.commits_to_cut:
                self.commits_to_cut -= 1
                writer.transport.abort()
                server_writer.write(data)
                await server_writer.drain()
                await asyncio.sleep(0.05)  # it commits; nobody hears
                server_writer.transport.abort()
                return
            server_writer.write(data)
            await server_writer.drain()
        server_writer.transport.abort()

    async def _to_client(self, server_reader, writer):
        while data := await server_reader.read(65_536):
            if not writer.transport.is_closing():
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
