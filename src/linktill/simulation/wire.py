"""The wires between Linktill, the sandbox company and merchants' programs, and what they do to what passes over them."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias, final
from urllib.parse import parse_qs, urlsplit

import msgspec
from typing_extensions import override

from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NoAnswer, NotSent
from linktill.simulation.asgi import ask
from linktill.simulation.loop import Process, SimulatedLoop
from linktill.simulation.node import Node, Place
from linktill.simulation.trouble import CALLS, HOOKS, OVER_DELIVERIES, OVER_DISPUTES, STOPPED_MAX_S, Fault
from linktill.simulation.watch import Watch
from linktill.surface.asgi import Asgi

Answering: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponse]]

HTML: Final = HttpResponse(200, {"content-type": "text/html"}, b"<!doctype html><title>Please wait</title>")
OUT: Final = (Fault.CALL_NOT_SENT, Fault.CALL_LOST, Fault.CALL_503)
SLOW_RATES: Final = {"GET": 0.05, "POST": 0.15}
"""So many answers are under way for as long as a caller waits: others overtake them."""
MIXED_UP_RATE: Final = 0.003
LATE_HOOK_MAX_S: Final = 600.0
"""Signatures are good for five minutes: half of the late ones count."""


class _Reference(msgspec.Struct):
    reference: str = ""


class _Event(msgspec.Struct):
    id: str


_read_reference: Final = msgspec.json.Decoder(_Reference).decode
_read_event: Final = msgspec.json.Decoder(_Event).decode


@final
class Bank:
    """The sandbox company at the far end of every wire, in a process of its own that nothing of ours can kill."""

    def __init__(self, loop: SimulatedLoop, app: Asgi) -> None:
        self._loop = loop
        self._app = app
        self.process: Final = Process("bank")
        self.replayed: Final[dict[str, HttpResponse]] = {}
        """Idempotency key → the error that was stored under it."""
        self.shown: tuple[str, HttpResponse] | None = None
        """The last answer about one payment: a cache on the way may give it to whoever asks next."""
        self.remembered: Final[dict[str, tuple[float, HttpResponse]]] = {}
        """What was looked up → when, and the answer: a replica may still give it."""

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """Executes and answers, whatever becomes of who asked."""
        return await self._loop.spawn(self.process, ask(self._app, request))

    def answer_later(self, request: HttpRequest, after_s: float) -> None:
        """Executes when nobody waits for it any more."""

        async def later() -> None:
            await self._loop.sleep(after_s)
            await ask(self._app, request)

        self._loop.start(self.process, later())


@final
class NodeWire(HttpClient):
    """From one of our processes to the gateway and to merchants' endpoints."""

    def __init__(
        self, place: Place, bank: Bank, shops: Answering, node: Node, goes_on: Callable[[Node], bool]
    ) -> None:
        self._place = place
        self._bank = bank
        self._shops = shops
        self._node = node
        self._goes_on = goes_on
        """Does another process work while this one stands still?"""

    @override
    async def send(self, request: HttpRequest) -> HttpResponse:
        place = self._place
        self._node.must_live()
        await place.loop.sleep(0.002 + place.chance.unit() * 0.1)
        if not request.url.startswith(place.bank_url):
            return await self._tell(request)
        key = request.headers.get("idempotency-key")
        if key is not None:
            place.watch.ordered(urlsplit(request.url).path, key, request.body)
        if place.trouble.strikes(place.chance, (Fault.CRASH_CALLING,), place.loop.now_s) is not None:
            place.watch.struck(Fault.CRASH_CALLING, subject_of(place.watch, request)[1])
            self._bank.answer_later(request, place.chance.unit() * 2.0)
            self._node.die()
        fault = place.trouble.strikes(place.chance, CALLS, place.loop.now_s)
        if place.trouble.is_out(place.loop.now_s):
            fault = place.chance.pick(OUT)
        if fault is None and request.method == "GET" and place.trouble.lookup_lag_s(place.loop.now_s):
            fault = Fault.LOOKUPS_LAG
        attempt_id: str | None = None
        if fault is not None:
            attempt_id, state = subject_of(place.watch, request)
            place.watch.struck(fault, state)
        elif self._stored(key) is not None:
            attempt_id, _ = subject_of(place.watch, request)  # as wrong as it was the first time
        try:
            response = await self._exchange(request, fault)
        finally:
            place.watch.troubled(attempt_id)
        is_slow = (
            place.chance.happens(SLOW_RATES[request.method]) and place.loop.now_s < place.trouble.calm_from_s
        )
        await place.loop.sleep(place.chance.unit() * (request.timeout_s if is_slow else 0.1))
        await self._stand_still(request, OVER_DISPUTES if "/disputes" in request.url else 1.0)
        return response

    async def _tell(self, request: HttpRequest) -> HttpResponse:
        try:
            response = await self._shops(request)
        except NoAnswer:
            await self._stand_still(request, OVER_DELIVERIES)
            raise
        await self._stand_still(request, OVER_DELIVERIES)
        return response

    async def _stand_still(self, request: HttpRequest, often: float) -> None:
        """The answer is there, and the process stops before it reads it."""
        place, process = self._place, self._node.process
        fault = place.trouble.strikes(place.chance, (Fault.STOPPED_ANSWERED,), place.loop.now_s, often)
        if fault is None or not self._node.is_up or not self._goes_on(self._node):
            return
        state = subject_of(place.watch, request)[1] if request.url.startswith(place.bank_url) else "receiver"
        place.watch.struck(fault, state)
        process.is_stopped = True
        stops_s = place.chance.unit() * STOPPED_MAX_S
        place.loop.call_later(stops_s, place.loop.go_on, process, context=self._bank.process.context)
        await place.loop.sleep(0.0)

    async def _exchange(self, request: HttpRequest, fault: Fault | None) -> HttpResponse:
        place, bank = self._place, self._bank
        key = request.headers.get("idempotency-key", "")
        stored = self._stored(key)
        if stored is not None and fault is not Fault.CALL_NOT_SENT:
            return stored
        refused = _REFUSED.get(fault) if fault is not None else None
        if refused is not None:
            return refused
        match fault:
            case Fault.CALL_NOT_SENT:
                raise NotSent("A simulated connection that was refused.")
            case Fault.CALL_LOST | Fault.CALL_LATE:
                if fault is Fault.CALL_LATE:
                    bank.answer_later(request, request.timeout_s + place.chance.unit() * 120.0)
                await place.loop.sleep(request.timeout_s)
                raise NoAnswer("A simulated timeout.")
            case Fault.CALL_500_REPLAYED if key:
                bank.replayed[key] = _ERROR
                return _ERROR if place.chance.happens(0.5) else _broken(fault, await bank.answer(request))
            case Fault.CALL_DOUBLED:
                bank.answer_later(request, place.chance.unit() * 5.0)
            case _:
                pass
        return _broken(fault, await self._shown(request))

    def _stored(self, key: str | None) -> HttpResponse | None:
        """The error that the company repeats under the key, while anything goes wrong at all."""
        place = self._place
        is_troubled = place.loop.now_s < place.trouble.calm_from_s
        return self._bank.replayed.get(key) if key is not None and is_troubled else None

    async def _shown(self, request: HttpRequest) -> HttpResponse:
        """The company's answer, one from before while look-ups lag, or now and then that to somebody else's question."""
        place, bank = self._place, self._bank
        if request.method != "GET":
            return await bank.answer(request)
        before = bank.remembered.get(request.url)
        if before is not None and place.loop.now_s - before[0] < place.trouble.lookup_lag_s(place.loop.now_s):
            return before[1]
        response = await bank.answer(request)
        if response.status != 200:
            return response
        bank.remembered[request.url] = (place.loop.now_s, response)
        if "/v1/payments/" not in request.url:
            return response
        other, bank.shown = bank.shown, (request.url, response)
        is_mixed_up = place.chance.happens(MIXED_UP_RATE) and place.loop.now_s < place.trouble.calm_from_s
        return other[1] if is_mixed_up and other is not None and other[0] != request.url else response


