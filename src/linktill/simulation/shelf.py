"""The simulator's own count of what there is a number of: from what payers chose, not from our tables of counts."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

import msgspec

from linktill.core.computation import Computation
from linktill.core.pricing import Choices, Discount, Pricing
from linktill.simulation.reckoning import (
    Bill,
    in_currency,
    is_sold_out,
    least_of,
    may_be_chosen,
    may_be_part,
    reckoned,
    stock_limits,
    taken_stock,
)
from linktill.simulation.wishes import Wish
from linktill.storage.sqlite_memory import Memory
from linktill.storage.touched import ALLOTTED, COUPON, EVERY_ALLOTTED, GOODS, LINK_GOODS

_read_pricing: Final = msgspec.json.Decoder(Pricing).decode
_read_bill: Final = msgspec.json.Decoder(Computation).decode
_OPEN_OR_SCHEDULED: Final = frozenset({"active", "scheduled", "paused", "expired"})
_FULL: Final = frozenset({"completed", "sold_out"})


@dataclass(slots=True)
class _Takes:
    """What one payment takes while it has its place."""

    merchant_id: str
    link_id: str
    counts: Counter[str]
    """Scope → how many."""
    is_held: bool = False
    is_sold: bool = False


@dataclass(frozen=True, slots=True)
class _Coupon:
    """A row of `COUPON`."""

    code: str
    rate_ppm: int
    amount_minor: int
    currency: str | None
    minimum_minor: int
    uses_max: int | None
    uses_per_customer_max: int | None
    starts_at: int | None
    expires_at: int | None
    link_ids: str
    is_automatic: int
    is_active: int


@final
class Shelf:
    """One seed's. `violated` is told a rule and what breaks it."""

    def __init__(self, memory: Memory, violated: Callable[[str, str], None]) -> None:
        self._memory: Final = memory
        self._violated: Final = violated
        self.wishes: Callable[[str], Sequence[Wish]] = lambda _token: ()
        """Submit token → what its payer has ever put into the form."""
        self._takes: dict[str, _Takes] = {}
        self._taken: Counter[tuple[str, str]] = Counter()
        """(merchant, scope) → how many are taken, and how many of those are sold."""
        self._sold: Counter[tuple[str, str]] = Counter()
        self._dirty: dict[tuple[str, str], None] = {}
        self._pricings: dict[str, Pricing] = {}
        self.gone: dict[str, None] = {}
        """Links that are sold out."""

    def begun(self, merchant_id: str, attempt_id: str, amount: tuple[int, str], now: int) -> None:
        """A payment was begun just now on a link that has more than a price: is it what its payer chose, at its exact price?"""
        for row in self._memory.rows(GOODS, merchant_id, attempt_id):
            (_, link_id, version, own_price, own, text, shown_version, token, email, kept,
             others_minor) = row  # fmt: skip
            amount_minor, currency = amount
            told = in_currency(own_price, own, self._pricing(text), currency)
            if told is None:
                self._violated("I8", f"{attempt_id} is in {currency}, which its link does not take")
                return
            price, pricing = told
            if pricing == Pricing() and kept is None and version == shown_version:
                if amount_minor != price:
                    self._violated("I8", f"{attempt_id} is about {amount_minor} {currency}, it costs {price}")
                return
            if kept is None or version != shown_version:
                self._violated(
                    "I8", f"{attempt_id} was begun without what makes up its price as it was shown"
                )
                return
            bill = _read_bill(kept)
            if Wish(bill.choices, email) not in self.wishes(token):
                self._violated("I8", f"{attempt_id} is about what its payer did not choose: {bill.choices}")
            counts = _of_link(link_id, taken_stock(pricing, bill.choices))
            coupon_id = next((part.coupon_id for part in bill.discounts if part.coupon_id), "")
            if coupon_id:
                coupon = self._coupon(merchant_id, coupon_id)
                without = reckoned(price, pricing, bill.choices)
                why = _refused(coupon, pricing, link_id, currency, sum(without.lines), now)
                if why or not (coupon.is_automatic or _is_code(bill.choices.code, coupon.code)):
                    self._violated("I8", f"{attempt_id} took the coupon {coupon.code}: {why or 'nobody did'}")
                off = Discount("", coupon.rate_ppm, coupon.amount_minor)
                pricing = replace(pricing, discounts=(*pricing.discounts, off))
                counts[coupon_id] += 1
                if coupon.uses_per_customer_max is not None:
                    counts[_scope_of(coupon_id, email)] += 1
            elif bill.choices.code:
                self._violated("I8", f"{attempt_id} has the code {bill.choices.code}, and no discount of it")
            self._priced(attempt_id, bill, pricing, reckoned(price, pricing, bill.choices), others_minor)
            if bill.charged.minor != amount_minor or bill.currency != currency:
                self._violated("I8", f"{attempt_id} is about {amount_minor}, made up of {bill.charged}")
            self._takes[attempt_id] = _Takes(merchant_id, link_id, counts)

    def _priced(self, attempt_id: str, bill: Computation, pricing: Pricing, exact: Bill, others: int) -> None:
        """The kept bill against an exact one. `others`: what other payments on the link hold."""
        found = (
            tuple(line.amount_minor for line in bill.lines),
            tuple(line.discount_minor for line in bill.lines),
            tuple(part.amount_minor for part in bill.discounts),
            tuple(part.amount_minor for part in bill.taxes),
            tuple(part.taxable_minor for part in bill.taxes),
            bill.tip_minor,
            bill.total_minor,
        )
        reckoning = (
            exact.lines,
            exact.off,
            exact.discounts,
            exact.taxes,
            exact.taxable,
            exact.tip,
            exact.total,
        )
        if found != reckoning:
            self._violated("I8", f"{attempt_id} comes to {found}, exactly to {reckoning}")
        if not may_be_chosen(pricing, bill.choices):
            self._violated("I8", f"{attempt_id} has what may not be chosen: {bill.choices}")
        if pricing.parts is None:
            if bill.part is not None or exact.total <= 0:
                self._violated("I8", f"{attempt_id} pays {bill.charged} of {exact.total}, all of it is due")
            return
        wanted = bill.choices.part_minor
        due = exact.total - others if wanted is None else wanted
        is_right = bill.part is not None and (bill.part.before_minor, bill.part.amount_minor) == (others, due)
        if not is_right or not may_be_part(pricing.parts, exact.total, others, due):
            self._violated("I3", f"{attempt_id} pays {bill.part} of {exact.total}, {others} of it are taken")

    def moved(self, attempt_id: str, *, is_held: bool, is_sold: bool) -> None:
        """An attempt has its place or not, and is paid or not."""
        takes = self._takes.get(attempt_id)
        if takes is None or (takes.is_held, takes.is_sold) == (is_held, is_sold):
            return
        has_taken = is_held and not takes.is_held
        for scope, count in takes.counts.items():
            key = (takes.merchant_id, scope)
            self._taken[key] += count * (is_held - takes.is_held)
            self._sold[key] += count * (is_sold - takes.is_sold)
            self._dirty[key] = None
        takes.is_held, takes.is_sold = is_held, is_sold
        if has_taken:
            for scope in self._over(takes):
                self._violated("I3", f"{attempt_id} took of {scope}, of which nothing was left")

    def counts(self, attempt_id: str) -> bool:
        """Does it take of what there is a number of?"""
        takes = self._takes.get(attempt_id)
        return takes is not None and bool(takes.counts)

    def had_room(self, attempt_id: str) -> bool:
        """Would what a payment takes, which has no place, be there?"""
        takes = self._takes.get(attempt_id)
        return takes is None or not self._over(takes, more=1)

    def _over(self, takes: _Takes, more: int = 0) -> list[str]:
        """Of what this payment takes, what is taken beyond its limit of now."""
        limits = self._limits(takes)
        return [
            scope
            for scope, count in takes.counts.items()
            if scope in limits and self._taken[takes.merchant_id, scope] + more * count > limits[scope]
        ]

    def _limits(self, takes: _Takes) -> dict[str, int]:
        (link,) = self._memory.rows(LINK_GOODS, takes.merchant_id, takes.link_id)
        limits = {} if not link[0] else dict(_of_link(takes.link_id, stock_limits(self._pricing(link[0]))))
        for scope in takes.counts:
            if scope.startswith("cpn_"):
                coupon_id, _, customer = scope.partition(":")
                coupon = self._coupon(takes.merchant_id, coupon_id)
                limit = coupon.uses_per_customer_max if customer else coupon.uses_max
                if limit is not None:
                    limits[scope] = limit
        return limits

    def settled(self, touched: Sequence[int]) -> None:
        """After a commit, which touched these rows of counts: they say what payments hold."""
        for merchant_id, scope, taken, sold in (
            row for row_id in touched for row in self._memory.rows(EVERY_ALLOTTED, row_id, row_id)
        ):
            self._compare(merchant_id, scope, taken, sold)
            self._dirty.pop((merchant_id, scope), None)
        for merchant_id, scope in self._dirty:
            rows = self._memory.rows(ALLOTTED, merchant_id, scope)
            self._compare(merchant_id, scope, *(rows[0] if rows else (0, 0)))
        self._dirty.clear()

    def ended(self) -> None:
        """At the end all counts are looked at once more."""
        for row in self._memory.rows(EVERY_ALLOTTED, 0, 2**62):
            self._compare(*row)

    def _compare(self, merchant_id: str, scope: str, taken: int, sold: int) -> None:
        exact = self._taken[merchant_id, scope], self._sold[merchant_id, scope]
        if (taken, sold) != exact:
            self._violated(
                "I9", f"{scope} counts {taken} taken and {sold} sold, they are {exact[0]} and {exact[1]}"
            )

    def check_link(
        self, link_id: str, row: tuple[str, str, str, int, int, int, int | None, int, int | None]
    ) -> None:
        """A link with more than a price: merchant, status, pricing, price, is_out, captured, its limits and counts."""
        merchant_id, status, text, price, is_out, captured, limit, count, most = row
        pricing = self._pricing(text)
        sold = Counter({key: self._sold[merchant_id, f"{link_id}:{key}"] for key in stock_limits(pricing)})
        is_gone = is_sold_out(pricing, sold)
        if is_gone:
            self.gone[link_id] = None
        else:
            self.gone.pop(link_id, None)
        if is_gone != bool(is_out):
            self._violated("I4", f"{link_id} is noted as sold out: {bool(is_out)}, it is: {is_gone}")
        exact = amount_limit(price, pricing)
        if exact != limit:
            self._violated("I3", f"{link_id} takes up to {limit} in all, it should be {exact}")
        is_full = is_gone or (most is not None and count >= most)
        is_full = is_full or (exact is not None and captured > exact - least_of(price, pricing))
        if status in (_OPEN_OR_SCHEDULED if is_full else _FULL):
            self._violated(
                "I4", f"{link_id} is {status}; {captured} in {count} payments of {exact}, gone: {is_gone}"
            )

    def amount_limit_of(self, text: str, price: int) -> int | None:
        """What all payments together may come to on a link with this pricing and price."""
        return None if not text else amount_limit(price, self._pricing(text))

    def _pricing(self, text: str) -> Pricing:
        found = self._pricings.get(text)
        if found is None:
            found = self._pricings[text] = _read_pricing(text)
        return found

    def _coupon(self, merchant_id: str, coupon_id: str) -> _Coupon:
        (row,) = self._memory.rows(COUPON, merchant_id, coupon_id)
        return _Coupon(*row)


