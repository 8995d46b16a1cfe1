"""The hosted page without a browser: what it refuses, what it keeps, what pressing twice does. For the browser see below."""

import asyncio
import re
from pathlib import Path

import pytest

from linktill.platform.http import HttpRequest, HttpResponse
from linktill.sandbox.asgi import Message
from tests.sandbox.running import Running, running_sandbox

REAL = "4111111111111111"


async def get(sandbox: Running, path: str) -> HttpResponse:
    return await sandbox.http.send(HttpRequest("GET", f"{sandbox.url}{path}", may_be_private=True))


def fields(page: bytes) -> list[str]:
    return re.findall(rb' name="(\w+)" value="', page)


async def test_the_form_is_what_a_script_expects(sandbox: Running):
    payment = await sandbox.create(description="<b>Repair</b> & “more”")
    response = await get(sandbox, f"/pay/{payment['id']}")
    assert response.status == 200
    page = response.body.decode()
    assert re.findall(r'<input id="\w+" name="(\w+)"', page) == ["number", "expiry", "cvc", "name"]
    assert "&lt;b&gt;Repair&lt;/b&gt; &amp; “more”" in page
    assert "Sandbox: no real money." in page
    assert "USD 40.00" in page
    assert "<script" not in page
    assert "style=" not in page


async def test_wh01_the_page_may_do_nothing_but_be_sent(sandbox: Running):
    payment = await sandbox.create()
    headers = (await get(sandbox, f"/pay/{payment['id']}")).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' http://127.0.0.1:9; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


async def test_wh16_opening_the_page_moves_nothing(sandbox: Running):
    payment = await sandbox.create()
    for path in ("", "?try=declined", "?try=<script>", "?action=cancel"):
        assert (await get(sandbox, f"/pay/{payment['id']}{path}")).status == 200
    assert await sandbox.payment(payment["id"]) == payment


async def test_a_number_s_link_fills_in_the_form(sandbox: Running):
    payment = await sandbox.create()
    page = (await get(sandbox, f"/pay/{payment['id']}?try=declined")).body.decode()
    assert 'value="4000 0000 0000 0002"' in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": REAL}, "number"),
        ({"number": ""}, "number"),
        ({"number": "4242"}, "number"),
        ({"expiry": "01/20"}, "expiry"),
        ({"expiry": "13/34"}, "expiry"),
        ({"expiry": ""}, "expiry"),
        ({"cvc": "12"}, "cvc"),
        ({"cvc": ""}, "cvc"),
        ({"name": "x" * 201}, "name"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(sandbox: Running, changes: dict[str, str], field: str):
    payment = await sandbox.create()
    typed = {"number": "4242424242424242", "expiry": "12/34", "cvc": "987", "name": "Ada"} | changes
    response = await sandbox.post_form(payment["id"], **typed)
    page = response.body.decode()
    assert response.status == 422
    assert f'id="{field}-error"' in page
    assert page.count('aria-invalid="true"') == 1
    assert 'role="alert"' in page
    assert "987" not in page, "a security code is never shown again"
    assert await sandbox.payment(payment["id"]) == payment


async def test_a_number_that_is_not_ours_is_neither_stored_nor_shown_nor_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    path = tmp_path / "sandbox.db"
    async with running_sandbox(path) as sandbox:
        payment = await sandbox.create()
        response = await sandbox.pay(payment["id"], REAL)
        assert response.status == 422
        assert REAL.encode() not in response.body
        await sandbox.pay(payment["id"], "4242424242424242")
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())  # noqa: ASYNC240
    assert payment["id"].encode() in kept
    for number in (REAL, "4242424242424242", "4242 4242"):
        assert number.encode() not in kept
        assert number not in caplog.text
        assert number not in "".join(capfd.readouterr())


async def test_cc01_pressing_pay_many_times_at_once_captures_once(sandbox: Running):
    payment = await sandbox.create()
    responses = await asyncio.gather(*(sandbox.pay(payment["id"]) for _ in range(10)))
    assert {(each.status, each.headers["location"]) for each in responses} == {(303, payment["return_url"])}
    await sandbox.step(0)
    assert sandbox.receiver.types() == ["payment.captured"]


