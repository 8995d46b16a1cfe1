"""Mails by SMTP: one message, one connection, one answer. Loaded where a mail server is set.

A server's refusal of this mail (5xx) is final. Trouble that is not about the mail (no connection, sign-in, TLS, 4xx) is
not: the mail waits for better times, under the same Message-ID, so that a mail sent twice is recognized.
"""

import asyncio
import ssl
from typing import Final, final

import aiosmtplib
from typing_extensions import override

from linktill.notify.mail import Letter, Mailer, MailNotSent, MailRefused, SmtpServer, compose
from linktill.platform.log import escape

DEADLINE_S: Final = 30.0


@final
class SmtpMailer(Mailer):
    """Hands mails to an SMTP server."""

    def __init__(self, server: SmtpServer, *, tls: ssl.SSLContext | None = None) -> None:
        """`tls` only adds trust, tests use it."""
        self._server = server
        self._tls = tls

    @override
    async def send(self, letter: Letter) -> None:
        """Sends once. Raises MailRefused or MailNotSent."""
        server = self._server
        message = compose(letter, sender=server.sender)
        try:
            async with asyncio.timeout(DEADLINE_S):
                await aiosmtplib.send(
                    message,
                    sender=server.sender,
                    recipients=[letter.recipient],
                    hostname=server.host,
                    port=server.port,
                    username=server.username,
                    password=server.password,
                    # aiosmtplib would ask the resolver for our own name at each mail.
                    local_hostname=server.sender.rpartition("@")[2],
                    timeout=DEADLINE_S,
                    use_tls=server.encryption == "tls",
                    start_tls={"tls": False, "starttls": True, "if_offered": None}[server.encryption],
                    tls_context=self._tls,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            _raise(error.recipients[0])
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            _raise(error)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailNotSent(_reason(error)) from error


def _raise(error: aiosmtplib.SMTPResponseException) -> None:
    said = f"The mail server said {error.code}: {escape(str(error.message))}"
    if error.code >= 500:
        raise MailRefused(said) from error
    raise MailNotSent(said) from error


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"The mail server did not answer within {DEADLINE_S:.0f} seconds."
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"The mail server said {error.code}: {escape(str(error.message))}"
    return f"No connection to the mail server: {escape(str(error)) or type(error).__name__}"
