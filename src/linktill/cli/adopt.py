"""`linktill adopt`: says that this copy of an installation is the real one from now on."""

from functools import partial
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.output import OK, AsJson, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.flows.adopt import Adopted
from linktill.flows.adopt import adopt as take_over
from linktill.settings import Settings


def adopt(
    *,
    moved: Annotated[
        bool,
        Parameter(
            negative="", help="Everything was moved here and nothing was lost: nothing has to be found out."
        ),
    ] = False,
    without_gateways: Annotated[
        bool,
        Parameter(negative="", help="Go on though a gateway gives no answer; what it knows is found later."),
    ] = False,
    json: AsJson = False,
) -> int:
    """First asks the gateways what happened since, and parks what may have been told already. Then charging and sending begin."""
    settings = settings_now()
    found = run(partial(_adopt, settings, is_moved=moved, without_gateways=without_gateways))
    document = {
        "was": None if found.was is None else found.was.value,
        "booked": found.booked,
        "foreign_payments": found.foreign,
        "parked": found.parked,
        "unanswered": list(found.unanswered),
    }
    answer(document, as_json=json, person=lambda: _words(found))
    return OK


async def _adopt(settings: Settings, *, is_moved: bool, without_gateways: bool) -> Adopted:
    async with local_services(settings) as services:
        return await take_over(services, is_moved=is_moved, without_gateways=without_gateways)


def _words(found: Adopted) -> str:
    if found.was is None:
        return "This installation is live already. Nothing was to be done."
    booked = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(found.booked.items()))
    lines = ["This installation is the real one now: charging and sending begin within seconds."]
    if booked:
        lines.append(f"Found at the gateways and booked: {booked}.")
    if found.foreign:
        lines.append(f"Money that nothing here explains: {found.foreign}. Compare it with your gateway.")
    if found.parked:
        lines.append(
            f"Parked, since it may have been told already: {found.parked}. See `linktill parked list`, then send or discard."
        )
    lines += [f"No answer: {name}" for name in found.unanswered]
    return "\n".join(lines)
