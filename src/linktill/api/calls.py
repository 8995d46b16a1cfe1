"""One request to the API, read and known: who asks, for what, with which key."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec

from linktill.api.answers import Headers, Reply, encoded, listed
from linktill.api.bodies import decoded
from linktill.api.joined import joined
from linktill.api.queries import ID_TAIL, LIMIT_DEFAULT
from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import MerchantId
from linktill.flows.idempotent import Answer, IdempotentRequest, idempotently
from linktill.flows.manage_api_keys import ApiCaller
from linktill.flows.services import Services
from linktill.storage.database import Tx

T = TypeVar("T")
StructT = TypeVar("StructT", bound=msgspec.Struct)

_ID: Final = re.compile(f"[a-z]+_{ID_TAIL}")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose key is known and whose body is read. `body` is raw; `query` holds what came, read."""

    services: Services
    caller: ApiCaller
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: bytes
    key: IdempotentRequest | None
    if_match: str | None
    may_be_private: bool
    """May a webhook go to a private address? The operator's setting."""

    @property
    def merchant_id(self) -> MerchantId:
        """Whose objects these are: the key's, whatever the request says."""
        return self.caller.merchant_id

    @property
    def by(self) -> str:
        """Who did it, for histories."""
        return self.caller.key_id

    @property
    def limit(self) -> int:
        """How many objects a page may have."""
        return int(self.query.get("limit", LIMIT_DEFAULT))

    def asked(self, kind: type[StructT]) -> StructT:
        """The body as `kind`. An action without fields may come without a body."""
        return decoded(self.body or b"{}", kind)

    def id(self, prefix: str) -> str:
        """The id in the address. Raises NotFound for what cannot be one, without asking the database."""
        text = str(self.path["id"])
        if not text.startswith(prefix) or _ID.fullmatch(text) is None:
            raise NotFound(f"There is no object {text[:80]!r} here.", param="id")
        return text

    def page(
        self, found: Sequence[T], shape: Callable[[T], msgspec.Struct], cursor: Callable[[T], str]
    ) -> Reply:
        """A page of a list, from up to `limit` + 1 rows."""
        shown = found[: self.limit]
        next_cursor = cursor(shown[-1]) if len(found) > self.limit else None
        return listed([shape(one) for one in shown], next_cursor)

    def checked(self, make: Callable[[], T]) -> Callable[[], T]:
        """Makes something now, and hands it out, or the refusal, when the unit asks for it.

        A rule may refuse today what it allowed when the idempotency key was new (an expiry, for one), and then the kept
        answer is what must come.
        """
        try:
            made = make()
        except FieldInvalid as refusal:
            if self.key is None:
                raise
            found = refusal
        else:
            return lambda: made

        def refuse() -> T:
            raise found

        return refuse

    async def flow_once(
        self,
        flow: Callable[[Services], Coroutine[Any, Any, T]],
        shape: Callable[[T], msgspec.Struct],
        *,
        status: int = 200,
        headers: Callable[[T], Headers] | None = None,
        is_secret: bool = False,
    ) -> Reply:
        """As `once`, for a flow that touches nothing but its database."""
        if self.key is None:
            made = await flow(self.services)
            return Reply(status, encoded(shape(made)), headers(made) if headers is not None else ())
        work = joined(self.services, flow)
        return await self.once(work, shape, status=status, headers=headers, is_secret=is_secret)

    async def once(
        self,
        work: Callable[[Tx], Coroutine[Any, Any, T]],
        shape: Callable[[T], msgspec.Struct],
        *,
        status: int = 200,
        headers: Callable[[T], Headers] | None = None,
        is_secret: bool = False,
    ) -> Reply:
        """Does the work in one unit, once per idempotency key, and answers with the shape of what came of it.

        `is_secret`: the kept answer is sealed, since it holds what nobody may find in the database.
        """
        made: list[T] = []
        vault, context = self.services.vault, f"{self.merchant_id}:idempotency:body:{self.caller.mode}"

        def answer(thing: T) -> Answer:
            made[:] = [thing]
            body = encoded(shape(thing))
            return Answer(status, vault.seal(body, context=context) if is_secret else body)

        given = await idempotently(self.services, self.merchant_id, self.key, work, answer)
        self.services.wake.now()
        body = vault.open(given.body, context=context) if is_secret else given.body
        if given.is_replay:
            return Reply(given.status, body, [(b"idempotent-replayed", b"true")])
        return Reply(given.status, body, headers(made[0]) if headers is not None else ())
