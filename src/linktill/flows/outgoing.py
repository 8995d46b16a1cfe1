"""The last door on the way out: whatever a flow believes, nothing leaves an installation that may not act."""

from collections.abc import Callable
from typing import Final, final

from linktill.flows.standing import REFUSED
from linktill.notify.mail import Letter, Mailer, MailNotSent
from linktill.platform.http import HttpClient, HttpRequest, HttpResponse, NotSent


@final
class GatedHttp:
    """An HTTP client that sends while `may_send` says so."""

    def __init__(self, http: HttpClient, may_send: Callable[[], bool]) -> None:
        self._http: Final = http
        self._may_send: Final = may_send

    async def send(self, request: HttpRequest) -> HttpResponse:
        """As the client's own. Raises NotSent as well when nothing may leave."""
        if not self._may_send():
            raise NotSent(REFUSED)
        return await self._http.send(request)


@final
class GatedMailer:
    """A mailer that sends while `may_send` says so."""

    def __init__(self, mailer: Mailer, may_send: Callable[[], bool]) -> None:
        self._mailer: Final = mailer
        self._may_send: Final = may_send

    async def send(self, letter: Letter) -> None:
        """As the mailer's own. Raises MailNotSent as well when nothing may leave."""
        if not self._may_send():
            raise MailNotSent(REFUSED)
        await self._mailer.send(letter)