@pytest.mark.parametrize("is_payer_first", [True, False])
async def test_cc14_capture_and_cancel_race_and_one_wins(sandbox: Running, is_payer_first: bool):
    for number in range(5):
        payment = await sandbox.create(f"pay_{number}")
        calls = [
            sandbox.pay(payment["id"]),
            sandbox.call("POST", f"/v1/payments/{payment['id']}/cancel", {}, key="c"),
        ]
        answers = await asyncio.gather(*(calls if is_payer_first else reversed(calls)))
        canceling = answers[1 if is_payer_first else 0]
        status = (await sandbox.payment(payment["id"]))["status"]
        assert status == ("canceled" if canceling.status == 200 else "captured")
        await sandbox.step(0)
        assert sandbox.receiver.types()[number:] == [f"payment.{status}"]


async def test_the_payer_cancels_and_goes_back(sandbox: Running):
    payment = await sandbox.create()
    response = await sandbox.post_form(payment["id"], action="cancel")
    assert (response.status, response.headers["location"]) == (303, payment["cancel_url"])
    assert (await sandbox.payment(payment["id"]))["status"] == "canceled"
    assert (await sandbox.pay(payment["id"])).headers["location"] == payment["return_url"]
    assert (await sandbox.payment(payment["id"]))["status"] == "canceled"


async def test_canceling_what_is_paid_goes_back_to_what_is_true(sandbox: Running):
    payment = await sandbox.paid()
    response = await sandbox.post_form(payment["id"], action="cancel")
    assert response.headers["location"] == payment["return_url"]
    assert (await sandbox.payment(payment["id"]))["status"] == "captured"


@pytest.mark.parametrize("answer", ["pass", "fail", "pay", "nonsense"])
async def test_answers_to_no_challenge_move_nothing(sandbox: Running, answer: str):
    payment = await sandbox.create()
    await sandbox.post_form(payment["id"], action=answer)
    assert await sandbox.payment(payment["id"]) == payment


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("4242424242424242", "Paid"),
        ("4000000000000002", "The card was declined. Nothing was taken."),
        ("4000000000020018", "The payment is being processed"),
        ("4000002760003184", "Pass the check"),
    ],
)
async def test_a_payment_that_is_no_longer_open_says_so_and_shows_the_way_back(
    sandbox: Running, number: str, says: str
):
    payment = await sandbox.create()
    await sandbox.pay(payment["id"], number)
    page = (await get(sandbox, f"/pay/{payment['id']}")).body.decode()
    assert says in page
    assert "number" not in re.findall(r'name="(\w+)"', page)
    if "Pass" not in says:
        assert 'href="http://127.0.0.1:9/c/cs_1?k=token"' in page


async def test_an_unknown_payment_is_a_page_too(sandbox: Running):
    response = await get(sandbox, "/pay/sbpay_unknown")
    assert response.status == 404
    assert b"There is no such payment" in response.body
    assert (await sandbox.post_form("sbpay_unknown", number="1")).status == 404


async def test_a_form_of_another_kind_is_refused(sandbox: Running):
    payment = await sandbox.create()
    request = HttpRequest(
        "POST",
        f"{sandbox.url}/pay/{payment['id']}",
        {"content-type": "application/json"},
        b'{"number":"4242424242424242"}',
        may_be_private=True,
    )
    assert (await sandbox.http.send(request)).status == 415


@pytest.mark.parametrize("mount", ["", "/sandbox"])
@pytest.mark.parametrize("keeps_root", [True, False])
async def test_it_works_below_any_mount(sandbox: Running, mount: str, keeps_root: bool):
    """Frameworks differ in whether a mount leaves its own path in `path`, and in a slash at the end."""
    payment = await sandbox.create()
    for path, status in [
        (f"/pay/{payment['id']}", 200),
        ("/pay/unknown/", 404),
        ("", 404),
        ("/", 404),
        ("/a/b", 404),
    ]:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        whole = f"{mount}{path}" if keeps_root else path
        scope = {"type": "http", "method": "GET", "path": whole, "root_path": mount, "headers": []}
        await sandbox.app.asgi(scope, receive, send)
        assert sent[0]["status"] == status
        assert f'href="{mount}/assets/page.css"'.encode() in sent[1]["body"]
