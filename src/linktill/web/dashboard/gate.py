"""The pages before the dashboard: setting up with the console's token, signing in and out.

Nobody is signed in there, so no session lends their forms a token: that they come from our own pages is what the door
(`surface/door.py`) asks of the browser.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core.errors import FieldInvalid, FieldsInvalid, SignInRefused, TooMany, TransitionRefused
from linktill.core.password import PASSWORD_MIN
from linktill.flows.set_up import NewInstallation, is_set_up, set_up
from linktill.flows.sign_in import open_session, sign_in, sign_out, sign_out_everywhere
from linktill.surface.notices import notice_cookie
from linktill.surface.sessions import safe_next
from linktill.web.answer import Answer, see_other, shown
from linktill.web.dashboard.currencies import currencies
from linktill.web.dashboard.desk import LANG, Desk, Visitor
from linktill.web.dashboard.notices import NOTICES
from linktill.web.dashboard.problem.trouble import members_trouble
from linktill.web.dashboard.setup.view import SetupPage
from linktill.web.dashboard.sign_in.view import SignInPage
from linktill.web.form import AnyRequest, Form, read_form
from linktill.web.look import policy
from linktill.web.routing import form_route, page_route

HOME: Final = "/dashboard"
_POLICY: Final = policy.DASHBOARD.encode()
_KEPT_CHARS: Final = 254


def gate_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    gate = _Gate(desk)
    return (
        page_route("/", gate.enter, members_trouble),
        page_route("/setup", gate.show_setup, members_trouble),
        form_route("/setup", gate.set_up, members_trouble),
        page_route("/sign-in", gate.show_sign_in, members_trouble),
        form_route("/sign-in", gate.sign_in, members_trouble),
        desk.form("/sign-out", gate.sign_out, is_of_both=True),
        desk.form("/sign-out/everywhere", gate.sign_out_everywhere, is_of_both=True),
    )


class _Gate:
    def __init__(self, desk: Desk) -> None:
        self._desk: Final = desk

    async def enter(self, _request: AnyRequest) -> Answer:
        """`GET /`: payers come by their link; whoever comes here runs the place."""
        return see_other(HOME)

    async def show_setup(self, request: AnyRequest) -> Answer:
        """`GET /setup?token=…`: the address that the console prints brings its token along."""
        if await is_set_up(self._desk.services):
            return see_other("/sign-in")
        token = request.query_params.getall("token", [""])[0]
        return _setup(Form({"token": token[:100], "currency": "USD"}), {})

    async def set_up(self, request: AnyRequest) -> Answer:
        """`POST /setup`: makes the merchant and its owner, and signs the owner in."""
        desk = self._desk
        form = await read_form(request)
        fields = NewInstallation(
            form.text("business_name"), form.text("email"), form.text("password"), form.text("currency")
        )
        try:
            installed = await set_up(
                desk.services,
                desk.options.gate.passwords,
                fields,
                token=form.text("token"),
                open_account=desk.options.open_account,
            )
        except FieldsInvalid as invalid:
            return _setup(form, {error.param: error.message for error in invalid.errors}, status=422)
        except FieldInvalid as invalid:
            return _setup(form, {invalid.param or "token": str(invalid)}, status=422)
        except TooMany as refusal:
            return _setup(form, {"token": str(refusal)}, status=429)
        except TransitionRefused:
            return see_other("/sign-in")
        session = await open_session(
            desk.services, installed.owner, before=desk.sessions.cookie_of(request.scope)
        )
        notice = notice_cookie("done", NOTICES["welcome"], is_https=desk.is_https)
        return see_other(HOME, desk.sessions.cookie(session), notice)

    async def show_sign_in(self, request: AnyRequest) -> Answer:
        """`GET /sign-in?next=…`."""
        desk = self._desk
        back_to = safe_next(request.query_params.getall("next", [HOME])[0])
        if await desk.sessions.find(request.scope) is not None:
            return see_other(back_to)
        if not await is_set_up(desk.services):
            return see_other("/setup")
        notice = "You are signed out." if "signed_out" in request.query_params else None
        return _sign_in(SignInPage(LANG, "", next=back_to, notice=notice))

    async def sign_in(self, request: AnyRequest) -> Answer:
        """`POST /sign-in`: a new session, whatever cookie came along."""
        desk = self._desk
        form = await read_form(request)
        back_to = safe_next(form.text("next"))
        try:
            session = await sign_in(
                desk.services,
                desk.options.gate,
                email=form.text("email"),
                password=form.text("password"),
                address=desk.sessions.address(request.scope),
                cookie=desk.sessions.cookie_of(request.scope),
            )
        except (SignInRefused, TooMany) as refusal:
            page = SignInPage(LANG, "", form.text("email")[:_KEPT_CHARS], back_to, problem=str(refusal))
            return _sign_in(page, status=429 if isinstance(refusal, TooMany) else 401)
        return see_other(back_to, desk.sessions.cookie(session))

    async def sign_out(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /sign-out`: ends the session here and in the browser."""
        await sign_out(self._desk.services, self._desk.sessions.cookie_of(visitor.request.scope))
        return self._gone()

    async def sign_out_everywhere(self, visitor: Visitor, _form: Form) -> Answer:
        """`POST /sign-out/everywhere`: ends the member's sessions in all browsers, this one's too."""
        await sign_out_everywhere(self._desk.services, visitor.who.member)
        return self._gone()

    def _gone(self) -> Answer:
        # The next person at this browser must not find the last one's pages by pressing Back.
        clear = (b"clear-site-data", b'"cache"')
        return see_other("/sign-in?signed_out=1", self._desk.sessions.no_cookie(), clear)


def _setup(form: Form, errors: Mapping[str, str], *, status: int = 200) -> Answer:
    page = SetupPage(
        lang=LANG,
        csrf_token="",
        currencies=currencies(LANG),
        token=form.text("token")[:100],
        business_name=form.text("business_name")[:_KEPT_CHARS],
        email=form.text("email")[:_KEPT_CHARS],
        currency=form.text("currency")[:3],
        errors=errors,
        password_min=PASSWORD_MIN,
    )
    return shown(page, _POLICY, status=status)


def _sign_in(page: SignInPage, *, status: int = 200) -> Answer:
    return shown(page, _POLICY, status=status)
