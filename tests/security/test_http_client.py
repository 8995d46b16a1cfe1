"""The guarded client: where it goes (SF01, SF05, SF06, SF13), how much it reads (WO07), and what its failures prove (GF02)."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from linktill.platform.http import AddressRefused, GuardedHttp, HttpRequest, NoAnswer, NotSent

TLS = Path(__file__).parent / "tls"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


@asynccontextmanager
async def server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that says whatever `talk` writes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()


def answer(raw: bytes, seen: list[bytes] | None = None) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(head)
        writer.write(raw)
        await writer.drain()

    return talk


@pytest.fixture
async def http() -> AsyncIterator[GuardedHttp]:
    client = GuardedHttp(body_max_bytes=1_000)
    yield client
    await client.close()


def private(port: int, path: str = "/", *, timeout_s: float = 5.0) -> HttpRequest:
    return HttpRequest("GET", f"http://127.0.0.1:{port}{path}", timeout_s=timeout_s, may_be_private=True)


async def test_an_answer_comes_back_whole(http: GuardedHttp) -> None:
    seen: list[bytes] = []
    raw = b"HTTP/1.1 422 Nope\r\nContent-Length: 2\r\nX-A: 1\r\nX-A: 2\r\n\r\nhi"
    async with server(answer(raw, seen)) as port:
        response = await http.send(private(port, "/a%2Fb?c=%20"))
    assert (response.status, response.body, response.is_truncated) == (422, b"hi", False)
    assert response.headers["x-a"] == "1, 2"
    assert seen[0].startswith(b"GET /a%2Fb?c=%20 HTTP/1.1\r\n"), "sent as written"
    assert b"cookie" not in seen[0].lower()


async def test_sf05_redirects_are_not_followed(http: GuardedHttp) -> None:
    raw = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with server(answer(raw)) as port:
        response = await http.send(private(port))
    assert (response.status, response.headers["location"]) == (302, "http://127.0.0.1:1/")


async def test_wo07_an_endless_body_is_cut(http: GuardedHttp) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()

    async with server(endless) as port:
        response = await http.send(private(port))
    assert (len(response.body), response.is_truncated) == (1_000, True)


async def test_wi18_a_compressed_body_is_not_inflated(http: GuardedHttp) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"
    async with server(answer(raw)) as port:
        assert (await http.send(private(port))).body == b"\x1f\x8b\x08"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf",
        b"\x00\x01 nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_gf02_no_whole_answer_proves_nothing(http: GuardedHttp, raw: bytes) -> None:
    async with server(answer(raw)) as port:
        with pytest.raises(NoAnswer):
            await http.send(private(port))


async def test_gf02_a_silent_server_proves_nothing(http: GuardedHttp) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(silent) as port:
        with pytest.raises(NoAnswer):
            await http.send(private(port, timeout_s=0.2))


async def test_a_trickle_ends_at_the_total_timeout(http: GuardedHttp) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        for _ in range(100):
            writer.write(b"x")
            await asyncio.sleep(0.05)

    async with server(trickle) as port:
        with pytest.raises(NoAnswer):
            await http.send(private(port, timeout_s=0.3))


async def test_each_request_is_sent_once(http: GuardedHttp) -> None:
    """GF27: no retry hidden below us, not even on a kept connection that dies."""
    heads: list[bytes] = []

    async def once_then_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        heads.append(await reader.readuntil(b"\r\n\r\n"))

    async with server(once_then_hang_up) as port:
        request = HttpRequest("POST", f"http://127.0.0.1:{port}/", body=b"{}", may_be_private=True)
        assert (await http.send(request)).status == 200
        with pytest.raises(NoAnswer):
            await http.send(request)
    assert len(heads) == 2


async def test_a_refused_connection_proves_that_nothing_was_sent(http: GuardedHttp) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(NotSent):
        await http.send(private(port))


async def test_an_unknown_name_proves_that_nothing_was_sent(
    http: GuardedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, [])
    with pytest.raises(NotSent):
        await http.send(HttpRequest("GET", "https://nowhere.example/"))


def resolve_to(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> list[str]:
    """Every name leads to `addresses`; answers the list of names asked for."""
    asked: list[str] = []

    async def getaddrinfo(_loop: object, host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["169.254.169.254"], ["64:ff9b::1"]]
)
async def test_sf01_a_name_with_a_private_address_is_refused(
    http: GuardedHttp, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    asked = resolve_to(monkeypatch, addresses)
    with pytest.raises(AddressRefused):
        await http.send(HttpRequest("POST", "https://shop.example/hook", body=b"{}"))
    assert asked == ["shop.example"], "resolved once"


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://[::1]/", "https://10.0.0.1/", "https://2130706433/"]
)
async def test_sf01_a_private_address_is_refused(http: GuardedHttp, url: str) -> None:
    with pytest.raises(AddressRefused):
        await http.send(HttpRequest("GET", url))


@pytest.mark.parametrize("port", [22, 25, 80, 6379, 8443, 11211])
async def test_sf06_other_ports_are_refused(http: GuardedHttp, port: int) -> None:
    with pytest.raises(AddressRefused):
        await http.send(HttpRequest("GET", f"https://example.com:{port}/"))


async def test_a_connection_for_the_operator_never_serves_a_merchant(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["127.0.0.1"])
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(raw)

    async with server(answer(raw)) as port:
        http = GuardedHttp(ports=frozenset({port}))
        url = f"http://shop.example:{port}/"
        assert (await http.send(HttpRequest("GET", url, may_be_private=True))).status == 200
        with pytest.raises(AddressRefused):
            await http.send(HttpRequest("GET", url))
        await http.close()


def client_tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(TLS / "authority.pem"))


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    return context


async def test_sf13_name_and_certificate_are_those_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, ["127.0.0.1"])
    seen: list[bytes] = []
    names: list[str | None] = []
    tls = server_tls()
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    async with server(answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", seen), tls) as port:
        http = GuardedHttp(tls=client_tls())
        response = await http.send(HttpRequest("GET", f"https://shop.example:{port}/", may_be_private=True))
        assert response.status == 200
        with pytest.raises(NotSent):
            await http.send(HttpRequest("GET", f"https://other.example:{port}/", may_be_private=True))
        await http.close()
    assert names == ["shop.example", "other.example"]
    assert len(seen) == 1
    assert f"Host: shop.example:{port}\r\n".encode() in seen[0]


async def test_gf26_an_untrusted_certificate_proves_that_nothing_was_sent(
    http: GuardedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, ["127.0.0.1"])
    seen: list[bytes] = []
    async with server(answer(b"", seen), server_tls()) as port:
        with pytest.raises(NotSent):
            await http.send(HttpRequest("GET", f"https://shop.example:{port}/", may_be_private=True))
    assert seen == []
