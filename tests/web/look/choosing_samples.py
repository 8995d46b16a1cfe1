"""The payer's page of links with more than a price: made by the rules themselves."""

from dataclasses import replace

from linktill.core.bill import bill_of
from linktill.core.money import Money
from linktill.core.payment_link import LinkTerms
from linktill.core.pricing import (
    Choices,
    CurrencyPrices,
    Discount,
    Item,
    ItemPrice,
    OpenAmount,
    Parts,
    Pricing,
    ShippingRate,
    Tax,
    Tips,
    Variant,
)
from linktill.web.checkout.choosing import Chosen, priced, typed_again
from linktill.web.checkout.view import Goal, LinkPage
from linktill.web.look.look import View
from tests.web.look.checkout_samples import LINK, PAID, PAY

CAKES = LinkTerms(
    Money(3_000, "EUR"),
    "Cakes to order",
    pricing=Pricing(
        items=(
            Item("Birthday cake", 0, 1, 1, 5, variants=(Variant("Small", 3_000), Variant("Large", 4_500))),
            Item("Candles", 250, 1, 1, 20, is_optional=True),
            Item("Box for the way home", 400, is_optional=True),
        ),
        taxes=(Tax("VAT", 70_000, is_inclusive=True),),
        discounts=(Discount("Regulars", rate_ppm=100_000),),
        tips=Tips((50_000, 100_000)),
    ),
)
GIFT = LinkTerms(
    Money(0, "USD"),
    "A gift to the animal shelter",
    pricing=Pricing(open_amount=OpenAmount(500, 1_000_000, (1_000, 2_500, 5_000))),
)
BILL = LinkTerms(
    Money(14_000, "USD"),
    "Kitchen tap, replaced",
    pricing=Pricing(
        items=(Item("Tap", 8_000), Item("Work, half an hour", 3_000, 2, 2, 2)),
        taxes=(Tax("State tax", 62_500), Tax("City tax", 8_875)),
        discounts=(Discount("Goodwill", amount_minor=500),),
    ),
)


PARTS = LinkTerms(
    Money(120_000, "EUR"),
    "Website for the bakery",
    pricing=Pricing(taxes=(Tax("VAT", 190_000),), parts=Parts(40_000, 10_000)),
)
FEW = LinkTerms(
    Money(2_500, "EUR"),
    "Summer fair",
    pricing=Pricing(
        items=(
            Item(
                "Ticket",
                0,
                1,
                1,
                6,
                variants=(Variant("Child", 500, 30, "1.0.0"), Variant("Adult", 1_200, 40, "1.0.1")),
            ),
            Item("Shirt", 1_800, 1, 1, 5, is_optional=True, stock=3, key="1.1"),
            Item("Poster", 600, is_optional=True, stock=1, key="1.2"),
        ),
    ),
)


POTTERY = LinkTerms(
    Money(2_400, "EUR"),
    "Mug, hand-thrown",
    pricing=Pricing(
        items=(Item("Mug", 2_400, 1, 1, 12), Item("Saucer", 900, is_optional=True)),
        taxes=(Tax("VAT", 0, rates=(("AT", 200_000), ("DE", 190_000), ("FR", 200_000)), is_reversible=True),),
        shipping=(
            ShippingRate("Letter post", 390, ("DE",)),
            ShippingRate("Parcel with tracking", 690, ("AT", "DE", "FR"), free_from_minor=10_000),
            ShippingRate("Parcel abroad", 1_890),
        ),
        home="DE",
    ),
)


def shown(terms: LinkTerms, chosen: Chosen, *, before_minor: int = 0) -> LinkPage:
    """As `CheckoutPages.link_page` makes it."""
    price = priced(terms, chosen, before_minor=before_minor, taken={"1.0.0": 30, "1.2": 1})
    return replace(
        LINK,
        description=terms.description,
        note="",
        pay=replace(PAY, amount=price.amount, choosing=price.choosing, errors=price.errors),
        bill=price.bill,
    )


KILN = LinkTerms(
    Money(2_900, "USD"),
    "Mugs from the kiln",
    pricing=Pricing(
        items=(Item("Mug", 2_900, 1, 1, 6), Item("Saucer", 900, is_optional=True)),
        currencies=(
            CurrencyPrices("EUR", 2_700, (ItemPrice("Mug", 2_700), ItemPrice("Saucer", 850))),
            CurrencyPrices("JPY", 4_300, (ItemPrice("Mug", 4_300), ItemPrice("Saucer", 1_300))),
        ),
    ),
)
COURSE = LinkTerms(
    Money(4_900, "EUR"),
    "A course in pottery",
    pricing=Pricing(
        currencies=tuple(
            CurrencyPrices(code, minor)
            for code, minor in (
                *(("USD", 5_200), ("GBP", 4_200), ("CHF", 4_700), ("SEK", 55_000), ("NOK", 57_000)),
                *(("DKK", 36_500), ("PLN", 21_000), ("CZK", 122_000), ("JPY", 7_900), ("KWD", 16_000)),
            )
        )
    ),
)


def in_currency(terms: LinkTerms, currency: str) -> LinkPage:
    """A link that can be paid in several."""
    page = shown(terms.in_currency(currency), Chosen())
    return replace(page, pay=replace(page.pay, currencies=terms.currencies))


LARGE = typed_again(Choices(None, (2, 12, 1), (1,), 100_000), "EUR")
BOUGHT = bill_of(CAKES.quote(LARGE.choices))
SAMPLES: dict[str, View] = {
    "choose-cakes": shown(CAKES, Chosen()),
    "choose-cakes-many": shown(CAKES, LARGE),
    "choose-cakes-wrong": shown(
        CAKES, Chosen(typed={"quantities.0": "9"}, errors={"quantities.0": "From 1 to 5."})
    ),
    "choose-cakes-updated": replace(shown(CAKES, LARGE), is_updated=True),
    "choose-gift": shown(GIFT, Chosen()),
    "choose-gift-other": shown(GIFT, typed_again(Choices(1_234), "USD")),
    "choose-gift-too-little": shown(GIFT, typed_again(Choices(100), "USD")),
    "choose-gift-goal": replace(
        shown(GIFT, Chosen()), goal=Goal(Money(312_000, "USD"), Money(500_000, "USD"), 62)
    ),
    "choose-parts": shown(PARTS, Chosen()),
    "choose-parts-rest": shown(PARTS, typed_again(Choices(part_minor=50_000), "EUR"), before_minor=40_000),
    "choose-parts-too-little": shown(PARTS, typed_again(Choices(part_minor=900), "EUR"), before_minor=40_000),
    "choose-stock": shown(FEW, Chosen()),
    "choose-shipping": shown(POTTERY, Chosen()),
    "choose-shipping-business": shown(
        POTTERY, typed_again(Choices(quantities=(5,), country="AT", tax_id="ATU13585627"), "EUR")
    ),
    "choose-shipping-wrong": shown(
        POTTERY, typed_again(Choices(country="FR", tax_id="FR40303265046"), "EUR")
    ),
    "choose-nothing": shown(BILL, Chosen()),
    "choose-currency": in_currency(KILN, "EUR"),
    "choose-currency-yen": in_currency(KILN, "JPY"),
    "choose-currency-many": in_currency(COURSE, "KWD"),
    "choose-paid": replace(PAID, bill=BOUGHT, amount=CAKES.quote(LARGE.choices).total),
}
