"""How many of a thing a link may sell. Sales are counted under a key that outlives a new name or place of the item."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from linktill.core.computation import taken_lines
from linktill.core.errors import FieldInvalid
from linktill.core.pricing import Choices, Item, Pricing, Variant
from linktill.core.sentence import counted, sentence

STOCK_MAX: Final = 1_000_000
NO_LIMIT: Final = 2**62


@dataclass(frozen=True, slots=True)
class Count:
    """So many of what is counted under `key`, of which there are `limit` in all."""

    key: str
    count: int
    limit: int


@dataclass(frozen=True, slots=True)
class Stocked:
    """Something that a link has a number of. `variant` is empty where the number is of the whole item."""

    key: str
    name: str
    variant: str
    stock: int


def stocked(pricing: Pricing | None) -> Iterator[Stocked]:
    """All that is counted, in the order of the items."""
    for item in () if pricing is None else pricing.items:
        if item.stock is not None:
            yield Stocked(item.key, item.name, "", item.stock)
        for each in item.variants:
            if each.stock is not None:
                yield Stocked(each.key, item.name, each.name, each.stock)


def has_stock(pricing: Pricing | None) -> bool:
    """Is anything of it counted?"""
    return any(True for _ in stocked(pricing))


def counts_of(pricing: Pricing, choices: Choices) -> tuple[Count, ...]:
    """What these choices take of what is counted, by key."""
    found: dict[str, Count] = {}
    for _, item, variant, quantity in taken_lines(pricing, choices):
        for one in (item, variant):
            if one is not None and one.stock is not None:
                before = found.get(one.key)
                count = quantity + (0 if before is None else before.count)
                found[one.key] = Count(one.key, count, one.stock)
    return tuple(found[key] for key in sorted(found))


def keyed(pricing: Pricing | None, before: Pricing | None, version: int) -> Pricing | None:
    """The same with a key for all that is counted: what was counted before, by key or by name, keeps its own.

    Without one a key is new, as nothing of the link has had it: it begins with the version that it is of.
    """
    if pricing is None or not has_stock(pricing):
        return pricing
    known = {(each.name, each.variant): each.key for each in stocked(before)}
    used = {each.key for each in stocked(pricing)}
    items: list[Item] = []
    for place, item in enumerate(pricing.items):
        key = _key(item.key, item.stock, known.get((item.name, "")), used, f"{version}.{place}")
        variants = tuple(
            replace(
                each,
                key=_key(
                    each.key, each.stock, known.get((item.name, each.name)), used, f"{version}.{place}.{at}"
                ),
            )
            for at, each in enumerate(item.variants)
        )
        items.append(replace(item, key=key, variants=variants))
    return replace(pricing, items=tuple(items))


def unkeyed(pricing: Pricing | None) -> Pricing | None:
    """The same without keys, for another link, which counts for itself."""
    if pricing is None or not has_stock(pricing):
        return pricing
    return replace(
        pricing,
        items=tuple(
            replace(item, key="", variants=tuple(replace(each, key="") for each in item.variants))
            for item in pricing.items
        ),
    )


def _key(own: str, stock: int | None, same_name: str | None, used: set[str], fresh: str) -> str:
    if stock is None:
        return ""
    if own:
        return own
    key = same_name if same_name and same_name not in used else fresh
    used.add(key)
    return key


def left(one: Item | Variant, taken: Mapping[str, int]) -> int | None:
    """How many there still are; None: as many as are asked for."""
    return None if one.stock is None else max(0, one.stock - taken.get(one.key, 0))


def most(item: Item, variant: Variant | None, taken: Mapping[str, int]) -> int:
    """How many of it a payer can have."""
    found = [left(one, taken) for one in (item, variant) if one is not None]
    return min([item.quantity_max, *(number for number in found if number is not None)])


def fitting(pricing: Pricing, choices: Choices, taken: Mapping[str, int]) -> Choices:
    """The same choices, for whoever has not chosen among variants of which the first is gone: then the first that is left."""
    variants = [*choices.variants, *([None] * len(pricing.items))][: len(pricing.items)]
    for place, item in enumerate(pricing.items):
        if variants[place] is None and item.variants and left(item.variants[0], taken) == 0:
            variants[place] = next(
                (at for at, form in enumerate(item.variants) if left(form, taken) != 0), None
            )
    return (
        replace(choices, variants=tuple(variants))
        if any(place is not None for place in variants)
        else choices
    )


def shortage(pricing: Pricing, choices: Choices, taken: Mapping[str, int]) -> FieldInvalid | None:
    """What is wrong with choices that take more than is left; None: there is enough."""
    for place, item, variant, quantity in taken_lines(pricing, choices):
        for one in (item, variant):
            there = None if one is None else left(one, taken)
            if there is not None and there < quantity:
                return too_few(place, item, variant if one is variant else None, there)
    return None


def too_few(place: int, item: Item, variant: Variant | None, there: int) -> FieldInvalid:
    """Of the item, or of this variant of it, there are only so many."""
    name = item.name if variant is None else variant.name
    field = "variants" if variant is not None and there < item.quantity_min else "quantities"
    words = sentence("%(name)s: all gone.", name=name)
    if there:
        words = counted("%(name)s: only %(count)s left.", "%(name)s: only %(count)s left.", there, name=name)
    return FieldInvalid(f"{field}.{place}", words)


def is_out(pricing: Pricing | None, taken: Mapping[str, int]) -> bool:
    """Can nobody pay any more: is something gone that has to be taken, or is all gone?"""
    if not taken and not has_stock(pricing):
        return False
    items = () if pricing is None else pricing.items
    gone = [_is_gone(item, taken) for item in items]
    is_needed_gone = any(is_gone and not item.is_optional for item, is_gone in zip(items, gone, strict=True))
    return is_needed_gone or (bool(gone) and all(gone))


def _is_gone(item: Item, taken: Mapping[str, int]) -> bool:
    forms: Iterable[Variant | None] = item.variants or (None,)
    return all(most(item, form, taken) < item.quantity_min for form in forms)
