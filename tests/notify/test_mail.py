"""Mails as messages: what people typed cannot become a header, and each mail is the same at every try."""

from dataclasses import replace

import pytest

from linktill.notify.mail import (
    Letter,
    MailNotSent,
    MailRefused,
    SmtpServer,
    SmtpUrlInvalid,
    compose,
    parse_smtp_url,
)
from linktill.notify.smtp import SmtpMailer
from tests.notify.receivers import closed_port, plain, postbox

LETTER = Letter(
    "mail_1",
    "ada@example.com",
    "Bea's Bikes",
    "hello@example.com",
    "Receipt: 40,00 €",
    "Paid. Zoë\n",
    "<p>Paid. Zoë</p>\n",
    1_795_343_343_000_000,
)


def test_a_message_is_the_same_at_every_try() -> None:
    first, second = (compose(LETTER, sender="till@shop.example") for _ in range(2))
    assert first["Message-ID"] == second["Message-ID"] == "<mail_1@shop.example>"
    assert first["Date"] == second["Date"] == "Sun, 22 Nov 2026 10:29:03 +0000"
    assert first["Subject"] == "Receipt: 40,00 €"
    assert first["Reply-To"] == "hello@example.com"
    assert first["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in first.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "injected", ["\r\nBcc: eve@example.com", "\nBcc: eve@example.com", "\x00\x1b[31m", "\u202egnp"]
)
def test_what_people_typed_is_one_line(injected: str) -> None:
    typed = replace(LETTER, sender_name=f"Bea{injected}", subject=f"Receipt{injected}")
    message = compose(typed, sender="till@shop.example")
    assert message["Bcc"] is None
    raw = message.as_bytes()
    assert b"\nBcc" not in raw
    assert b"\x00" not in raw
    assert b"\x1b" not in raw
    assert sorted(set(message.keys())) == sorted(
        {
            "From",
            "To",
            "Reply-To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
        }
    )


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com, eve@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada",
        "ada@",
        "@example.com",
        "",
        "<ada@example.com>",
    ],
)
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(MailRefused):
        compose(replace(LETTER, recipient=address), sender="till@shop.example")


def test_a_long_subject_is_cut() -> None:
    assert len(compose(replace(LETTER, subject="x" * 500), sender="till@shop.example")["Subject"]) == 200


async def test_a_mail_arrives_as_written() -> None:
    async with postbox() as server:
        await server.mailer().send(LETTER)
        [mail] = server.mails
        assert server.recipients == [["ada@example.com"]]
        assert plain(mail).splitlines() == ["Paid. Zoë"]
        assert mail["From"] == "Bea's Bikes <till@shop.example>"


@pytest.mark.parametrize(
    ("said", "error"), [("451 Later", MailNotSent), ("452 Full", MailNotSent), ("554 Spam", MailRefused)]
)
async def test_a_server_says_later_or_never(said: str, error: type[Exception]) -> None:
    async with postbox(said) as server:
        with pytest.raises(error, match=f"The mail server said {said[:3]}"):
            await server.mailer().send(LETTER)


async def test_no_server_means_later() -> None:
    server = SmtpServer("127.0.0.1", closed_port(), "if_offered", None, None, "till@shop.example")
    with pytest.raises(MailNotSent, match="No connection to the mail server"):
        await SmtpMailer(server).send(LETTER)


async def test_a_password_is_never_sent_in_the_clear() -> None:
    async with postbox() as server:
        asked = SmtpServer("127.0.0.1", server.port, "starttls", "bea", "secret", "till@shop.example")
        with pytest.raises(MailNotSent):
            await SmtpMailer(asked).send(LETTER)
        assert server.mails == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (
            "smtp://mail.example.com",
            SmtpServer("mail.example.com", 587, "if_offered", None, None, "a@b.example"),
        ),
        (
            "smtp://bea:p%40ss@mail.example.com:2525",
            SmtpServer("mail.example.com", 2525, "starttls", "bea", "p@ss", "a@b.example"),
        ),
        ("smtp://bea:x@localhost:25/", SmtpServer("localhost", 25, "if_offered", "bea", "x", "a@b.example")),
        (
            "smtps://bea:x@mail.example.com",
            SmtpServer("mail.example.com", 465, "tls", "bea", "x", "a@b.example"),
        ),
    ],
)
def test_an_smtp_url_is_read(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url, sender="a@b.example") == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://h:99999",
        "smtp://h/x",
        "smtp://h?a=1",
    ],
)
def test_a_wrong_smtp_url_is_refused(url: str) -> None:
    with pytest.raises(SmtpUrlInvalid):
        parse_smtp_url(url, sender="a@b.example")


def test_a_wrong_sender_is_refused_without_the_password() -> None:
    with pytest.raises(SmtpUrlInvalid, match="sender") as refused:
        parse_smtp_url("smtp://bea:hunter2@h", sender="nobody")
    assert "hunter2" not in str(refused.value)
