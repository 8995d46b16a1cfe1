"""Customers from the command line, on both databases; what cannot be is refused by name and changes nothing."""

import json

import pytest

from tests.cli.conftest import PLAIN, Shop


def test_a_customer_is_made_listed_shown_and_changed(shop: Shop):
    made = shop.run(
        *(
            "customer",
            "create",
            "--name",
            "Ada Byron",
            "--email",
            "Ada@Example.com",
            "--phone",
            "+1 555 0100",
        ),
        *("--company", "Engines", "--note", "Late.", "--metadata", "a=1", "--metadata", "b=2", "--json"),
    ).json
    assert (made["name"], made["email"], made["phone"]) == ("Ada Byron", "Ada@example.com", "+1 555 0100")
    assert (made["company"], made["note"], made["metadata"]) == ("Engines", "Late.", {"a": "1", "b": "2"})
    other = shop.run("customer", "create", "--company", "Bo & Co", "--json").json
    listed = shop.run("customer", "list", "--json").json
    assert listed == {"data": [other, made], "next_cursor": None}
    assert shop.run("customer", "list", "--limit", "1", "--json").json["next_cursor"] == other["id"]
    assert shop.run("customer", "list", "--search", "byr", "--json").json["data"] == [made]
    assert shop.run("customer", "list", "--email", "ADA@example.com", "--json").json["data"] == [made]
    assert "Bo & Co" in shop.run("customer", "list").out
    shown = shop.run("customer", "show", made["id"]).out
    for word in ("Ada Byron", "Ada@example.com", "+1 555 0100", "Engines", "Late.", "Metadata a", made["id"]):
        assert word in shown
    edited = shop.run(
        "customer", "edit", made["id"], "--name", "Ada King", "--note", "", "--metadata", "c=3", "--json"
    ).json
    changes = {"name": "Ada King", "note": "", "metadata": {"c": "3"}, "updated_at": edited["updated_at"]}
    assert edited == {**made, **changes}
    assert shop.run("customer", "show", made["id"], "--json").json == edited


def test_they_are_merged_exported_and_deleted(shop: Shop):
    ada = shop.run("customer", "create", "--name", "=Ada", "--email", "ada@example.com", "--json").json
    bo = shop.run("customer", "create", "--name", "Bo", "--json").json
    link = shop.run("links", "create", "--json", *PLAIN).json
    filed = shop.run("links", "file", link["id"], "--customer", ada["id"], "--json").json
    assert filed == {**link, "customer": ada["id"], "updated_at": filed["updated_at"]}
    gone = shop.run("customer", "merge", ada["id"], "--into", bo["id"], "--json").json
    assert (gone["id"], gone["merged_into"]) == (ada["id"], bo["id"])
    export = json.loads(shop.run("customer", "export", bo["id"]).out)
    assert export["customer"] == {
        **bo,
        "email": "ada@example.com",
        "updated_at": export["customer"]["updated_at"],
    }
    assert [each["id"] for each in export["payment_links"]] == [link["id"]]
    cy = shop.run("customer", "create", "--name", "=1+1", "--json").json
    table = shop.run("customer", "export", "--csv").out.splitlines()
    assert table[0] == "\ufeffid,name,email,company,phone,note,paid,created_at,updated_at"
    assert [line.split(",")[:3] for line in table[1:]] == [
        [cy["id"], "'=1+1", ""],
        [bo["id"], "Bo", "ada@example.com"],
    ]
    assert len(shop.run("customer", "export", "--csv", "--search", "bo").out.splitlines()) == 2
    assert shop.run("customer", "delete", bo["id"], "--json").json["error"]["code"] == "transition_refused"
    assert shop.run("customer", "delete", cy["id"], "--json").json == {"id": cy["id"], "deleted": True}
    cleared = shop.run("links", "file", link["id"], "--customer", "", "--json").json
    assert cleared["customer"] is None


@pytest.mark.parametrize(
    ("words", "param"),
    [
        (("create",), "name"),
        (("create", "--email", "nobody"), "email"),
        (("create", "--email", "ADA@example.com"), "email"),
        (("create", "--name", "4242 4242 4242 4242"), "name"),
        (("create", "--name", "x", "--metadata", "x"), "metadata"),
        (("list", "--limit", "many"), "limit"),
    ],
)
def test_what_cannot_be_is_refused_by_name(small: Shop, words: tuple[str, ...], param: str):
    small.run("customer", "create", "--email", "ada@example.com")
    done = small.run("customer", *words, "--json")
    assert (done.code, done.json["error"]["param"]) == (1, param)
    assert len(small.run("customer", "list", "--json").json["data"]) == 1


def test_what_is_not_there_is_told(small: Shop):
    for words in (("show", "cus_1"), ("edit", "cus_1", "--name", "x"), ("merge", "cus_1", "--into", "cus_2")):
        done = small.run("customer", *words, "--json")
        assert (done.code, done.json["error"]["code"]) == (1, "not_found")
    assert small.run("customer", "export").code == small.run("customer", "export", "cus_1", "--csv").code == 2
    assert "There are no such customers." in small.run("customer", "list").out
    link = small.run("links", "create", "--json", *PLAIN).json["id"]
    done = small.run("links", "file", link, "--customer", "cus_1", "--json")
    assert (done.code, done.json["error"]["param"]) == (1, "customer")
