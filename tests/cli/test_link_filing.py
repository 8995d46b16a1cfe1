"""Many links kept in order from the command line, on both databases; what cannot be is refused by name and changes nothing."""

import pytest

from tests.cli.conftest import PLAIN, Shop


def made(shop: Shop, *more: str) -> str:
    return str(shop.run("links", "create", "--json", *PLAIN, *more).json["id"])


def test_ll14_links_are_archived_and_taken_out_again(shop: Shop):
    link, other = made(shop), made(shop)
    put_away = shop.run("links", "archive", link, "--json")
    assert (put_away.code, put_away.json["status"]) == (0, "archived")
    assert [each["id"] for each in shop.run("links", "list", "--json").json["data"]] == [other]
    archived = shop.run("links", "list", "--status", "archived", "--json").json["data"]
    assert [each["id"] for each in archived] == [link]
    refused = shop.run("links", "cancel", link, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "transition_refused")
    assert "Unarchive it first" in refused.json["error"]["message"]
    assert shop.run("links", "unarchive", link, "--json").json["status"] == "active"


def test_tags_and_notes_are_set_shown_and_cleared(shop: Shop):
    link = made(shop, "--tag", "Lessons", "--tag", "spring", "--internal-note", "Bring the amp.")
    made(shop)
    shown = shop.run("links", "show", link)
    assert "Lessons, spring" in shown.out
    assert "Bring the amp." in shown.out
    found = shop.run("links", "list", "--tag", "LESSONS", "--json").json["data"]
    assert [(each["id"], each["tags"]) for each in found] == [(link, ["Lessons", "spring"])]
    filed = shop.run("links", "file", link, "--tag", "new", "--json").json
    assert (filed["tags"], filed["internal_note"], filed["version"]) == (["new"], "Bring the amp.", 1)
    cleared = shop.run("links", "file", link, "--no-tags", "--internal-note", "", "--json").json
    assert (cleared["tags"], cleared["internal_note"]) == ([], "")


@pytest.mark.parametrize(
    ("words", "param"),
    [
        (("--tag", "a,b"), "tags"),
        (("--tag", "x" * 41), "tags"),
        (("--tag", "a", "--no-tags"), "tags"),
        ((), "tags"),
        (("--internal-note", "4242 4242 4242 4242"), "internal_note"),
    ],
)
def test_what_cannot_be_filed_is_refused_by_name(small: Shop, words: tuple[str, ...], param: str):
    link = made(small, "--tag", "kept")
    done = small.run("links", "file", link, "--json", *words)
    assert (done.code, done.json["error"]["param"]) == (1, param)
    assert small.run("links", "show", link, "--json").json["tags"] == ["kept"]


def test_a_tag_that_cannot_be_is_not_looked_for(small: Shop):
    done = small.run("links", "list", "--tag", "a,b", "--json")
    assert (done.code, done.json["error"]["param"]) == (1, "tag")


def test_templates_are_kept_used_renamed_and_deleted(shop: Shop):
    link = made(shop, "--tag", "Lessons", "--payments-max", "none")
    template = shop.run("template", "keep", link, "--name", "Lesson", "--json").json
    assert (template["name"], template["tags"], template["payments_max"]) == ("Lesson", ["Lessons"], None)
    used = shop.run(
        "template", "use", template["id"], "--amount-minor", "700", "--slug", "lesson-7", "--json"
    ).json
    assert (used["amount_minor"], used["tags"], used["payments_max"]) == (700, ["Lessons"], None)
    assert used["url"].endswith("/p/lesson-7")
    taken = shop.run("template", "keep", link, "--name", "LESSON", "--json")
    assert (taken.code, taken.json["error"]["param"]) == (1, "name")
    assert shop.run("template", "rename", template["id"], "--name", "Hour", "--json").json["name"] == "Hour"
    assert "Hour" in shop.run("template", "list").out
    assert shop.run("template", "delete", template["id"]).code == 0
    assert "There are no templates" in shop.run("template", "list").out
    for verb, *more in (("use",), ("rename", "--name", "x"), ("delete",)):
        gone = shop.run("template", verb, template["id"], *more, "--json")
        assert (gone.code, gone.json["error"]["code"]) == (1, "not_found")
    wrong = shop.run("template", "keep", "plink_unknown", "--name", "x", "--json")
    assert (wrong.code, wrong.json["error"]["code"]) == (1, "not_found")


def test_several_links_are_controlled_at_once(shop: Shop):
    one, other = made(shop), made(shop)
    shop.run("links", "cancel", other)
    told = shop.run("links", "control", "pause", one, other, "plink_0", "--json")
    assert (told.code, told.json["done"], told.json["refused"]) == (1, 1, 2)
    assert [each["status"] for each in told.json["results"]] == ["paused", "canceled", None]
    shown = shop.run("links", "control", "resume", one)
    assert shown.code == 0
    assert "Done" in shown.out
    refused = shop.run("links", "control", "pause", one, "--keep-payments", "--json")
    assert (refused.code, refused.json["error"]["param"]) == (1, "keep-payments")
    assert shop.run("links", "control", "burn", one).code == 2
