"""Runs the one server process: binds the port, serves, works in the background, and stops without cutting anybody off."""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Generator
from typing import Final, final

import uvicorn
from typing_extensions import override

from linktill.cli.output import CommandFailed
from linktill.cli.protocol import LimitedProtocol
from linktill.main import HEALTH_PATH, Linktill
from linktill.platform.http import HttpRequest, NoAnswer, NotSent

CONNECTIONS_MAX: Final = 4_096
CONNECTIONS_MIN: Final = 8
FILES_KEPT: Final = 40
"""Open files for what is no visitor's connection: databases, gateways, and what libraries load when they first need it. Whoever
holds many connections must not keep payments of others from being recorded.
"""
BACKLOG: Final = 2_048
KEEP_ALIVE_S: Final = 15
"""Longer than what our own HTTP client and most proxies keep: they hang up first, so no request meets a closing connection."""
FINISH_MAX_S: Final = 10
"""So long requests under way may take at the end."""
READY_MAX_S: Final = 30.0
_LOOK_AGAIN_S: Final = 0.01


@final
class _Server(uvicorn.Server):
    """uvicorn would end the process by the signal that stopped it, before we have finished."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def bind(host: str, port: int, *, setting: str) -> socket.socket:
    """A listening socket. Port 0: any free one. Raises CommandFailed naming `setting`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(address)
            bound.listen(BACKLOG)
        except BaseException:
            bound.close()
            raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise CommandFailed(
            "port_unusable", f"Cannot listen on {host} port {port}: {reason}. Choose another.", name=setting
        ) from error
    bound.settimeout(0)
    # Each connection is an open file, of which many systems allow only 1,024 to begin with.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS_MAX
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return bound


def connections_max() -> int:
    """How many visitors may be connected at once, after `bind`. Raises CommandFailed where too few files may be open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    left = files - max(FILES_KEPT, files // 4)
    if left < CONNECTIONS_MIN:
        message = f"Only {files} files may be open at once, which is too few. Raise the limit: ulimit -n 1024"
        raise CommandFailed("files_limit", message)
    return min(CONNECTIONS_MAX, left)


def url_of(bound: socket.socket) -> str:
    """How this machine reaches the socket."""
    name: tuple[str, int] = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name[0], name[0])  # noqa: S104 compared, not bound
    return f"http://[{host}]:{name[1]}" if ":" in host else f"http://{host}:{name[1]}"


def stop_signal() -> asyncio.Event:
    """Set by SIGTERM and SIGINT. A second one ends the process at once, as it would any other."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        asked.set()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, ask)
    return asked


async def serve_until(
    linktill: Linktill, bound: socket.socket, asked: asyncio.Event, on_ready: Callable[[], Awaitable[None]]
) -> None:
    """Serves until `asked` is set; returns when all is finished. `on_ready`: called once requests are answered."""
    server = _Server(
        uvicorn.Config(
            linktill.app,
            loop="none",
            http=LimitedProtocol,
            ws="none",
            lifespan="off",  # what is needed is open already; Litestar would load anyio for events that nobody sends
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=connections_max() + 1,  # LimitedProtocol closes what reaches it
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=FINISH_MAX_S,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started and not serving.done():
            await linktill.services.clock.sleep(_LOOK_AGAIN_S)
        if not serving.done():
            working = await linktill.start()
            await _until_healthy(linktill, url_of(bound))
            await on_ready()
            waiting = asyncio.create_task(asked.wait())
            await asyncio.wait({serving, waiting, working}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
    finally:
        try:
            # The work ends first: it may still need the sandbox, which this server serves.
            await linktill.stop()
        finally:
            server.should_exit = True
            await serving


async def _until_healthy(linktill: Linktill, url: str) -> None:
    """Asks over the network, as everybody else will: what is announced as serving serves."""
    clock = linktill.services.clock
    gives_up_s = clock.monotonic_s() + READY_MAX_S
    while True:
        try:
            response = await linktill.services.http.send(
                HttpRequest("GET", f"{url}{HEALTH_PATH}", timeout_s=5.0, may_be_private=True)
            )
            if response.status == 200:
                return
            reason = f"{HEALTH_PATH} answers {response.status}"
        except (NotSent, NoAnswer) as error:
            reason = str(error)
        if clock.monotonic_s() > gives_up_s:
            raise CommandFailed("not_ready", f"The server does not answer: {reason}.")
        await clock.sleep(_LOOK_AGAIN_S)
