"""`linktill links sign`: an address of a link with values that its payer cannot change."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.fields import moment, whole_number
from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.ids import LinkId, MerchantId
from linktill.flows.services import Services
from linktill.flows.signed_links import SignedUrlObject, Wanted, sign_link


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the payer shall not change, as it was typed."""

    amount_minor: Annotated[
        str,
        Parameter(help="Of a link with an open amount: what is charged, in its currency's smallest unit."),
    ] = ""
    reference: Annotated[str, Parameter(help="Your own name for the payer or the sale.")] = ""
    email: Annotated[str, Parameter(help="The payer's e-mail address.")] = ""
    expires_at: Annotated[
        str, Parameter(help="Good until then: 2030-01-31T18:00:00Z; for 30 days if not given.")
    ] = ""

    def wanted(self) -> Wanted:
        """Read. Raises FieldInvalid."""
        amount_minor = whole_number("amount_minor", self.amount_minor) if self.amount_minor else None
        return Wanted(amount_minor, self.reference, self.email, moment("expires_at", self.expires_at))


NOTHING = Typed()


def sign(
    link_id: Annotated[str, Parameter(help="plink_…")],
    /,
    *,
    typed: Typed = NOTHING,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Answers with the address. Give at least one of --amount-minor, --reference and --email."""

    async def work(services: Services, merchant_id: MerchantId) -> SignedUrlObject:
        return await sign_link(services, merchant_id, LinkId(link_id), typed.wanted())

    made = in_books(work, whose)
    answer(made, as_json=json, person=lambda: Table(("Field", "Value"), _rows(made)))
    return OK


def _rows(made: SignedUrlObject) -> list[tuple[str, str]]:
    rows = [
        ("URL", made.url),
        ("Amount", "" if made.amount_minor is None else str(made.amount_minor)),
        ("Reference", made.client_reference_id or ""),
        ("E-mail", made.email or ""),
        ("Good until", f"{made.expires_at:%Y-%m-%d %H:%M} UTC"),
    ]
    return [(name, value) for name, value in rows if value]
