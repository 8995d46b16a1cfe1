"""Commands that start no server: what they answer, to programs and to people, and how they refuse."""

from pathlib import Path

import pytest

from tests.cli.conftest import BASE_URL, Command, Shop

CREATE = ("links", "create", "--json", "--currency", "USD", "--description", "A bicycle repair")
BAD_AMOUNTS = [
    "-1",
    "0",
    "1e3",
    "１００",
    "1,00",
    "NaN",
    "10.00",
    " 10",
    "0x10",
    "1_000",
    str(2**63),
    "9" * 50,
    "",
]


def test_a_link_is_created_listed_shown_and_canceled(shop: Shop):
    created = shop.run(*CREATE, "--amount-minor", "2500", "--metadata", "order=7", "--reference", "R-1").json
    assert created["id"].startswith("plink_")
    assert created["url"].startswith(f"{BASE_URL}/p/")
    assert (created["status"], created["amount_minor"], created["currency"]) == ("active", 2_500, "USD")
    assert (created["metadata"], created["reference"], created["payments_max"]) == ({"order": "7"}, "R-1", 1)
    assert shop.run("links", "list", "--json").json == {"data": [created], "next_cursor": None}
    assert shop.run("links", "show", created["id"], "--json").json == created
    people = shop.run("links", "show", created["id"])
    assert "$25.00" in people.out
    assert created["url"] in people.out
    canceled = shop.run("links", "cancel", created["id"], "--json")
    assert (canceled.code, canceled.json["status"]) == (0, "canceled")
    assert shop.run("links", "list", "--status", "active", "--json").json["data"] == []
    assert shop.run("verify", "--json").json["status"] == "clean"


def test_all_fields_can_be_given(shop: Shop):
    created = shop.run(
        *CREATE,
        *("--amount-minor", "100"),
        *("--note", "Thank you"),
        *("--payments-max", "none"),
        *("--starts-at", "2030-01-01T00:00:00Z"),
        *("--due-at", "2030-02-01T00:00:00+02:00"),
        *("--expires-at", "2030-03-01T00:00:00Z"),
        *("--redirect-url", "https://example.com/thanks"),
        *("--closed-message", "Call us"),
        *("--merchant", shop.merchant_id),
    ).json
    assert (created["status"], created["payments_max"], created["note"]) == ("scheduled", None, "Thank you")
    assert created["due_at"] == "2030-01-31T22:00:00Z"
    assert (created["redirect_url"], created["closed_message"]) == ("https://example.com/thanks", "Call us")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("currency", "usd", "field_invalid"),
        ("currency", "XXX", "field_invalid"),
        ("description", "", "field_invalid"),
        ("description", "4242 4242 4242 4242", "field_invalid"),
        ("expires_at", "2020-01-01T00:00:00Z", "field_invalid"),
        ("expires_at", "tomorrow", "field_invalid"),
        ("expires_at", "2030-01-01T00:00:00", "field_invalid"),
        ("redirect_url", "javascript:alert(1)", "field_invalid"),
        ("payments_max", "0", "field_invalid"),
        ("payments_max", "many", "field_invalid"),
        ("metadata", "no-equals", "field_invalid"),
        ("merchant", "mer_another", "not_found"),
    ],
)
def test_a_refusal_names_the_field(small: Shop, field: str, value: str, code: str):
    given = {"amount_minor": "100", "currency": "USD", "description": "A repair", field: value}
    options = [f"--{name.replace('_', '-')}={text}" for name, text in given.items()]
    done = small.run("links", "create", "--json", *options)
    assert (done.code, done.json["error"]["code"], done.json["error"]["param"]) == (1, code, field)
    assert small.run("links", "list", "--json").json["data"] == []
    people = small.run("links", "create", *options)
    assert (people.code, people.out) == (1, "")
    assert field in people.err


def test_all_wrong_fields_are_named_at_once(small: Shop):
    done = small.run("links", "create", "--json", "--amount-minor=1", "--currency=X", "--description=")
    assert {error["param"] for error in done.json["error"]["errors"]} == {
        "currency",
        "description",
    }


def test_an_amount_is_not_guessed(small: Shop):
    for amount in BAD_AMOUNTS:
        done = small.run(*CREATE, f"--amount-minor={amount}")
        assert (done.code, done.json["error"]["param"]) == (1, "amount_minor"), amount
    assert small.run("links", "list", "--json").json["data"] == []


@pytest.mark.parametrize("verb", ["show", "cancel"])
def test_an_unknown_link_is_not_found(small: Shop, verb: str):
    done = small.run("links", verb, "plink_unknown", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "not_found")


def test_a_list_has_pages(small: Shop):
    made = [small.run(*CREATE, "--amount-minor", str(amount)).json["id"] for amount in (100, 200, 300)]
    first = small.run("links", "list", "--limit", "2", "--json").json
    second = small.run("links", "list", "--limit", "2", "--cursor", first["next_cursor"], "--json").json
    assert [link["id"] for link in first["data"] + second["data"]] == made[::-1]
    assert second["next_cursor"] is None
    assert "bicycle" in small.run("links", "list", "--search", "bic").out


