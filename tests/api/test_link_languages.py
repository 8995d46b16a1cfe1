"""A link's own texts in other languages, and the language of its page, over the API."""

from typing import Any

import pytest

from tests.api.rig import Caller, problem


async def test_a_links_texts_in_other_languages_are_sent_whole_checked_and_cleared(bea: Caller):
    german = {"description": "Gitarrenstunde", "note": "", "closed_message": "Vorbei."}
    link = await bea.link(locale="de", translations={"de": german})
    assert (link["locale"], link["translations"]) == ("de", {"de": german})
    path = f"/v1/payment_links/{link['id']}"
    french = {"fr": {"note": " À vendredi. "}, "es": {}}
    changed = (await bea.patch(path, {"translations": french})).json()
    assert changed["translations"] == {"fr": {"description": "", "note": "À vendredi.", "closed_message": ""}}
    [newest, _] = (await bea.get(f"{path}/versions")).json()["data"]
    assert newest["changed"] == ["translations"]
    cleared = (await bea.patch(path, {"translations": None, "locale": None})).json()
    assert (cleared["locale"], cleared["translations"]) == ("auto", {})


@pytest.mark.parametrize(
    ("sent", "param"),
    [
        ({"locale": "tlh"}, "locale"),
        ({"translations": {"tlh": {"note": "Qapla"}}}, "translations"),
        ({"translations": {"de": {"note": "4242 4242 4242 4242"}}}, "translations.de.note"),
        ({"translations": {"de": {"description": "x" * 501}}}, "translations.de.description"),
    ],
)
async def test_texts_in_other_languages_are_held_to_the_same_rules(
    bea: Caller, sent: dict[str, Any], param: str
):
    link = await bea.link()
    refused = await bea.patch(f"/v1/payment_links/{link['id']}", sent)
    assert problem(refused) == (422, "field_invalid", param)
    assert (await bea.get(f"/v1/payment_links/{link['id']}")).json() == link
