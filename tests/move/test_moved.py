"""UB13: the moved installation is the real one: it charges and sends, with the credentials and links that it had."""

import shutil

from linktill.flows.standing import Standing, Why
from linktill.platform.clock import SystemClock
from linktill.platform.ids import SystemIds
from linktill.storage.database import kind_of, open_database
from tests.cli.children import running
from tests.move.places import Places
from tests.operations.payer import Line


def test_ub13_a_demo_goes_on_after_its_move(places: Places):
    """With the home that an installation knows itself by (UB12): PostgreSQL is not a copy that nobody has adopted."""
    data, stories = places.folder / "data", []
    for url in (places.source_url, places.target_url):
        arguments = ("demo", "--json", "--port", "0", "--data", str(data), "--database", url)
        with running(*arguments, folder=places.folder) as server:
            story = server.story
            stories.append({name: story[name] for name in ("email", "password", "api_key")})
            line = Line(story["base_url"])
            status, _, where = line.press_pay(story["payment_link_url"])
            assert status == 303, (url, status)
            assert "Paid" in line.ask("GET", line.fill_card(where))[1]
            line.close()
            assert server.stop() == 0
        if kind_of(url) == "sqlite":
            assert places.move().json["status"] == "moved"
    assert stories[0] == stories[1]
    done = places.on_target("verify", "--json")
    assert (done.code, done.json["status"]) == (0, "clean")


async def standing_of(url: str) -> Why | None:
    database = await open_database(url, SystemClock())
    standing = Standing(url)
    await standing.settle_in(database, SystemIds())
    await database.close()
    return standing.why


async def test_ub12_ub13_what_was_moved_is_the_real_one_and_at_home(places: Places):
    assert await standing_of(places.source_url) is None
    assert places.move().json["status"] == "moved"
    assert await standing_of(places.target_url) is None
    # A dump that is loaded elsewhere has the home of this one, and is a copy.
    await places.change(
        "UPDATE installation SET value = replace(value, '/', '/9') WHERE key = 'installation_home'"
    )
    assert await standing_of(places.target_url) is Why.MOVED


async def test_ub12_ub13_a_copy_that_is_moved_stays_a_copy(places: Places):
    """Else whoever starts a copy of production elsewhere would only have to move it to charge with it."""
    assert await standing_of(places.source_url) is None
    copied = places.folder / "copy.db"
    shutil.copyfile(places.source, copied)
    places.source = copied
    assert await standing_of(places.source_url) is Why.MOVED
    assert places.move().json["status"] == "moved"
    assert await standing_of(places.target_url) is Why.MOVED
