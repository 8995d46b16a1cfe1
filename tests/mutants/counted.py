"""Bugs in what runs out and in what makes up a price: stock, coupons, parts, limits by amount, taxes, discounts and tips."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_PLACE: Final = "flows/place.py"
_START: Final = "flows/start_payment.py"
_REDEEM: Final = "flows/redeem.py"
_LINKS: Final = "storage/links.py"
_LINK: Final = "core/payment_link.py"
_PARTS: Final = "core/parts.py"
_STOCK: Final = "core/stock.py"
_PRICING: Final = "core/computation.py"

_WANTED: Final = "    wanted = (*wanted_of(link, form.choices), *found.wanted)\n"
_ROOM: Final = "L.taken_minor <= L.amount_max_minor - _COUNTED"
_GIVEN_BACK: Final = (
    "    if await links.free_slot(tx, attempt.merchant_id, attempt.link_id, attempt.amount):\n"
    "        held = await allotments.held_by(tx, attempt.merchant_id, attempt.id)\n"
    "        await allotments.give_back(tx, attempt.merchant_id, held)\n"
)

_RUNS_OUT: Final = (
    Mutant(
        "stock_not_held_at_claim",
        "what a payer buys is not held while they pay",
        "one piece that is sold twice",
        (Patch(_START, _WANTED, "    wanted = found.wanted\n"),),
    ),
    Mutant(
        "stock_checked_then_taken",
        "what is left is looked up with the page, and taken at the claim without a condition",
        "one piece that is sold twice",
        (
            Patch(
                "storage/allotments.py",
                '        where=A.taken <= bindparam("most"),\n',
                '        where=A.taken <= bindparam("most") + 1_000_000,\n',
            ),
            Patch("storage/allotments.py", "    if wanted.count > wanted.limit:\n        return False\n", ""),
        ),
    ),
    Mutant(
        "stock_given_back_twice",
        "a payment that came to nothing gives back what it held, and once more",
        "more is sold than there is",
        (
            Patch(
                _PLACE,
                _GIVEN_BACK,
                _GIVEN_BACK + "        await allotments.give_back(tx, attempt.merchant_id, held)\n",
            ),
        ),
    ),
    Mutant(
        "release_forgets_stock",
        "a payment that came to nothing frees its slot, and keeps what it held",
        "things that nobody can buy any more",
        (
            Patch(
                _PLACE,
                _GIVEN_BACK,
                "    await links.free_slot(tx, attempt.merchant_id, attempt.link_id, attempt.amount)\n",
            ),
        ),
    ),
    Mutant(
        "variant_counts_as_its_item",
        "where the item has a number of its own, that of the variant is not counted",
        "more is sold than there is",
        (
            Patch(
                _STOCK,
                "        for one in (item, variant):\n            if one is not None and one.stock is not None:\n"
                "                before",
                "        for one in (item if item.stock is not None else variant,):\n"
                "            if one is not None and one.stock is not None:\n                before",
            ),
        ),
    ),
    Mutant(
        "one_is_taken_whatever_the_quantity",
        "each payment takes one of what it buys several of",
        "more is sold than there is",
        (
            Patch(
                _STOCK,
                "count = quantity + (0 if before is None else before.count)",
                "count = 1 + (0 if before is None else before.count)",
            ),
        ),
    ),
    Mutant(
        "sold_out_for_good",
        "more stock does not take back that a link is sold out",
        "a link that nobody can pay any more",
        (Patch(_PLACE, "    if now_out != link.is_out:\n", "    if now_out and not link.is_out:\n"),),
    ),
    Mutant(
        "last_piece_not_noticed",
        "the sale of the last piece leaves the link open",
        "a page that sells what is gone",
        (
            Patch(
                _PLACE,
                "    return await settle_stock(tx, link)\n\n\nasync def settle_stock",
                "    return link\n\n\nasync def settle_stock",
            ),
        ),
    ),
    Mutant(
        "held_counts_as_sold",
        "a link is closed as sold out while the last piece is only held",
        "a link that is closed over a payment that may come to nothing",
        (
            Patch(
                _PLACE,
                "    _, sold = await allotments.stock_counts(tx, link.merchant_id, link.id)\n",
                "    sold, _ = await allotments.stock_counts(tx, link.merchant_id, link.id)\n",
            ),
        ),
    ),
    Mutant(
        "late_money_takes_no_stock",
        "money that comes late takes its slot again, and not what it had held",
        "one piece that is sold twice",
        (
            Patch(
                _PLACE,
                "    if not keeps_count:\n        return keeps_count is not None\n",
                "    if not keeps_count or attempt.id:\n        return keeps_count is not None\n",
            ),
        ),
    ),
    Mutant(
        "late_money_that_finds_nothing_keeps_its_slot",
        "money that comes late and finds its piece sold is sent back, and its slot stays taken",
        "a link that nobody can pay any more",
        (
            Patch(
                _PLACE,
                "            await links.free_slot(tx, merchant_id, attempt.link_id, amount)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "late_money_takes_what_is_gone",
        "money that comes late takes of stock and coupons without a limit",
        "one piece that is sold twice",
        (Patch(_PLACE, "Count(scope, count, limits.get(scope, NO_LIMIT))", "Count(scope, count, NO_LIMIT)"),),
    ),
    Mutant(
        "late_money_always_goes_back",
        "money that comes late is sent back, also where its link has room",
        "a payer whose payment was good pays again",
        (
            Patch(
                "flows/apply_fact.py",
                "    has_place = before.is_slot_held or await take_place_late(tx, before)\n",
                "    has_place = before.is_slot_held\n",
            ),
        ),
    ),
)

_COUPONS: Final = (
    Mutant(
        "coupon_use_not_counted",
        "a payment with a coupon takes none of its uses",
        "a coupon for ten that a thousand use",
        (Patch(_START, _WANTED, "    wanted = wanted_of(link, form.choices)\n"),),
    ),
    Mutant(
        "coupon_once_too_often",
        "a coupon may be used once more than it says",
        "a coupon for ten that eleven use",
        (
            Patch(
                _REDEEM,
                "    if most is not None and await taken_of(tx, merchant_id, uses_scope(coupon.id)) >= most:\n",
                "    if most is not None and await taken_of(tx, merchant_id, uses_scope(coupon.id)) > most:\n",
            ),
            Patch(
                _REDEEM,
                "NO_LIMIT if coupon.uses_max is None else coupon.uses_max)",
                "NO_LIMIT if coupon.uses_max is None else coupon.uses_max + 1)",
            ),
        ),
    ),
    Mutant(
        "customers_differ_by_their_capitals",
        "an address in capitals is another customer",
        "a coupon for once that one customer uses as often as they can spell",
        (Patch("core/customer.py", 'unicodedata.normalize("NFC", email).casefold()', "email"),),
    ),
    Mutant(
        "coupon_is_taken_though_off",
        "a coupon that was switched off is taken",
        "a discount that the merchant has ended",
        (
            Patch(
                "core/coupon.py",
                '    if not coupon.is_active:\n        return sentence("This',
                '    if not coupon.code:\n        return sentence("This',
            ),
        ),
    ),
    Mutant(
        "typed_amount_counts_as_shown",
        "who typed an amount is charged all of it, though they were shown what a coupon leaves of it",
        "charged at another price than displayed",
        (Patch(_START, "may_be_typed=not takes_codes(link)", "may_be_typed=link.version > 0"),),
    ),
    Mutant(
        "coupon_before_the_links_discounts",
        "a coupon is taken off before the discounts of the link",
        "charged at another price than displayed",
        (
            Patch(
                _REDEEM,
                "discounts=(*pricing.discounts, discount_of(coupon))",
                "discounts=(discount_of(coupon), *pricing.discounts)",
            ),
        ),
    ),
)

_AMOUNTS: Final = (
    Mutant(
        "balance_not_rechecked_at_claim",
        "what others are about to pay of a bill is left for the next one, and nothing is checked at the claim",
        "a bill that is paid twice",
        (
            Patch(
                _LINK,
                "        return self.terms.quote(choices, before_minor=self.taken_minor)\n",
                "        return self.terms.quote(choices, before_minor=self.captured_minor)\n",
            ),
            Patch(_LINKS, _ROOM, "L.captured_minor <= L.amount_max_minor - _COUNTED"),
        ),
    ),
    Mutant(
        "limit_counts_only_what_is_captured",
        "under a limit by amount what is being paid does not count",
        "more comes in than the merchant wanted",
        (
            Patch(_LINKS, _ROOM, "L.captured_minor <= L.amount_max_minor - _COUNTED"),
            Patch(
                _LINK,
                "quote.total_minor > pricing.limit_minor - self.taken_minor:",
                "quote.total_minor > pricing.limit_minor - self.captured_minor:",
            ),
        ),
    ),
    Mutant(
        "amount_not_given_back",
        "a payment that came to nothing frees its slot, and its amount still counts under the limit",
        "a bill of which the rest cannot be paid",
        (
            Patch(
                _LINKS,
                "    .values(slots_taken=L.slots_taken - 1, taken_minor=L.taken_minor - _COUNTED)\n",
                "    .values(slots_taken=L.slots_taken - 1, taken_minor=L.taken_minor - 0 * _COUNTED)\n",
            ),
        ),
    ),
    Mutant(
        "part_under_its_minimum",
        "a part may be as small as the payer likes",
        "a bill in a thousand payments, each with its fee",
        (
            Patch(
                _PARTS,
                "    least = min(left, parts.least_minor if before_minor else max(parts.first_minor, parts.least_minor))\n",
                "    least = min(left, 1)\n",
            ),
        ),
    ),
    Mutant(
        "deposit_is_forgotten",
        "the first payment of a bill need not be more than any other",
        "work that begins without its deposit",
        (
            Patch(
                _PARTS,
                "    least = min(left, parts.least_minor if before_minor else max(parts.first_minor, parts.least_minor))\n",
                "    least = min(left, parts.least_minor)\n",
            ),
        ),
    ),
    Mutant(
        "rest_too_small_to_pay",
        "a part may leave less than the least payment",
        "a bill of which the rest cannot be paid",
        (Patch(_PARTS, "    if 0 < left - part < parts.least_minor:\n", "    if left - part < 0:\n"),),
    ),
    Mutant(
        "limit_closes_too_late",
        "a link stays open although not even the least payment fits under its limit",
        "a page on which nobody can pay",
        (
            Patch(
                _LINK,
                "        return None if limit is None else limit - self.least_minor + 1\n",
                "        return limit\n",
            ),
        ),
    ),
)

_PRICES: Final = (
    Mutant(
        "tax_in_the_price_is_added",
        "a tax that prices contain is added to them",
        "charged at another price than the merchant set",
        (
            Patch(
                _PRICING,
                "    added = sum(part.amount_minor for part in taxes if not part.is_inclusive)\n",
                "    added = sum(part.amount_minor for part in taxes)\n",
            ),
        ),
    ),
    Mutant(
        "tax_on_what_was_taken_off",
        "taxes are computed on prices before discounts",
        "charged at another price than the merchant set",
        (
            Patch(
                _PRICING,
                "            line.amount_minor - line.discount_minor,\n            WHOLE_PPM",
                "            line.amount_minor,\n            WHOLE_PPM",
            ),
        ),
    ),
    Mutant(
        "tip_on_the_tax",
        "a tip is a share of the price with its added taxes",
        "charged at another price than the merchant set",
        (
            Patch(
                _PRICING,
                "    tip = _tip(left, pricing.tips, choices)\n",
                "    tip = _tip(left + added, pricing.tips, choices)\n",
            ),
        ),
    ),
    Mutant(
        "quantity_is_not_held_to_its_limits",
        "the payer may take more of an item than the merchant allows",
        "a sale that the merchant did not offer",
        (
            Patch(
                _PRICING,
                "    if not item.quantity_min <= chosen <= item.quantity_max:\n",
                "    if not item.quantity_min <= chosen:\n",
            ),
        ),
    ),
    Mutant(
        "bill_is_computed_anew",
        "the bill that is kept is that of a payer who chose nothing",
        "a receipt that does not say what was bought",
        (
            Patch(
                _START,
                "        await keep_computation(tx, link.merchant_id, attempt.id, computation)\n",
                "        await keep_computation(tx, link.merchant_id, attempt.id, link.quote())\n",
            ),
        ),
    ),
)

COUNTED: Final[tuple[Mutant, ...]] = (*_RUNS_OUT, *_COUPONS, *_AMOUNTS, *_PRICES)
