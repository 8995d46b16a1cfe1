"""One signed POST, and what its answer means."""

import pytest
from standardwebhooks import Webhook

from linktill.notify.merchant_webhook import (
    LOG_MAX_BYTES,
    RETRY_AFTER_MAX_S,
    Message,
    Receiver,
    post,
    shown,
)
from linktill.platform.clock import SystemClock
from linktill.platform.http import AddressRefused, HttpRequest, HttpResponse, NoAnswer, NotSent

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="
NOW = SystemClock().now_us()
RECEIVER = Receiver("https://example.com/hook", (SECRET,), may_be_private=False)
MESSAGE = Message("evt_1", '{"type":"payment.captured","name":"Zoë"}')


class Wire:
    """Answers with what it is given, and keeps what was sent."""

    def __init__(self, answer: HttpResponse | Exception) -> None:
        self.answer = answer
        self.sent: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_the_request_is_signed_after_standard_webhooks() -> None:
    wire = Wire(HttpResponse(204, {}, b""))
    # Now, and not when this file was read: a long run is longer than the five minutes that a signature is good for.
    answer = await post(wire, RECEIVER, MESSAGE, now=SystemClock().now_us())
    assert (answer.status, answer.error) == (204, None)
    [request] = wire.sent
    assert (request.method, request.url, request.timeout_s) == ("POST", "https://example.com/hook", 15.0)
    assert request.may_be_private is False
    assert request.headers["content-type"] == "application/json"
    told = Webhook(SECRET).verify(request.body, dict(request.headers))
    assert told == {"type": "payment.captured", "name": "Zoë"}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("17", 17),
        (" 17 ", 17),
        ("999999999999999999999999", RETRY_AFTER_MAX_S),
        ("-5", None),
        ("１７", None),
        ("soon", None),
        ("", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", RETRY_AFTER_MAX_S),
        ("Wed, 99 Oct 2099 07:28:00 GMT", None),
    ],
)
async def test_retry_after_is_read_and_bounded(header: str, seconds: int | None) -> None:
    answer = await post(Wire(HttpResponse(429, {"retry-after": header}, b"")), RECEIVER, MESSAGE, now=NOW)
    assert (answer.retry_after_s, answer.error) == (seconds, "Answered 429.")


async def test_retry_after_counts_only_where_it_means_to_wait() -> None:
    answer = await post(Wire(HttpResponse(500, {"retry-after": "9"}, b"")), RECEIVER, MESSAGE, now=NOW)
    assert answer.retry_after_s is None


@pytest.mark.parametrize("status", [100, 199, 300, 304, 308, 400, 404, 410, 500, 599])
async def test_only_two_hundreds_are_taken_for_delivered(status: int) -> None:
    answer = await post(Wire(HttpResponse(status, {}, b"")), RECEIVER, MESSAGE, now=NOW)
    assert answer.error is not None
    assert answer.is_gone is (status == 410)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AddressRefused("not public"), "Not allowed: not public"),
        (NotSent("x"), "No connection came about."),
        (NoAnswer("x"), "The answer was not whole."),
    ],
)
async def test_trouble_is_said_in_words(error: Exception, words: str) -> None:
    answer = await post(Wire(error), RECEIVER, MESSAGE, now=NOW)
    assert (answer.status, answer.body, answer.error) == (None, None, words)


async def test_wo12_what_proves_that_a_request_is_ours_is_not_in_the_log() -> None:
    sent = Wire(HttpResponse(200, {}, b""))
    await post(sent, RECEIVER, MESSAGE, now=NOW)
    signature = sent.sent[0].headers["webhook-signature"]
    echo = f"headers: {signature} secret: {SECRET} {signature.partition(',')[2]}".encode()
    answer = await post(Wire(HttpResponse(500, {}, echo)), RECEIVER, MESSAGE, now=NOW)
    assert answer.body == "headers: [removed] secret: [removed] [removed]"


def test_wo12_a_secret_on_the_edge_of_the_cut_is_removed_whole() -> None:
    body = b"x" * (LOG_MAX_BYTES - 10) + SECRET.encode()
    assert "QUJD" not in shown(body, (SECRET,))


def test_wo12_a_body_is_harmless_and_short() -> None:
    assert shown(b"a\x00b\x1b[31m\r\nline \xff", ()) == "a\\x00b\\x1b[31m\nline \ufffd"
    assert shown(b"<script>alert(1)</script>", ()) == "<script>alert(1)</script>", "escaped where it is shown"
    assert shown(b"4242 4242 4242 4242", ()) == "[card …4242]"
    for body in (b"\x1b" * 70_000, "€".encode() * 30_000, b"\n" * 70_000):
        assert len(shown(body, ()).encode()) <= LOG_MAX_BYTES