def amount_limit(price: int, pricing: Pricing) -> int | None:
    """What all payments together may come to: the total of what is paid in parts, or the merchant's limit."""
    if pricing.parts is None:
        return pricing.limit_minor
    return reckoned(price, pricing, Choices()).total


def _of_link(link_id: str, counts: dict[str, int]) -> Counter[str]:
    return Counter({f"{link_id}:{key}": count for key, count in counts.items()})


def _scope_of(coupon_id: str, email: str | None) -> str:
    """One customer's uses. Addresses of the simulator are plain letters."""
    return f"{coupon_id}:{hashlib.sha256((email or '').lower().encode()).hexdigest()}"


def _is_code(entered: str, code: str) -> bool:
    """Capitals, spaces and hyphens do not matter (docs/coupons.md)."""
    first, second = (text.lower().replace(" ", "").replace("-", "") for text in (entered, code))
    return first == second != ""


def _refused(coupon: _Coupon, pricing: Pricing, link_id: str, currency: str, subtotal: int, now: int) -> str:
    """Why a payment may not have this coupon; empty: it may."""
    rules = {
        "the link takes no codes": pricing.takes_codes,
        "it is off": coupon.is_active,
        "it is for others": coupon.link_ids == "[]" or link_id in coupon.link_ids,
        "it is in another currency": coupon.currency in {None, currency},
        "too little is bought": subtotal >= coupon.minimum_minor,
        "it is too early": coupon.starts_at is None or coupon.starts_at <= now,
        "it is too late": coupon.expires_at is None or now < coupon.expires_at,
    }
    return ", ".join(words for words, is_kept in rules.items() if not is_kept)
