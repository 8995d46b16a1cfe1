"""`linktill links send`, on both databases: a link goes out, and what was sent is listed."""

from tests.cli.conftest import PLAIN, Shop


def test_a_link_is_sent_and_listed(shop: Shop):
    link = shop.run("links", "create", "--json", *PLAIN).json
    assert "sent to nobody yet" in shop.run("links", "messages", link["id"]).out
    to = ("--to", "ada@example.com", "--to", "bo@example.com")
    sent = shop.run("links", "send", link["id"], *to, "--note", "Thank you", "--json").json["data"]
    assert [(each["to"], each["status"], each["note"]) for each in sent] == [
        ("ada@example.com", "pending", "Thank you"),
        ("bo@example.com", "pending", "Thank you"),
    ]
    listed = shop.run("links", "messages", link["id"], "--limit", "1", "--json").json
    assert [each["to"] for each in listed["data"]] == ["bo@example.com"]
    rest = shop.run("links", "messages", link["id"], "--cursor", listed["next_cursor"], "--json").json
    assert (rest["data"], rest["next_cursor"]) == ([sent[0]], None)


def test_what_cannot_be_is_refused_by_name(shop: Shop):
    link = shop.run("links", "create", "--json", *PLAIN).json
    refused = shop.run("links", "send", link["id"], "--to", "nobody", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "field_invalid")
    assert refused.json["error"]["errors"][0]["param"] == "to.0"
    shop.run("links", "cancel", link["id"])
    refused = shop.run("links", "send", link["id"], "--to", "a@example.com", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "transition_refused")
