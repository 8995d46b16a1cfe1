"""What every page of a signed-in member goes through: who asks, whose books, is the form ours, and what a refusal looks like."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, final
from urllib.parse import quote

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import NotFound, Refusal
from linktill.core.ids import MerchantId
from linktill.core.merchant import Mode
from linktill.flows.newsroom import first_event_of
from linktill.flows.services import Services
from linktill.flows.sign_in import SignedIn
from linktill.storage.merchants import get_merchant
from linktill.surface.notices import no_notice_cookie, notice_cookie, read_notice
from linktill.surface.sessions import CSRF_FIELD, FormForged, NotSignedIn, Sessions, safe_next
from linktill.web.answer import Answer, Header, Reply, see_other, shown
from linktill.web.dashboard.notices import NOTICES
from linktill.web.dashboard.problem.show import refusal_page
from linktill.web.dashboard.problem.trouble import members_trouble
from linktill.web.dashboard.problem.view import ProblemPage
from linktill.web.dashboard.shell import Notice, Shell
from linktill.web.form import AnyRequest, Form, read_form
from linktill.web.look import policy
from linktill.web.look.look import View
from linktill.web.options import WebOptions
from linktill.web.routing import FORM_MAX_BYTES, form_route, page_route
from linktill.web.upload import Upload, read_upload

LANG: Final = "en"
SUBMIT_TOKEN_BYTES: Final = 18
LIVE_BACK_US: Final = 1_000_000
"""What happened so shortly before a page was made may not be on it: it is told of again."""
_ID_TAIL: Final = re.compile(r"[0-9A-Za-z_-]{1,60}", re.ASCII)
_POLICY: Final = policy.DASHBOARD.encode()


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in member at a page."""

    request: AnyRequest
    who: SignedIn
    notice: Notice | None

    @property
    def merchant_id(self) -> MerchantId:
        """Whose books: the member's, whatever the request says."""
        return self.who.merchant.id

    @property
    def by(self) -> str:
        """Who did it, for histories."""
        return self.who.member.id

    def query(self, name: str) -> str:
        """A query parameter, empty if it is missing; the first one counts."""
        values = self.request.query_params.getall(name, [""])
        return values[0].replace("\x00", "")

    def id(self, prefix: str) -> str:
        """The id in the address. Raises NotFound for what cannot be one, without asking the database."""
        text = str(self.request.path_params["id"])
        if not text.startswith(prefix) or not _ID_TAIL.fullmatch(text):
            raise NotFound("There is nothing with this number.")
        return text

    def cursor(self, prefix: str) -> str | None:
        """Where the page of a list begins; None: at its start, also for what is no cursor."""
        text = self.query("cursor")
        return text if text.startswith(prefix) and _ID_TAIL.fullmatch(text) else None


PageHandler: TypeAlias = Callable[[Visitor], Awaitable[Reply]]
FormHandler: TypeAlias = Callable[[Visitor, Form], Awaitable[Answer]]
UploadHandler: TypeAlias = Callable[[Visitor, Upload], Awaitable[Answer]]


