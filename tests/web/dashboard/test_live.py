"""Open pages hear of what happens: at once, of their own books only, and no longer than their session stands."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from linktill.core.events import Event, EventType
from linktill.core.ids import EventId
from linktill.flows.newsroom import LISTENERS_EACH_MAX
from linktill.flows.services import moment_of
from linktill.storage.database import Tx
from linktill.storage.events import insert_event
from tests.make import BASE_URL, make_merchant
from tests.web.browsing import Browser
from tests.web.site import Site


class Stream:
    """What a browser hears. `hang_up` ends it from its side."""

    def __init__(self, app: Any, browser: Browser, url: str, headers: dict[str, str]) -> None:
        path, _, query = url.partition("?")
        cookie = "; ".join(f"{name}={value}" for (name, _), value in browser.cookies.items())
        given = {"host": "linktill.test", "origin": BASE_URL, "cookie": cookie, **headers}
        self._scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "root_path": "", "server": ("linktill.test", 80), "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }  # fmt: skip
        self._app = app
        self._hung_up = asyncio.Event()
        self.status = 0
        self.text = ""
        self.is_over = False
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async def receive() -> Any:
            await self._hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            else:
                self.text += message["body"].decode()
                self.is_over = not message["more_body"]

        await self._app(self._scope, receive, send)

    @property
    def told(self) -> list[dict[str, list[str]]]:
        found = [line[6:] for line in self.text.splitlines() if line.startswith("data: ")]
        return [msgspec.json.decode(data) for data in found]

    @property
    def last_id(self) -> str:
        return [line[4:] for line in self.text.splitlines() if line.startswith("id: ")][-1]

    async def until(self, is_so: Callable[[], bool], seconds: float = 8.0) -> None:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 the app tells nobody when it has sent something
                await asyncio.sleep(0.02)

    async def hang_up(self) -> None:
        self._hung_up.set()
        await asyncio.wait_for(self._task, 5)


@asynccontextmanager
async def listening(
    site: Site, browser: Browser, url: str = "/dashboard/live", **headers: str
) -> AsyncGenerator[Stream, None]:
    stream = Stream(
        site.app, browser, url, {name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        await stream.until(lambda: stream.status != 0)
        yield stream
    finally:
        await stream.hang_up()


async def test_what_happens_is_told_within_seconds_and_once(site: Site) -> None:
    browser = await site.member()
    before = await site.shop.link(description="Before")
    async with listening(site, browser) as stream:
        assert stream.status == 200
        await stream.until(lambda: "hello" in stream.text)
        paid = await site.shop.pay(await site.shop.link(description="Tea"))
        await stream.until(lambda: any("payment.captured" in each["types"] for each in stream.told))
        await asyncio.sleep(1.2)
        types = [name for each in stream.told for name in each["types"]]
        assert types.count("payment.captured") == 1
        ids = {each for told in stream.told for each in told["ids"]}
        assert {paid.id, paid.link_id} <= ids
        assert before.id not in ids
        last = stream.last_id
    # Whoever comes back hears of what was missed, and of nothing twice.
    missed = await site.shop.link(description="Missed")
    async with listening(site, browser, last_event_id=last) as again:
        await again.until(lambda: bool(again.told))
        assert again.told == [{"ids": [missed.id], "types": ["payment_link.created"]}]
    async with listening(site, browser, f"/dashboard/live?after={last}") as again:
        await again.until(lambda: bool(again.told))
        assert again.told[0]["ids"] == [missed.id]


async def test_nobody_hears_of_other_books(site: Site) -> None:
    mine, other = site.shop.merchant, await make_merchant(site.services, "Other")
    browser = await site.member()
    async with listening(site, browser) as stream:
        site.shop.merchant = other
        await site.shop.link(description="Theirs")
        site.shop.merchant = mine
        own = await site.shop.link(description="Mine")
        await stream.until(lambda: bool(stream.told))
        assert [each["ids"] for each in stream.told] == [[own.id]]


async def test_at08_the_stream_ends_with_the_session(site: Site) -> None:
    browser = await site.member()
    async with listening(site, browser) as stream:
        await stream.until(lambda: "hello" in stream.text)
        await browser.submit(await browser.get("/dashboard"), "/sign-out")
        await stream.until(lambda: stream.is_over, 3)
        await site.shop.link(description="Afterwards")
        assert stream.told == []


async def test_the_stream_ends_when_the_session_shows_other_books(site: Site) -> None:
    browser = await site.member()
    await browser.submit(await browser.get("/dashboard/go-live"), "/dashboard/go-live")
    async with listening(site, browser) as stream:
        await stream.until(lambda: "hello" in stream.text)
        await browser.submit(await browser.get("/dashboard"), "/dashboard/switch")
        await stream.until(lambda: stream.is_over, 4)


async def test_a_stranger_is_led_to_the_sign_in_page(site: Site) -> None:
    page = await site.browser().get("/dashboard/live")
    assert page.status == 303


async def test_ub11_all_streams_end_when_the_process_does(site: Site) -> None:
    browser = await site.member()
    async with listening(site, browser) as stream:
        await stream.until(lambda: "hello" in stream.text)
        site.options.newsroom.close()
        await stream.until(lambda: stream.is_over, 1)
    assert (await browser.get("/dashboard/live")).status == 429


async def test_a_member_has_so_many_streams_and_those_that_hang_up_make_room(site: Site) -> None:
    browser = await site.member()
    streams = [Stream(site.app, browser, "/dashboard/live", {}) for _ in range(LISTENERS_EACH_MAX)]
    for each in streams:
        await each.until(lambda each=each: "hello" in each.text)  # type: ignore[misc]
    assert (await browser.get("/dashboard/live")).status == 429
    await streams[0].hang_up()
    async with listening(site, browser) as stream:
        assert stream.status == 200
    for each in streams[1:]:
        await each.hang_up()


async def test_an_event_that_is_written_late_is_told(site: Site) -> None:
    """Its id is older than one that was told already: another process made it first and wrote it last."""
    browser = await site.member()
    async with listening(site, browser) as stream:
        early = moment_of(site.services)
        old_id = EventId(early.ids.new("evt_"))
        await site.shop.link(description="Newer")
        await stream.until(lambda: bool(stream.told))

        async def write(tx: Tx) -> None:

            await insert_event(
                tx,
                Event(
                    site.shop.id, old_id, EventType.PAYMENT_FAILED, early.now, "pay_late", None, None, "{}"
                ),
            )

        await site.services.database.run(write)
        await stream.until(lambda: len(stream.told) > 1)
        assert stream.told[1] == {"ids": ["pay_late"], "types": ["payment.failed"]}
