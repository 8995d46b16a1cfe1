"""Bugs in the books: entries, keys, fees, disputes and the chain that seals them."""

from typing import Final

from tests.mutants.planting import Mutant, Patch

_POSTINGS: Final = "core/postings.py"
_DISPUTE: Final = "flows/follow_dispute.py"
_SEAL: Final = "flows/seal_ledger.py"

BOOKS: Final[tuple[Mutant, ...]] = (
    Mutant(
        "booked_under_any_key",
        "the key under which something is booked is new each time",
        "booked twice",
        (
            Patch(
                "flows/book.py",
                "            posting.business_key,\n",
                '            f"{posting.business_key}:{moment.now}",\n',
            ),
        ),
    ),
    Mutant(
        "fee_is_not_booked",
        "a capture books the gross and forgets the fee",
        "books that do not fit the payout",
        (
            Patch(
                _POSTINGS,
                "                (ledger.clearing(attempt.gateway_account_id), gross - fee_minor),\n"
                "                (ledger.FEES, fee_minor),\n",
                "                (ledger.clearing(attempt.gateway_account_id), gross),\n",
            ),
        ),
    ),
    Mutant(
        "fee_with_the_wrong_sign",
        "the fee is added to what the gateway holds, and income",
        "books that do not fit the payout",
        (
            Patch(
                _POSTINGS,
                "                (ledger.clearing(attempt.gateway_account_id), gross - fee_minor),\n"
                "                (ledger.FEES, fee_minor),\n",
                "                (ledger.clearing(attempt.gateway_account_id), gross + fee_minor),\n"
                "                (ledger.FEES, -fee_minor),\n",
            ),
        ),
    ),
    Mutant(
        "fee_booked_again",
        "each time that the gateway says captured its fee is booked",
        "books that do not fit the payout",
        (
            Patch(
                "flows/apply_fact.py",
                "    if fact.kind is not FactKind.CAPTURED or fee_minor is None or fee_minor == attempt.fee_minor:\n",
                "    if fact.kind is not FactKind.CAPTURED or not fee_minor:\n",
            ),
            Patch(
                "flows/apply_fact.py",
                "    difference = fee_minor - attempt.fee_minor\n",
                "    difference = fee_minor\n",
            ),
        ),
    ),
    Mutant(
        "refund_with_the_wrong_sign",
        "a refund is booked as if money had come",
        "books that do not fit the payout",
        (
            Patch(
                _POSTINGS,
                "                (source, refunded.amount.minor),\n"
                "                (ledger.clearing(attempt.gateway_account_id), -refunded.amount.minor),\n",
                "                (source, -refunded.amount.minor),\n"
                "                (ledger.clearing(attempt.gateway_account_id), refunded.amount.minor),\n",
            ),
        ),
    ),
    Mutant(
        "surplus_is_a_sale",
        "money that is owed back is booked as a sale",
        "sales that were none",
        (
            Patch(
                _POSTINGS,
                "                (ledger.SURPLUS if is_surplus else ledger.SALES, -gross),\n",
                "                (ledger.SALES, -gross),\n",
            ),
        ),
    ),
    Mutant(
        "dispute_booked_again",
        "each piece of news about a dispute books its amount",
        "books that do not fit the payout",
        (
            Patch(
                _DISPUTE,
                "    if dispute.is_withdrawn is was_withdrawn:\n        return 0\n",
                "    if not dispute.is_withdrawn and not was_withdrawn:\n        return 0\n",
            ),
        ),
    ),
    Mutant(
        "dispute_not_given_back",
        "a dispute that was won is closed, and its money is not booked back",
        "books that do not fit the payout",
        (
            Patch(
                _DISPUTE,
                "    if dispute.is_withdrawn is was_withdrawn:\n        return 0\n",
                "    if not dispute.is_withdrawn or was_withdrawn:\n        return 0\n",
            ),
        ),
    ),
    Mutant(
        "old_news_of_a_dispute",
        "a look-up that was overtaken by a later one is applied over it",
        "books that do not fit the payout",
        (
            Patch(
                _DISPUTE,
                "    if moment.now < before.updated_at:\n",
                "    if moment.now < 0:\n",
            ),
            Patch(
                "core/dispute.py",
                "    return told if _ORDER[told] >= _ORDER[now] else now\n",
                "    return told if told in _ORDER else now\n",
            ),
        ),
    ),
    Mutant(
        "sealer_leaves_a_gap",
        "the sealer counts in steps of two, so that a row could have been taken out",
        "a row that nobody would miss",
        (Patch(_SEAL, "        seq += 1\n", "        seq += 2\n"),),
    ),
    Mutant(
        "chain_starts_anew",
        "each batch of the sealer is chained to nothing",
        "a row that nobody would miss",
        (
            Patch(
                _SEAL,
                "    seq, previous = await ledger.chain_head(tx, merchant_id)\n",
                '    seq, previous = (await ledger.chain_head(tx, merchant_id))[0], b""\n',
            ),
        ),
    ),
    Mutant(
        "chain_in_another_order",
        "rows are numbered in the order of their ids and chained in another",
        "a chain that proves nothing",
        (
            Patch(
                _SEAL,
                "        previous = CHAINS[SEAL_VERSION](previous, seq, transaction)\n",
                "        previous = CHAINS[SEAL_VERSION](previous, len(rows) - seq, transaction)\n",
            ),
        ),
    ),
)