@final
class Desk:
    """Makes the routes of the dashboard."""

    def __init__(self, services: Services, options: WebOptions) -> None:
        self.services: Final = services
        self.options: Final = options
        self.sessions: Final = Sessions(services, trusted_proxies=options.trusted_proxies)
        self.is_https: Final = services.base_url.startswith("https://")

    def page(self, path: str, handler: PageHandler) -> HTTPRouteHandler:
        """A page for members: GET and HEAD. Others are led to the sign-in page and back."""

        async def answer(request: AnyRequest) -> Reply:
            try:
                visitor = await self._visitor(request)
            except NotSignedIn as stranger:
                return to_sign_in(stranger)
            try:
                return await handler(visitor)
            except NotFound as refusal:
                if await self._is_in_other_books(visitor, handler):
                    return self._in_other_books(visitor)
                return self.refused(visitor, refusal)
            except Refusal as refusal:
                return self.refused(visitor, refusal)

        return page_route(path, answer, members_trouble)

    def form(
        self,
        path: str,
        handler: FormHandler,
        *,
        is_of_both: bool = False,
        max_bytes: int = FORM_MAX_BYTES,
    ) -> HTTPRouteHandler:
        """A form of a member's page. One that does not carry the token of the session, and of the books that it shows,
        changes nothing. `is_of_both`: the form means the same in both books.
        """

        async def answer(request: AnyRequest) -> Answer:
            form = await read_form(request)
            try:
                visitor = await self._visitor(request)
            except NotSignedIn as stranger:
                return to_sign_in(stranger)
            return await self._taken(visitor, form, handler, is_of_both=is_of_both)

        return form_route(path, answer, members_trouble, max_bytes=max_bytes)

    def upload(self, path: str, handler: UploadHandler, *, max_bytes: int) -> HTTPRouteHandler:
        """As `form`, for one with a file. Who asks is known before the file is read."""

        async def answer(request: AnyRequest) -> Answer:
            try:
                visitor = await self._visitor(request)
            except NotSignedIn as stranger:
                return to_sign_in(stranger)
            sent = await read_upload(request)
            return await self._taken(visitor, sent.form, lambda who, _form: handler(who, sent))

        return form_route(path, answer, members_trouble, max_bytes=max_bytes)

    async def _taken(
        self, visitor: Visitor, form: Form, handler: FormHandler, *, is_of_both: bool = False
    ) -> Answer:
        try:
            if visitor.who.has_other_token(form.text(CSRF_FIELD)):
                return await handler(visitor, form) if is_of_both else self._other_books_form(visitor)
            self.sessions.check_form(visitor.who, form.fields)
            return await handler(visitor, form)
        except FormForged:
            page = ProblemPage(LANG, self.shell(visitor), "stale_form", None, None, _back(visitor.request))
            return self.show(visitor, page, status=403)
        except Refusal as refusal:
            return self.refused(visitor, refusal)

    def show(self, visitor: Visitor, view: View, *more: Header, status: int = 200) -> Answer:
        """A page, and the notice on it is done with."""
        if visitor.notice is not None:
            more = (*more, no_notice_cookie(is_https=self.is_https))
        return shown(view, _POLICY, *more, status=status)

    def done(self, url: str, notice: str) -> Answer:
        """On to a page that says what was done."""
        return see_other(url, notice_cookie("done", NOTICES[notice], is_https=self.is_https))

    def refused(self, visitor: Visitor, refusal: Refusal) -> Answer:
        """The page for a refusal that no form can show beside a field. Nothing moved."""
        page, status = refusal_page(refusal, self.shell(visitor), back_url=_back(visitor.request))
        return self.show(visitor, page, status=status)

    def shell(self, visitor: Visitor) -> Shell:
        """The frame."""
        who = visitor.who
        return Shell(
            lang=LANG,
            business_name=who.merchant.name,
            member_email=who.member.email,
            csrf_token=who.csrf_token,
            is_test=who.merchant.mode is Mode.TEST,
            notice=visitor.notice,
            has_live=who.merchant.mode is Mode.LIVE or who.other_id is not None,
            section=_section(visitor.request),
            is_set_aside=not self.services.standing.is_live,
            live_since=first_event_of(self.services.clock.now_us() - LIVE_BACK_US),
        )

    def submit_token(self) -> str:
        """Makes a second press of the same button harmless."""
        return self.services.randomness.token(SUBMIT_TOKEN_BYTES)

    async def _is_in_other_books(self, visitor: Visitor, handler: PageHandler) -> bool:
        """Whether the same page of the same business's other books would be there. A page changes nothing, so it is asked."""
        who = visitor.who
        if who.other_id is None:
            return False
        other = await self.services.database.read(get_merchant, who.other_id)
        if other is None:
            return False
        try:
            await handler(replace(visitor, who=replace(who, merchant=other, other_id=who.merchant.id)))
        except Refusal:
            return False
        return True

    def _in_other_books(self, visitor: Visitor) -> Answer:
        request = visitor.request
        query = request.scope["query_string"].decode("latin-1")
        there = safe_next(f"{request.url.path}?{query}" if query else request.url.path)
        page = ProblemPage(
            LANG, self.shell(visitor), "in_other_books", None, None, _section(request), switch_next=there
        )
        return self.show(visitor, page, status=404)

    def _other_books_form(self, visitor: Visitor) -> Answer:
        back = _back(visitor.request)
        page = ProblemPage(
            LANG, self.shell(visitor), "other_books_form", None, None, "/dashboard", switch_next=back
        )
        return self.show(visitor, page, status=409)

    async def _visitor(self, request: AnyRequest) -> Visitor:
        who = await self.sessions.member(request.scope)
        notice = read_notice(request.scope, is_https=self.is_https)
        return Visitor(request, who, None if notice is None else Notice(notice.kind, notice.text))


def to_sign_in(stranger: NotSignedIn) -> Answer:
    """The way to the sign-in page, and from there back."""
    return see_other(f"/sign-in?next={quote(stranger.back_to, safe='')}")


def _section(request: AnyRequest) -> str:
    """The list that an address belongs to, which both books have: their things have ids of their own."""
    parts = request.url.path.strip("/").split("/")
    return "/" + "/".join(parts[:2]) if parts[0] == "dashboard" else "/dashboard"


def _back(request: AnyRequest) -> str:
    """The page that the address belongs to: the thing that was acted on where it has a page, else the list."""
    parts = request.url.path.strip("/").split("/")
    pages = {"coupons", "customers", "links", "payments", "disputes", "endpoints", "mails"}
    if request.method == "POST" and len(parts) > 3 and parts[-3] in pages:
        return "/" + "/".join(parts[:-1])
    return "/" + "/".join(parts[:2]) if len(parts) > 2 else "/dashboard"
