"""Queries for `linktill verify` about customers: each finds what must not exist."""

from typing import Final

from sqlalchemy import and_, bindparam, or_, select

from linktill.storage.attempt_lists import OF_A_CUSTOMER
from linktill.storage.invariants import SHOWN_MAX
from linktill.storage.statements import Statement, compiled
from linktill.storage.tables import customer, link_filing, payment_attempt

A: Final = payment_attempt.c
F: Final = link_filing.c
C: Final = customer.c
_INTO: Final = customer.alias("into_customer")

_PAYMENT_ASTRAY: Final = (
    select(A.id)
    .outerjoin(customer, and_(C.merchant_id == A.merchant_id, C.id == A.customer_id))
    .where(
        A.merchant_id == bindparam("merchant_id"),
        OF_A_CUSTOMER,
        or_(C.id.is_(None), C.merged_into.is_not(None)),
    )
)
_LINK_ASTRAY: Final = (
    select(F.link_id)
    .outerjoin(customer, and_(C.merchant_id == F.merchant_id, C.id == F.customer_id))
    .where(
        F.merchant_id == bindparam("merchant_id"),
        F.customer_id.is_not(None),
        or_(C.id.is_(None), C.merged_into.is_not(None)),
    )
)
_MERGED_ASTRAY: Final = (
    select(C.id)
    .outerjoin(_INTO, and_(_INTO.c.merchant_id == C.merchant_id, _INTO.c.id == C.merged_into))
    .where(
        C.merchant_id == bindparam("merchant_id"),
        C.merged_into.is_not(None),
        or_(_INTO.c.id.is_(None), _INTO.c.merged_into.is_not(None)),
    )
)

CUSTOMER_CHECKS: Final[dict[tuple[str, str], Statement]] = {
    key: compiled(query.limit(SHOWN_MAX))
    for key, query in {
        ("I11", "payments whose customer is not there, or was merged"): _PAYMENT_ASTRAY,
        ("I11", "links whose customer is not there, or was merged"): _LINK_ASTRAY,
        ("I11", "customers that were merged into none that stands"): _MERGED_ASTRAY,
    }.items()
}
"""(invariant, what is wrong) → the query that finds it. Payments, links and merged customers hang on customers that stand."""
