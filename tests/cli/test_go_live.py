"""Commands where a business has test and live books: nothing is guessed between them. LL18."""

import pytest

from tests.cli.conftest import PLAIN, Shop

CREATE = ("links", "create", "--json", *PLAIN)


def opened(shop: Shop) -> str:
    """Opens the live books; answers their id."""
    done = shop.run("go-live", "--json")
    assert done.code == 0, done
    return str(done.json["merchant_id"])


def test_the_live_books_are_opened_once(shop: Shop):
    first = shop.run("go-live", "--json").json
    assert first["mode"] == "live"
    assert first["missing"] == ["gateway", "mail_server", "backup"]
    assert first["merchant_id"] != shop.merchant_id
    for words in ((), ("--test",), ("--live",), ("--merchant", shop.merchant_id)):
        assert shop.run("go-live", *words, "--json").json == first
    people = shop.run("go-live")
    assert (people.code, "LINKTILL_SMTP_URL" in people.out) == (0, True)
    assert shop.run("verify", "--json").json["merchants"] == 2


def test_each_command_works_on_the_books_that_are_meant(shop: Shop):
    before = shop.run(*CREATE).json  # while there are test books only, nothing has to be said
    assert shop.run("links", "list", "--test", "--json").json["data"] == [before]
    live_id = opened(shop)
    of_live = shop.run(*CREATE, "--live").json
    of_test = shop.run(*CREATE, "--test").json
    assert shop.run("links", "list", "--live", "--json").json["data"] == [of_live]
    assert shop.run("links", "list", "--merchant", live_id, "--json").json["data"] == [of_live]
    assert shop.run("links", "list", "--test", "--json").json["data"] == [of_test, before]
    for words in (("links", "show"), ("links", "cancel")):
        done = shop.run(*words, of_live["id"], "--test", "--json")
        assert (done.code, done.json["error"]["code"]) == (1, "not_found")
    assert shop.run("links", "show", of_live["id"], "--live", "--json").json == of_live
    for mode in ("test", "live"):
        key = shop.run("api-key", "create", f"--{mode}", "--json").json
        assert key["api_key"].startswith(f"lt_{mode}_")
        assert [each["id"] for each in shop.run("api-key", "list", f"--{mode}", "--json").json["data"]] == [
            key["id"]
        ]
    for asked in (("stuck", "list"), ("stuck", "list", "--live"), ("parked", "list", "--live")):
        assert shop.run(*asked, "--json").json == {"data": []}


@pytest.mark.parametrize(
    "words",
    [
        CREATE,
        ("links", "list", "--json"),
        ("links", "cancel", "plink_1", "--json"),
        ("api-key", "create", "--json"),
        ("api-key", "list", "--json"),
        ("parked", "list", "--json"),
    ],
)
def test_nothing_is_guessed_between_test_and_live(small: Shop, words: tuple[str, ...]):
    opened(small)
    done = small.run(*words)
    assert (done.code, done.json["error"]["code"]) == (1, "merchant_missing")
    assert "--test or --live" in done.json["error"]["message"]
    for mode in ("--test", "--live"):
        assert small.run("links", "list", mode, "--json").json["data"] == []


def test_what_cannot_be_meant_is_refused(small: Shop):
    done = small.run("links", "list", "--live", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "not_found")
    assert "linktill go-live" in done.json["error"]["message"]
    done = small.run("go-live", "--live", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "not_found")
    assert small.run("verify", "--json").json["merchants"] == 1
    opened(small)
    for words in (("--live", "--test"), ("--live", "--merchant", small.merchant_id)):
        done = small.run("links", "list", *words, "--json")
        assert (done.code, done.json["error"]["code"]) == (2, "usage")
    done = small.run("stuck", "list", "--merchant", "mer_another", "--json")
    assert (done.code, done.json["error"]["param"]) == (1, "merchant")


def test_doctor_says_what_live_books_lack(small: Shop):
    opened(small)
    checks = {each["name"]: each for each in small.run("doctor", "--json").json["checks"]}
    assert checks["live books"]["status"] == "warning"
    assert "gateway, mail server, backup" in checks["live books"]["message"]
    assert checks["live books"]["mend"]
