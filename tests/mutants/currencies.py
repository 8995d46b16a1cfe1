"""Bugs in links that can be paid in several currencies."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_PRICES: Final = "core/currency_prices.py"

CURRENCIES: Final = (
    Mutant(
        "every_currency_has_the_prices_of_the_first",
        "which of the currencies is asked for is not looked at",
        "a payer who is shown and charged what the merchant never asked for",
        (
            Patch(
                _PRICES,
                "(each for each in pricing.currencies if each.currency == currency)",
                "(each for each in pricing.currencies if currency in {one.currency for one in pricing.currencies})",
            ),
        ),
    ),
    Mutant(
        "sums_cross_currencies",
        "payments in every currency count towards the sums of their link",
        "yen that are added to dollars",
        (
            Patch(
                "storage/links.py",
                '    (L.currency == bindparam("currency"), bindparam',
                '    (bindparam("currency") == bindparam("currency"), bindparam',
            ),
        ),
    ),
    Mutant(
        "sums_outlive_their_currency",
        "a link gets another currency, and its sums stay as they were",
        "dollars that are called euros",
        (
            Patch(
                "flows/manage_links.py",
                "            after = await recount(tx, after)\n",
                "            after = replace(after)\n",
            ),
        ),
    ),
    Mutant(
        "discount_stays_in_the_links_own_currency",
        "what a discount takes off is the same number in every currency",
        "a discount that nobody set",
        (
            Patch(
                _PRICES,
                "            replace(discount, amount_minor=own.minor)\n",
                "            discount\n",
            ),
        ),
    ),
    Mutant(
        "variants_cost_the_same_number_everywhere",
        "a variant costs in another currency as many units as in the link's own",
        "a price that nobody set",
        (
            Patch(
                _PRICES,
                "                    replace(form, unit_minor=each.minor)\n",
                "                    form\n",
            ),
        ),
    ),
    Mutant(
        "stock_counts_in_one_currency_only",
        "what is bought in another currency is not counted",
        "more is sold than there is",
        (
            Patch(
                _PRICES,
                "                unit_minor=own.unit_minor,\n",
                "                unit_minor=own.unit_minor,\n                stock=None,\n",
            ),
        ),
    ),
)