def test_a_key_is_made_listed_and_revoked(shop: Shop):
    created = shop.run("api-key", "create", "--name", "Shop", "--json").json
    assert created["api_key"].startswith("lt_test_")
    assert created["api_key"].endswith(created["last4"])
    (listed,) = shop.run("api-key", "list", "--json").json["data"]
    assert (listed["id"], listed["name"], listed["revoked_at"]) == (created["id"], "Shop", None)
    assert "api_key" not in listed
    assert shop.run("api-key", "revoke", created["id"], "--json").json == {
        "id": created["id"],
        "revoked": True,
    }
    (listed,) = shop.run("api-key", "list", "--json").json["data"]
    assert listed["revoked_at"] is not None
    people = shop.run("api-key", "create")
    # Alone on standard output: KEY=$(linktill api-key create) works.
    assert people.out.startswith("lt_test_")
    assert people.out.count("\n") == 1


def test_an_unknown_key_is_not_revoked(small: Shop):
    done = small.run("api-key", "revoke", "key_unknown", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "not_found")


def test_migrate_brings_an_empty_database_up_once(command: Command, tmp_path: Path, empty_database_url: str):
    settings = {"LINKTILL_DATA_DIR": str(tmp_path / "data"), "LINKTILL_DATABASE_URL": empty_database_url}
    before = command("links", "list", "--json", **settings)
    assert before.json["error"]["param"] == "LINKTILL_DATABASE_URL"
    first = command("migrate", "--json", **settings).json
    second = command("migrate", "--json", **settings).json
    assert (first["changed"], second["changed"]) == (True, False)
    after = command("links", "list", "--json", **settings)
    assert (after.code, after.json["error"]["code"]) == (1, "not_set_up")


@pytest.mark.parametrize(
    "words", [("gateway", "list"), ("links", "list"), ("reconcile",), ("verify",), ("doctor",)]
)
def test_looking_for_an_installation_makes_none(command: Command, tmp_path: Path, words: tuple[str, ...]):
    path = tmp_path / "data" / "linktill.sqlite3"
    done = command(*words, LINKTILL_DATA_DIR=str(tmp_path), LINKTILL_DATABASE_URL=f"sqlite:///{path}")
    said = " ".join(f"{done.out} {done.err}".split())
    assert (done.code, "is yet. Name yours, or make one: linktill serve or linktill migrate." in said) == (
        1,
        True,
    )
    assert not path.exists()


def test_st06_verify_names_the_pages_that_the_disk_changed(small: Shop):
    path = Path(small.settings["LINKTILL_DATABASE_URL"].removeprefix("sqlite:///"))
    content = bytearray(path.read_bytes())
    for page in (7, 9):
        content[page * 4_096 - 1_000] ^= 1
    path.write_bytes(content)
    done = small.run("verify", "--json")
    (problem,) = done.json["problems"]
    assert (done.code, problem["invariant"], problem["ids"]) == (1, "file", ["page 7", "page 9"])
    assert problem["message"].startswith("2 page(s) of ")
    assert "Restore a backup." in problem["message"]
    assert "Restore" in small.run("verify").out


@pytest.mark.parametrize("content", [b"", b"no database at all", b"a\0" * 5_000])
def test_verify_says_what_is_no_database(small: Shop, content: bytes):
    path = Path(small.settings["LINKTILL_DATABASE_URL"].removeprefix("sqlite:///"))
    path.write_bytes(content)
    done = small.run("verify", "--json")
    error = done.json["error"]
    assert (done.code, error["param"]) == (1, "LINKTILL_DATABASE_URL")
    said = "which is not a SQLite database" if content else "linktill migrate"
    assert said in error["message"]


def test_verify_ends_with_1_when_the_books_are_wrong(small: Shop):
    assert small.run("verify").out.startswith("The books are in order")
    small.spoil()
    done = small.run("verify", "--json")
    assert (done.code, done.json["status"]) == (1, "problems")
    assert {problem["invariant"] for problem in done.json["problems"]} >= {"I4"}
    people = small.run("verify")
    assert people.code == 1
    assert "I4" in people.out


def test_version_is_this_release(command: Command):
    assert command("version", "--json").json["linktill"] == "0.1.0"
    assert command("--version").out == "0.1.0\n"


@pytest.mark.parametrize(
    "arguments", [(), ("links",), ("api-key",), ("--help",), ("links", "create", "--help")]
)
def test_help_is_help(command: Command, arguments: tuple[str, ...]):
    done = command(*arguments)
    assert (done.code, done.err) == (0, "")
    assert "Usage" in done.out


@pytest.mark.parametrize(
    ("arguments", "param"),
    [
        (("links", "create"), "--currency"),
        (("links", "creat"), None),
        (("nonsense",), None),
        (("links", "show"), "LINK_ID"),
        (("demo", "--port", "many"), "--port"),
        (("verify", "--fast"), None),
    ],
)
def test_what_is_no_command_is_said_as_json_too(
    command: Command, arguments: tuple[str, ...], param: str | None
):
    done = command(*arguments, "--json")
    error = done.json["error"]
    assert (done.code, error["code"], error["param"]) == (2, "usage", param)
    assert command(*arguments).code == 2
