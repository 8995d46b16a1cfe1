"""Watches every commit: what was touched is checked at once, the trace is hashed, and who needs healing is timed."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, final

import msgspec

from linktill.core.payment_attempt import DEAD, OPEN, AttemptStatus
from linktill.simulation.loop import SimulatedLoop
from linktill.simulation.shelf import Shelf
from linktill.simulation.trouble import Fault
from linktill.simulation.undecided import undecided
from linktill.storage.sqlite_memory import Memory
from linktill.storage.touched import ATTEMPT, CLAIMED, HEARD, LINK, UNBALANCED

QUEUES: Final = {
    "inbox": "inbox",
    "outbox": "outbox",
    "refund": "refunds",
    "payment_attempt": "attempts",
    "payment_link": "links",
    "gateway_account": "accounts",
    "ledger_transaction": "ledger",
}
"""Table → the queue that a write to it may have given work."""
VIOLATIONS_MAX: Final = 20
STARTS_PATH: Final = "/v1/payments"
HEAL_MAX_S: Final = 1_700.0
"""Longer than a turn of four minutes, a worker that stands still and a clock that is wrong take together."""
FREE_MAX_S: Final = 3 * 3600.0
"""So long after the checkout's end the place of a payer who left is free again: clocks that are an hour off, and an outage."""
TURN: Final = "_take_attempt"
"""The unit by which a process takes an attempt's turn (flows/reconcile.py)."""
TURN_MAX_S: Final = 60.0
"""So long a turn may take: what was taken earlier has been answered, or given up."""
ENDED: Final = DEAD | {AttemptStatus.CAPTURED}

_S: Final = AttemptStatus
_FORWARD: Final = frozenset(
    {_S.REQUIRES_ACTION, _S.PROCESSING, _S.AUTHORIZED, _S.CAPTURED, _S.FAILED, _S.CANCELED}
)
_REACHABLE: Final = {
    _S.CREATED: _FORWARD | {_S.UNKNOWN},
    _S.REQUIRES_ACTION: _FORWARD,
    _S.PROCESSING: _FORWARD - {_S.REQUIRES_ACTION},
    _S.AUTHORIZED: frozenset({_S.CAPTURED, _S.FAILED, _S.CANCELED}),
    _S.UNKNOWN: _FORWARD,
    _S.FAILED: frozenset({_S.CAPTURED}),
    _S.CANCELED: frozenset({_S.CAPTURED}),
    _S.CAPTURED: frozenset[AttemptStatus](),
    _S.NEEDS_REVIEW: frozenset[AttemptStatus](),
}
"""Status → those that may follow, besides `needs_review`: written down once more, so that a wrong table is seen."""
_BANK_DEAD: Final = frozenset({"failed", "canceled", "expired"})
_WAITING: Final = OPEN | {"pending"}
_ON_THE_WAY: Final = frozenset({"authorized", "processing", "requires_action"})
_DECIDED: Final = frozenset({"won", "lost"})
_CLAIMABLE: Final = frozenset({"active", "scheduled"})


class _Hint(msgspec.Struct):
    reference: str | None = None


class _Order(msgspec.Struct):
    reference: str = ""
    amount_minor: int = 0
    currency: str = ""


DISPUTE: Final = "SELECT id, attempt_id, status FROM dispute WHERE rowid = ?"
_read_hint: Final = msgspec.json.Decoder(_Hint).decode
_read_order: Final = msgspec.json.Decoder(_Order).decode


@dataclass(slots=True)
class Seen:
    """An attempt as the last commit left it."""

    merchant_id: str
    link_id: str
    status: AttemptStatus
    amount_minor: int
    currency: str
    begun_s: float = 0.0
    time_s: float | None = None
    """So long its payer has."""
    gateway_ref: str | None = None
    unknown_at_s: float | None = None
    trouble_at_s: float = 0.0
    """When a call about it went wrong last, or who had its turn died."""
    turn: tuple[str, float] | None = None
    """Which process took its turn last, and when."""
    was_frozen: bool = False
    was_dead: bool = False
    is_resting: bool = False
    """Its money is held, and nobody has said what is to become of it."""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN and not (self.was_frozen or self.is_resting)


