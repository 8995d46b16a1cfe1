"""UB13: the moved installation is the real one: it charges and sends, with the credentials and links that it had."""

from linktill.storage.database import kind_of
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
