"""Edits of a link's terms, as tests make them."""

from collections.abc import Callable
from dataclasses import replace

from linktill.core.link_terms import LinkFields, fields_of
from linktill.core.payment_link import LinkTerms


def raised_to(payments_max: int | None) -> Callable[[LinkTerms], LinkFields]:
    """Another limit."""
    return lambda terms: replace(fields_of(terms), payments_max=payments_max)