def _broken(fault: Fault | None, response: HttpResponse) -> HttpResponse:
    """What arrives of an answer to a call that was executed."""
    match fault:
        case Fault.CALL_ANSWER_LOST:
            raise NoAnswer("A simulated connection that was reset.")
        case Fault.CALL_CUT:
            return HttpResponse(response.status, response.headers, response.body[: len(response.body) // 2])
        case Fault.CALL_500_AFTER | Fault.CALL_500_REPLAYED:
            return _ERROR
        case Fault.CALL_HTML_AFTER:
            return HTML
        case _:
            return response


@final
class BankWire(HttpClient):
    """From the company to us: its webhooks, which get lost, held up, doubled and forged."""

    def __init__(self, place: Place, node: Callable[[], Node | None]) -> None:
        self._place = place
        self._node = node
        self.last: HttpRequest | None = None
        """The last webhook, for whoever wants to forge one."""
        self.acknowledged: Final[set[str]] = set()
        """Events that one of our processes has answered with 200."""
        self.process: Final = Process("wire")

    @override
    async def send(self, request: HttpRequest) -> HttpResponse:
        place = self._place
        self.last = request
        await place.loop.sleep(0.002 + place.chance.unit() * 0.1)
        fault = place.trouble.strikes(place.chance, HOOKS, place.loop.now_s)
        if place.trouble.is_silent(place.loop.now_s):
            fault = Fault.HOOK_LOST
        if fault is not None:
            place.watch.struck(fault, state_of_hook(place.watch, request))
        if fault is Fault.HOOK_LOST:
            return HttpResponse(200, {}, b"")
        if fault in {Fault.HOOK_LATE, Fault.HOOK_DOUBLED}:
            after_s = place.chance.unit() * LATE_HOOK_MAX_S
            place.loop.start(self.process, self._later(request, after_s))
            if fault is Fault.HOOK_LATE:
                return HttpResponse(200, {}, b"")
        response = await self.deliver(request)
        if fault is Fault.HOOK_ANSWER_LOST:
            raise NoAnswer("A simulated connection that was reset.")
        return response

    async def deliver(self, request: HttpRequest) -> HttpResponse:
        """To one of our processes. Raises NotSent when none is up."""
        node = self._node()
        if node is None:
            raise NotSent("No process listens.")
        response = await node.receive(request)
        if response.status == 200:
            self.acknowledged.add(_read_event(request.body).id)
        return response

    async def _later(self, request: HttpRequest, after_s: float) -> None:
        """Too late for its signature it is refused, as it should be; within five minutes it counts."""
        await self._place.loop.sleep(after_s)
        try:
            await self.deliver(request)
        except (NotSent, NoAnswer):
            return


def subject_of(watch: Watch, request: HttpRequest) -> tuple[str | None, str]:
    """The attempt that a call to the gateway is about, if one, and how that stands which it is about."""
    target = urlsplit(request.url)
    query = parse_qs(target.query)
    parts = target.path.strip("/").split("/")[1:]
    reference = query.get("reference", [""])[0] or _reference_in(request.body)
    if parts[0] == "disputes":
        return None, "dispute"
    if parts[0] == "refunds" or parts[-1] == "refunds":
        return None, f"refund_{watch.refunds.get(reference, 'known')}"
    if "created_after" in query:
        return None, "list"
    attempt_id = reference if parts == ["payments"] else watch.by_ref.get(parts[1])
    return attempt_id, watch.state_of(attempt_id)


def state_of_hook(watch: Watch, request: HttpRequest) -> str:
    """How the attempt stands that a webhook may be about."""
    start = request.body.find(b"pay_")
    while start > 0 and request.body[start - 1 : start] != b'"':
        start = request.body.find(b"pay_", start + 1)
    return "none" if start < 0 else watch.state_of(request.body[start : start + 30].decode())


def _reference_in(body: bytes) -> str:
    return _read_reference(body).reference if body[:1] == b"{" else ""


def _refused(status: int, code: str, headers: dict[str, str]) -> HttpResponse:
    body = msgspec.json.encode({"error": {"code": code, "message": "A simulated fault.", "param": None}})
    return HttpResponse(status, {"content-type": "application/json", **headers}, body)


_ERROR: Final = _refused(500, "internal", {})
_REFUSED: Final = {
    Fault.CALL_429: _refused(429, "rate_limited", {"retry-after": "1"}),
    Fault.CALL_503: _refused(503, "unavailable", {}),
    Fault.CALL_500_BEFORE: _ERROR,
    Fault.CALL_HTML_BEFORE: HTML,
}
"""Fault → the answer to a call that was not executed."""
