"""The form on a closed link's page: leave an address, for a new link or to be told when there is more."""

from dataclasses import replace
from typing import Final, final

from linktill.core.errors import FieldsInvalid, NoRoom, TooMany
from linktill.core.link_request import RequestFields
from linktill.core.payers_language import Wish
from linktill.core.sentence import sentence
from linktill.flows.ask_for_link import Asked, AskGate, ask_for_link, may_be_asked
from linktill.flows.open_checkout import Checkout
from linktill.flows.services import Services
from linktill.surface.client_address import Network, client_address
from linktill.web.checkout.language import language_of
from linktill.web.checkout.show import CheckoutPages, Shown
from linktill.web.checkout.typed import Typed
from linktill.web.checkout.view import AskForm, ClosedPage
from linktill.web.form import AnyRequest, Form

_KEPT_CHARS: Final = 2_000
_NO_ROOM: Final = sentence("This cannot be noted right now. Please try again later.")


@final
class Requests:
    """What payers ask for on links that are closed."""

    def __init__(self, services: Services, pages: CheckoutPages, trusted: tuple[Network, ...]) -> None:
        self._services: Final = services
        self._pages: Final = pages
        self._trusted: Final = trusted
        self._gate: Final = AskGate(services.clock)

    async def offered(self, checkout: Checkout | None, page: Shown, typed: Typed) -> Shown:
        """The page, with the form where the link takes requests."""
        if checkout is None or not isinstance(page.view, ClosedPage):
            return page
        if not await may_be_asked(self._services, checkout.link):
            return page
        form = AskForm(_action(checkout), typed.email, typed.name, language=typed.wish.chosen)
        return replace(page, view=replace(page.view, ask=form))

    async def asked(self, request: AnyRequest, checkout: Checkout, form: Form, wish: Wish) -> Shown | None:
        """The answer to the form; None: the link takes no requests, its own page says more."""
        fields = RequestFields(
            form.text("email"), form.text("name"), form.text("message"), language_of(checkout, wish)
        )
        address = client_address(request.scope, self._trusted)
        try:
            asked = await ask_for_link(self._services, self._gate, checkout.link, fields, address=address)
        except FieldsInvalid as invalid:
            errors = {error.param: error.message for error in reversed(invalid.errors)}
            return self._again(checkout, wish, fields, 422, errors=errors)
        except TooMany as refusal:
            return self._again(checkout, wish, fields, 429, problem=refusal.message)
        except NoRoom:
            return self._again(checkout, wish, fields, 503, problem=_NO_ROOM)
        match asked:
            case Asked.NOTED:
                ask = AskForm(_action(checkout), fields.email.strip()[:_KEPT_CHARS], is_noted=True)
                return self._page(checkout, wish, ask, 200)
            case Asked.FULL:
                return self._again(checkout, wish, fields, 409, problem=_full(checkout.merchant.name))
            case Asked.CLOSED:
                return None

    def _again(
        self,
        checkout: Checkout,
        wish: Wish,
        fields: RequestFields,
        status: int,
        *,
        errors: dict[str, str] | None = None,
        problem: str = "",
    ) -> Shown | None:
        email, name, message = (text[:_KEPT_CHARS] for text in (fields.email, fields.name, fields.message))
        ask = AskForm(_action(checkout), email, name, message, errors or {}, problem)
        return self._page(checkout, wish, ask, status)

    def _page(self, checkout: Checkout, wish: Wish, ask: AskForm, status: int) -> Shown | None:
        page = self._pages.opened(checkout, replace(self._pages.typed(), wish=wish))
        if not isinstance(page.view, ClosedPage):
            return None
        return Shown(replace(page.view, ask=replace(ask, language=wish.chosen)), status)


def _full(name: str) -> str:
    return sentence(
        "So many have asked already that no more are noted here. Please write to %(name)s instead.", name=name
    )


def _action(checkout: Checkout) -> str:
    return f"/p/{checkout.link.slug}/request"
