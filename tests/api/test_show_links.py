"""A page of links shows what the rules say of each."""

import json
from dataclasses import replace
from typing import get_args

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from linktill.core.asking import Asking, Consent
from linktill.core.capture import CaptureMethod
from linktill.core.ids import LinkId, MerchantId
from linktill.core.link_filing import Filing
from linktill.core.localization import Translation
from linktill.core.money import Money
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink, standing
from linktill.core.pricing import Pricing, Tax
from linktill.flows.representations import link_object
from linktill.flows.show_links import shown_link
from linktill.storage.answers import asking_text
from linktill.storage.link_rows import LinkRow, id_of, list_link_rows
from linktill.storage.links import link_of, wake_at
from linktill.storage.localizations import localization_text
from linktill.storage.pricings import text_of
from linktill.storage.tables import payment_link
from tests.api.rig import BASE_URL, Rig

NOW = 1_800_000_000_000_000
times = st.none() | st.integers(NOW - 3, NOW + 3)
texts = st.text(max_size=20)


@st.composite
def rows(draw: st.DrawFn) -> LinkRow:
    """A row as it was stored at some time before or at `NOW`."""
    terms = LinkTerms(Money(draw(st.integers(1, 10**11)), "EUR"), draw(texts), starts_at=draw(times))
    later = 1 if terms.starts_at is None else terms.starts_at + 1
    terms = replace(
        terms,
        expires_at=draw(st.none() | st.integers(max(NOW - 3, later), max(NOW, later) + 3)),
        due_at=draw(times),
        note=draw(texts),
        reference=draw(texts),
        redirect_url=draw(st.none() | texts),
        closed_message=draw(texts),
        payments_max=draw(st.none() | st.integers(1, 3)),
        metadata=draw(st.dictionaries(texts, texts, max_size=3)),
        allowed_gateways=draw(st.sampled_from([(), ("stripe",), ("paypal", "square")])),
        denied_gateways=draw(st.sampled_from([(), ("sandbox",)])),
        pricing=draw(
            st.none()
            | st.builds(Pricing, taxes=st.just((Tax("VAT", 200_000),)), goal_minor=st.none() | st.just(9))
        ),
        capture_method=draw(st.sampled_from(CaptureMethod)),
        locale=draw(st.sampled_from(["auto", "de"])),
        translations=draw(st.sampled_from([{}, {"fr": Translation("Une leçon")}])),
        asking=draw(st.none() | st.builds(Asking, consents=st.just((Consent("terms", "I agree."),)))),
    )
    counted = draw(st.integers(0, terms.payments_max or 5))
    status = draw(st.sampled_from([LinkStatus.ACTIVE, LinkStatus.PAUSED, *LinkStatus]))
    link = PaymentLink(
        MerchantId("mer_1"),
        LinkId("plink_1"),
        "slug",
        status,
        3,
        terms,
        counted,
        counted,
        counted * 7,
        counted * 2,
        draw(st.integers(1, NOW)),
        NOW,
    )
    link = replace(link, status=standing(link, draw(st.integers(NOW - 3, NOW))))
    return (
        link.merchant_id, link.id, link.slug, link.status.value, link.version, terms.amount.minor,
        terms.amount.currency, terms.description, terms.note, terms.reference, terms.payments_max, terms.starts_at,
        terms.due_at, terms.expires_at, terms.redirect_url, terms.closed_message, _json(terms.metadata),
        " ".join(terms.allowed_gateways), " ".join(terms.denied_gateways),
        "" if terms.pricing is None else text_of(terms.pricing),
        None if terms.asking is None else asking_text(terms.asking),
        None if terms.capture_method is CaptureMethod.AUTOMATIC else terms.capture_method.value,
        localization_text(terms.locale, terms.translations),
        terms.amount_max_minor, terms.full_at_minor,
        link.slots_taken, link.taken_minor, link.captured_count, link.captured_minor, link.refunded_minor,
        int(link.is_out), int(link.keeps_count), link.created_at, link.updated_at, wake_at(link, link.status),
    )  # fmt: skip


def _json(pairs: object) -> str:
    return json.dumps(pairs, ensure_ascii=False)


@settings(max_examples=1_000, deadline=None)
@given(rows(), st.builds(Filing, st.lists(texts, max_size=2).map(tuple), texts))
def test_a_shown_row_is_the_link_as_the_rules_have_it(row: LinkRow, filing: Filing):
    shown = msgspec.json.encode(shown_link(row, filing, BASE_URL, NOW))
    assert shown == msgspec.json.encode(link_object(link_of(row), filing, base_url=BASE_URL, now=NOW))


def test_a_row_has_every_column():
    assert len(get_args(LinkRow)) == len(payment_link.c)


async def test_rows_are_found_newest_first(rig: Rig):
    made = [(await rig.bea.link())["id"] for _ in range(3)]
    await rig.bea.post(f"/v1/payment_links/{made[1]}/pause")

    async def found(**query: object) -> list[str]:
        read = rig.services.database.read
        return [id_of(row) for row in await read(list_link_rows, rig.bea.merchant_id, **query)]  # type: ignore[arg-type]

    assert await found(limit=2) == [made[2], made[1]]
    assert await found(limit=9, before=made[2]) == [made[1], made[0]]
    assert await found(limit=9, status=LinkStatus.PAUSED) == [made[1]]
