"""Random carts against rational arithmetic, a million of them: `make carts`. Cases MC06, MC07 and MC08.

Of each: the total is the sum of its parts, every discount, tax and tip is the exact fraction rounded once, nothing is
negative, and what the preview says is what is charged and what is kept.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from linktill.core.computation import Computation, compute
from linktill.core.errors import FieldInvalid
from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import LinkStatus, LinkTerms, PaymentLink
from linktill.simulation.reckoning import Bill, may_be_chosen, may_be_part, reckoned
from linktill.storage.pricings import pricing_of, text_of
from tests.carts.drawing import Cart, cart

CARTS: Final = 1_000_000
SHOWN_MAX: Final = 10
_kept: Final = msgspec.json.Decoder(Computation).decode


def wrongs(drawn: Cart) -> Iterator[str]:
    """What is wrong with what the product makes of it; none: nothing."""
    if not may_be_chosen(drawn.pricing, drawn.choices):
        yield "the cart itself is none"
        return
    bill = reckoned(drawn.price.minor, drawn.pricing, drawn.choices)
    pricing = pricing_of(text_of(drawn.pricing))  # as it comes out of the database
    found = compute(drawn.price, "Something", pricing, drawn.choices)
    yield from _differences(found, bill)
    yield from _negatives(found)
    yield from _charged(drawn, bill)


def _differences(found: Computation, bill: Bill) -> Iterator[str]:
    ours = {
        "lines": tuple(line.amount_minor for line in found.lines),
        "off": tuple(line.discount_minor for line in found.lines),
        "discounts": tuple(part.amount_minor for part in found.discounts),
        "taxes": tuple(part.amount_minor for part in found.taxes),
        "taxable": tuple(part.taxable_minor for part in found.taxes),
        "tip": found.tip_minor,
        "total": found.total_minor,
    }
    for name, value in ours.items():
        exact = getattr(bill, name)
        if value != exact:
            yield f"{name}: {value}, exactly {exact}"
    added = sum(part.amount_minor for part in found.taxes if not part.is_inclusive)
    less = sum(part.amount_minor for part in found.discounts)
    if (
        found.subtotal_minor != sum(bill.lines)
        or found.total_minor != found.subtotal_minor - less + added + found.tip_minor
    ):
        yield f"total: {found.total_minor} is not the sum of its parts"
    if sum(line.discount_minor for line in found.lines) != less:
        yield "discounts: the lines' shares do not sum to them"


def _negatives(found: Computation) -> Iterator[str]:
    sums = [found.subtotal_minor, found.total_minor, found.tip_minor]
    sums += [part.amount_minor for part in found.discounts]
    for tax in found.taxes:
        sums += [tax.amount_minor, tax.taxable_minor]
    for line in found.lines:
        sums += [line.amount_minor, line.discount_minor, line.amount_minor - line.discount_minor]
    if min(sums) < 0:
        yield "something is negative"


def _charged(drawn: Cart, bill: Bill) -> Iterator[str]:
    """The preview, the charge, and what is kept of it."""
    terms = LinkTerms(drawn.price, "Something", payments_max=None, pricing=drawn.pricing)
    link = PaymentLink(
        MerchantId("mer_1"), LinkId("plink_1"), "x", LinkStatus.ACTIVE, 1, terms, 0, 0, 0, 0, 0, 0
    )
    parts, choices = drawn.pricing.parts, drawn.choices
    if parts is not None:
        before = min(drawn.before_minor, bill.total)
        link = replace(link, taken_minor=before)
        choices = replace(choices, part_minor=max(1, (bill.total - before) * 2 // 3))
        due, may = choices.part_minor or 0, may_be_part(parts, bill.total, before, choices.part_minor or 0)
    else:
        due, may = bill.total, bill.total > 0
    try:
        preview, charge = link.quote(choices), link.charge(choices)
    except FieldInvalid as refused:
        if may:
            yield f"refused, and may be charged: {refused}"
        return
    if not may:
        yield f"charged {charge}, and may not be"
    elif (
        charge is None
        or preview != charge
        or charge.charged.minor != due
        or charge.charged.currency != drawn.price.currency
    ):
        yield f"preview {preview.charged}, charged {charge}, exactly {due}"
    elif _kept(text_of(charge)) != charge:
        yield "what is kept is not what was charged"


def look(seed: int, first: int, count: int) -> tuple[list[tuple[int, str]], Counter[str]]:
    """What is wrong with which of these carts, and of which kinds they were."""
    found: list[tuple[int, str]] = []
    kinds: Counter[str] = Counter()
    for number in range(first, first + count):
        drawn = cart(seed, number)
        kinds.update(_kinds(drawn))
        found.extend((number, words) for words in wrongs(drawn))
    return found, kinds


def _kinds(drawn: Cart) -> Iterator[str]:
    pricing = drawn.pricing
    if pricing.items:
        yield "items"
    if pricing.open_amount is not None:
        yield "open_amount"
    if pricing.parts is not None:
        yield "parts"
    if pricing.taxes:
        yield "taxes"
    if pricing.discounts:
        yield "discounts"
    if drawn.choices.tip_ppm or drawn.choices.tip_minor:
        yield "tips"


def main(arguments: Sequence[str]) -> int:
    """Command line. 1: something is wrong with a cart, which is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.carts", description=__doc__)
    parser.add_argument("--carts", type=int, default=CARTS, help="how many")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first one: to go on, or to look at one alone"
    )
    parser.add_argument("--seed", type=int, default=0, help="another million")
    options = parser.parse_args(arguments)
    began_s = time.process_time()
    found, kinds = look(options.seed, options.first, options.carts)
    for number, words in found[:SHOWN_MAX]:
        again = f"make carts ARGS='--seed {options.seed} --first {number} --carts 1'"
        print(f"cart {number}: {words}  ({again})", file=sys.stderr)
    document = {
        "carts": options.carts,
        "wrong": len({number for number, _ in found}),
        "kinds": dict(sorted(kinds.items())),
        "cpu_s": round(time.process_time() - began_s),
    }
    print(json.dumps(document))
    return 1 if found else 0