@final
class Watch:
    """One seed's witness."""

    def __init__(self, loop: SimulatedLoop, memory: Memory) -> None:
        self._loop: Final = loop
        self._memory: Final = memory
        self._trace: Final = hashlib.blake2b(digest_size=16)
        self.shelf: Final = Shelf(memory, self.violated)
        self.queues: Final = frozenset(QUEUES.values())
        self.on_work: Callable[[str], None] = lambda _queue: None
        self.at_bank: Callable[[str], list[str]] = lambda _reference: []
        """Reference → how the company's payments under it stand right now."""
        self.surprised: dict[str, str] = {}
        """Attempt or refund → what the company did with it against its own word."""
        self.refunds_asked: Counter[str] = Counter()
        """Attempt → how often somebody asked for a refund of it."""
        self.sent_back: set[str] = set()
        """Links that were canceled with a refund of whatever was paid."""
        self._keys: dict[tuple[str, str], str] = {}
        """(the gateway's path, our reference) → the idempotency key of the first call."""
        self._alive: dict[str, set[str]] = {}
        """Checkout session → its attempts that may still become, or are, money."""
        self.commits = 0
        self.violations: list[str] = []
        self.attempts: dict[str, Seen] = {}
        self.by_ref: dict[str, str] = {}
        self.refunds: dict[str, str] = {}
        self.disputes: dict[str, str] = {}
        self.disputed: set[str] = set()
        """Attempts that somebody's bank asks back."""
        self.pairs: dict[tuple[str, str], int] = {}
        self.healed_s: list[tuple[float, float]] = []
        """(since when it was unknown and no call about it went wrong, when somebody knew), in seconds of the simulation."""

    @property
    def trace(self) -> str:
        """The same for the same seed, whatever else differs."""
        return self._trace.hexdigest()

    def note(self, *words: object) -> None:
        """A line of the trace."""
        self._trace.update(f"{self._loop.now_s:.6f} {' '.join(map(str, words))}\n".encode())

    def violated(self, rule: str, words: str) -> None:
        """Something is wrong that must never be."""
        self.note("violated", rule, words)
        if len(self.violations) < VIOLATIONS_MAX:
            self.violations.append(f"{rule} at {self._loop.now_s:.3f} s: {words}")

    def struck(self, fault: Fault, state: str) -> None:
        """A fault struck something that stood so."""
        self.note(fault, state)
        pair = (fault.value, state)
        self.pairs[pair] = self.pairs.get(pair, 0) + 1

    def troubled(self, attempt_id: str | None) -> None:
        """A call about an attempt went wrong."""
        seen = None if attempt_id is None else self.attempts.get(attempt_id)
        if seen is not None:
            seen.trouble_at_s = self._loop.now_s

    def died(self, who: str) -> None:
        """A process is no more. Turns that it had taken and not come to the end of are lost, as an answer can be."""
        self.note("died", who)
        now_s = self._loop.now_s
        for seen in self.attempts.values():
            if seen.turn is not None and seen.turn[0] == who and now_s - seen.turn[1] < TURN_MAX_S:
                seen.trouble_at_s = now_s

    def ordered(self, path: str, key: str, body: bytes) -> None:
        """A call that moves money leaves us: what is asked for is on record, as it was displayed, and has one key for good."""
        order = _read_order(body or b"{}")
        operation = (path, order.reference)
        if self._keys.setdefault(operation, key) != key:
            self.violated("one key", f"{order.reference} is asked for again at {path}, under another key")
        if path != STARTS_PATH:
            if words := undecided(self._memory, path.removeprefix(f"{STARTS_PATH}/")):
                self.violated("intent first", words)
            return
        seen = self.attempts.get(order.reference)
        if seen is None:
            self.violated("intent first", f"{order.reference} is started, and not on record")
        elif (order.amount_minor, order.currency) != (seen.amount_minor, seen.currency):
            self.violated(
                "I8",
                f"{order.reference} is {seen.amount_minor} {seen.currency}, asked for are {order.amount_minor} {order.currency}",
            )

    def committed(self, who: str, unit: str) -> None:
        """Looks at all that the last commit touched."""
        self.commits += 1
        touched = self._memory.touched
        self.note(who, unit, *(f"{table}{list(rows)}" for table, rows in touched.items()))
        for row_id in touched.get("payment_attempt", ()):
            self._check_attempt(row_id, who if unit == TURN else None)
        for row_id in touched.get("refund", ()):
            for refund_id, status in self._memory.rows(
                "SELECT id, status FROM refund WHERE rowid = ?", row_id
            ):
                self.refunds[refund_id] = status
        self.shelf.settled(tuple(touched.get("allotment", ())))
        for row_id in touched.get("payment_link", ()):
            self._check_link(row_id)
        for row_id in touched.get("dispute", ()):
            self._check_dispute(row_id)
        for row_id in touched.get("inbox", ()):
            self._check_heard(row_id)
        if "ledger_entry" in touched:
            rows = touched["ledger_entry"]
            for transaction in self._memory.rows(UNBALANCED, min(rows), max(rows)):
                self.violated("I1", f"{transaction[0]} does not balance")
        for table in touched:
            queue = QUEUES.get(table)
            if queue is not None:
                self.on_work(queue)

    def _check_attempt(self, row_id: int, turn_of: str | None) -> None:
        for row in self._memory.rows(ATTEMPT, row_id):
            (merchant_id, attempt_id, link_id, word, amount, currency, ref, is_held, is_surplus, captured,
             requested, refunded, reason, displayed, shown_in, session_id, poll_at, created_at, is_manual,
             verdict, expires_at, booked, gross) = row  # fmt: skip
            status = AttemptStatus(word)
            seen = self.attempts.get(attempt_id)
            if seen is None:
                seen = Seen(merchant_id, link_id, status, amount, currency, self._loop.now_s)
                self.attempts[attempt_id] = seen
                self._begun(attempt_id, seen, session_id, created_at)
            self.shelf.moved(
                attempt_id, is_held=bool(is_held), is_sold=bool(is_held) and status is AttemptStatus.CAPTURED
            )
            self._check_hand(attempt_id, seen, status, "" if is_manual == 0 else verdict)
            seen.turn = seen.turn if turn_of is None else (turn_of, self._loop.now_s)
            seen.time_s = seen.time_s if expires_at is None else (expires_at - created_at) / 1_000_000
            if (
                status is AttemptStatus.CAPTURED
                and seen.status is not status
                and (is_surplus or seen.was_dead)
            ):
                self._check_place(attempt_id, seen, is_surplus=bool(is_surplus))
            self._moved(attempt_id, seen, status)
            if status in DEAD:
                self._alive[session_id].discard(attempt_id)
            if poll_at is not None and status not in OPEN:
                self.violated("I5", f"{attempt_id} is {word}, and is asked for on")
            if displayed is not None and (displayed, shown_in) != (amount, currency):
                self.violated(
                    "I8", f"{attempt_id} is about {amount} {currency}, displayed was {displayed} {shown_in}"
                )
            if (amount, currency) != (seen.amount_minor, seen.currency):
                self.violated("I8", f"{attempt_id} changed its amount")
            is_captured = status is AttemptStatus.CAPTURED
            if booked != is_captured or (is_captured and (gross != amount or captured != amount)):
                self.violated(
                    "I2", f"{attempt_id} is {word} with {captured}; {booked} captures booked, {gross} gross"
                )
            if not 0 <= refunded <= requested <= captured:
                self.violated(
                    "I7", f"{attempt_id}: captured {captured}, asked {requested}, refunded {refunded}"
                )
            # Contradicted after it was dead, it has no slot any more.
            if is_held != (status not in DEAD and not is_surplus) and not (
                status is AttemptStatus.NEEDS_REVIEW and seen.was_dead
            ):
                self.violated("I9", f"{attempt_id} is {word}, slot held: {is_held}, surplus: {is_surplus}")
            if ref is not None and seen.gateway_ref is None:
                seen.gateway_ref = ref
                self.by_ref[ref] = attempt_id
            seen.was_frozen = seen.was_frozen or reason is not None

    def _check_hand(self, attempt_id: str, seen: Seen, status: AttemptStatus, verdict: str | None) -> None:
        """Nothing but somebody's word takes the money of a payment that is captured by hand. `verdict` empty: it is none."""
        seen.is_resting = status is AttemptStatus.AUTHORIZED and verdict is None
        is_by_itself = status is AttemptStatus.CAPTURED and verdict not in {"", "capture"}
        if is_by_itself and attempt_id not in self.surprised:
            self.violated("by hand", f"{attempt_id} is captured, decided was {verdict}")

    def _begun(self, attempt_id: str, seen: Seen, session_id: str, created_at: int) -> None:
        """A new attempt: was there a place for it, and is it the only one of its form?"""
        alive = self._alive.setdefault(session_id, set())
        if alive:
            self.violated("double click", f"{attempt_id} was begun while {sorted(alive)} was under way")
        alive.add(attempt_id)
        row = self._check_place(attempt_id, seen)
        status, _, _, starts_at, expires_at, _, price, currency, pricing = row
        is_time = (starts_at is None or starts_at <= created_at) and (
            expires_at is None or expires_at > created_at
        )
        if status not in _CLAIMABLE or not is_time:
            self.violated("I4", f"{attempt_id} was begun on a link that is {status}, or out of its time")
        if pricing:
            self.shelf.begun(seen.merchant_id, attempt_id, (seen.amount_minor, seen.currency), created_at)
        elif (seen.amount_minor, seen.currency) != (price, currency):
            self.violated("I8", f"{attempt_id} is about {seen.amount_minor}, the link's price is {price}")

    def _check_place(self, attempt_id: str, seen: Seen, *, is_surplus: bool = False) -> tuple[Any, ...]:
        """It has taken a place just now: was there one? Or it was given none, and sent back: was there really none?"""
        (row,) = self._memory.rows(CLAIMED, seen.merchant_id, seen.link_id)
        _, limit, taken, _, _, taken_minor, price, currency, pricing = row
        most = self.shelf.amount_limit_of(pricing, price)
        more, more_minor = (1, seen.amount_minor) if is_surplus else (0, 0)
        # A limit by amount is in the link's own currency, and so is what counts under it.
        more_minor = more_minor if seen.currency == currency else 0
        fits = (limit is None or taken + more <= limit) and (most is None or taken_minor + more_minor <= most)
        if not is_surplus and not fits:
            self.violated("I3", f"{attempt_id} took place {taken} of {limit}, {taken_minor} of {most}")
        if is_surplus and fits and self.shelf.had_room(attempt_id):
            self.violated("surplus", f"{attempt_id} was sent back, though its link had room for it")
        return row

    def _check_dispute(self, row_id: int) -> None:
        for dispute_id, attempt_id, status in self._memory.rows(DISPUTE, row_id):
            self.disputed.add(attempt_id)
            before = self.disputes.get(dispute_id)
            if before in _DECIDED and status not in _DECIDED:
                self.violated("states", f"{dispute_id} went from {before} back to {status}")
            self.disputes[dispute_id] = status

    def _check_heard(self, row_id: int) -> None:
        """Who calls a webhook done has done what it says."""
        for status, event_type, hint in self._memory.rows(HEARD, row_id):
            kind, _, news = event_type.partition(".")
            if status != "done" or kind == "dispute" or news in _ON_THE_WAY:
                continue
            reference = _read_hint(hint).reference or ""
            seen = self.attempts.get(reference)
            now = self.refunds.get(reference) if seen is None else seen.status
            is_behind = now in _WAITING or (news == "captured" and now in DEAD)
            if is_behind:
                self.violated("I6", f"{event_type} of {reference} counts as done, and it is {now}")

    def _moved(self, attempt_id: str, seen: Seen, status: AttemptStatus) -> None:
        if status is seen.status:
            return
        if seen.status in DEAD and attempt_id not in self.surprised:
            self.violated("I2", f"{attempt_id} was called {seen.status}, and is {status}")
        if status in DEAD:
            seen.was_dead = True
            self._check_free(attempt_id, seen)
            alive = [each for each in self.at_bank(attempt_id) if each not in _BANK_DEAD]
            if alive:
                self.violated("I2", f"{attempt_id} is called {status}, at the gateway it is {alive[0]}")
        if status is not AttemptStatus.NEEDS_REVIEW and status not in _REACHABLE[seen.status]:
            self.violated("states", f"{attempt_id} went from {seen.status} to {status}")
        if status is AttemptStatus.UNKNOWN:
            seen.unknown_at_s = self._loop.now_s
        elif seen.unknown_at_s is not None:
            since_s = max(seen.unknown_at_s, seen.trouble_at_s)
            self.healed_s.append((since_s, self._loop.now_s))
            if self._loop.now_s - since_s > HEAL_MAX_S:
                self.violated("I5", f"{attempt_id} was unknown for {self._loop.now_s - since_s:.0f} s")
            seen.unknown_at_s = None
        seen.status = status

    def _check_free(self, attempt_id: str, seen: Seen) -> None:
        """A debit takes days; a payer who left their page open does not hold a place for as long."""
        if seen.status is not _S.REQUIRES_ACTION or seen.time_s is None:
            return
        if (late_s := self._loop.now_s - max(seen.begun_s + seen.time_s, seen.trouble_at_s)) > FREE_MAX_S:
            self.violated("I5", f"{attempt_id} held its place for {late_s:.0f} s after its checkout's end")

    def _check_link(self, row_id: int) -> None:
        for row in self._memory.rows(LINK, row_id):
            (link_id, limit, taken, counted, minor, refunded, held, count, total, back, taken_minor, held_minor,
             merchant_id, status, pricing, price, is_out, most) = row  # fmt: skip
            if (taken, taken_minor) != (held, held_minor):
                self.violated(
                    "I9", f"{link_id} counts {taken}/{taken_minor} taken, {held}/{held_minor} are held"
                )
            if pricing:
                self.shelf.check_link(
                    link_id, (merchant_id, status, pricing, price, is_out, minor, most, counted, limit)
                )
            elif is_out:
                self.violated("I4", f"{link_id} is noted as sold out, and has nothing in stock")
            if (counted, minor, refunded) != (count, total, back):
                self.violated(
                    "I3", f"{link_id} counts {counted}/{minor}/{refunded}, it is {count}/{total}/{back}"
                )
            if limit is not None and counted > max(limit, taken):
                self.violated("I3", f"{link_id} has {counted} payments of {limit}")

    def state_of(self, attempt_id: str | None) -> str:
        """How an attempt stands, as a word for the table of pairs."""
        seen = None if attempt_id is None else self.attempts.get(attempt_id)
        return "none" if seen is None else seen.status.value

    def open_attempts(self) -> list[str]:
        """Attempts that nobody knows the end of, and that no person was told of."""
        return [key for key, seen in self.attempts.items() if seen.is_open]

    def ended(self) -> int:
        """Attempts that reached an end."""
        return sum(seen.status in ENDED for seen in self.attempts.values())
