"""What the company does by itself: jobs when they are due, and webhooks until they are acknowledged.

At most once is nowhere promised: a webhook that was under way at `kill -9` goes out again when its lease is over.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, final

from linktill.platform.addresses import UrlRefused, parse_target
from linktill.platform.http import HttpClient, HttpRequest, NoAnswer, NotSent
from linktill.platform.log import get_logger
from linktill.sandbox import disputes, holds, payments, payouts, refunds
from linktill.sandbox.company import Company
from linktill.sandbox.database import StorageFailed, Tx
from linktill.sandbox.events import SIGNATURE_HEADER, signature
from linktill.sandbox.jobs import JobKind, take_due
from linktill.sandbox.rules import EVENT_LASTS_US, LOOKS_EVERY_S, SECOND_US, retry_at

JOBS_AT_ONCE_MAX: Final = 200
IN_FLIGHT_MAX: Final = 32
TIMEOUT_S: Final = 5.0
LEASE_US: Final = 7 * SECOND_US
"""Longer than the timeout: a delivery is under way in one process only."""
TROUBLE_PAUSE_S: Final = 1.0
PRUNED_MAX: Final = 1_000

_log = get_logger("sandbox")


@dataclass(frozen=True, slots=True)
class _Parcel:
    """One try to deliver one event."""

    seq: int
    tries: int
    event_id: str
    created_at: int
    body: bytes
    url: str
    secret: str


@final
class Courier:
    """`private_webhooks`: webhooks may go to any address. Otherwise only those to the company's own origin may be private."""

    def __init__(self, company: Company, http: HttpClient, *, private_webhooks: bool) -> None:
        self._company = company
        self._http = http
        self._private_webhooks = private_webhooks
        self._origin = parse_target(company.base_url)
        self._woken = asyncio.Event()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        company.db.on_wake = self._woken.set

    def start(self) -> None:
        """Begins to work. Doing so twice is harmless."""
        if self._loop is None:
            self._loop = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Ends now; what was under way goes out again later."""
        tasks = [task for task in (self._loop, *self._in_flight) if task is not None]
        self._loop = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run_due(self) -> int:
        """Does what is due now and waits for its deliveries; answers how much that was. For tests and the simulator."""
        done = await self._step()
        await asyncio.gather(*self._in_flight)
        return done

    def next_due_at(self) -> int | None:
        """When something is due next (microseconds UTC), or None."""
        return min((at for at in self._due() if at is not None), default=None)

    def _due(self) -> tuple[int | None, int | None]:
        """When the next job is due, and when the next delivery."""
        row = self._company.db.read(
            lambda tx: tx.one("SELECT (SELECT min(due_at) FROM job), (SELECT min(due_at) FROM delivery)")
        )
        assert row is not None, "a list of values is one row"
        job_at, delivery_at = row
        return job_at, delivery_at

    async def _work(self) -> None:
        is_pruned = False
        while True:
            self._woken.clear()
            try:
                if not is_pruned:
                    await self._company.db.write(_prune)
                    is_pruned = True
                done = await self._step()
            except Exception:  # noqa: BLE001 - the loop of a worker
                # A full disk, or a job that cannot be done: seen in the log, and tried again rather than forgotten.
                _log.exception("sandbox.step_failed")
                await self._company.clock.sleep(TROUBLE_PAUSE_S)
                continue
            if done == 0 or len(self._in_flight) >= IN_FLIGHT_MAX:
                await self._rest()

    async def _rest(self) -> None:
        """Until woken, or until something is due."""
        due_at = self.next_due_at()
        pause_s = LOOKS_EVERY_S
        if due_at is not None and len(self._in_flight) < IN_FLIGHT_MAX:
            pause_s = min(LOOKS_EVERY_S, max(0.0, (due_at - self._company.clock.now_us()) / SECOND_US))
        alarm = asyncio.ensure_future(self._company.clock.sleep(pause_s))
        alarm.add_done_callback(self._alarm_rang)
        try:
            await self._woken.wait()
        finally:
            alarm.cancel()

    def _alarm_rang(self, alarm: asyncio.Future[None]) -> None:
        if not alarm.cancelled():
            self._woken.set()

    async def _step(self) -> int:
        """Does the jobs that are due, and sets off as many deliveries as have room."""
        now = self._company.clock.now_us()
        jobs_done = 0
        job_at, delivery_at = self._due()
        if job_at is not None and job_at <= now:
            jobs_done = await self._company.db.write(self._do_jobs)
            _, delivery_at = self._due()
        room = IN_FLIGHT_MAX - len(self._in_flight)
        if room <= 0 or delivery_at is None or delivery_at > now:
            return jobs_done
        parcels = await self._company.db.write(lambda tx: _claim(tx, room))
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._in_flight.add(task)
            task.add_done_callback(self._landed)
        return jobs_done + len(parcels)

    def _do_jobs(self, tx: Tx) -> int:
        due = take_due(tx, JOBS_AT_ONCE_MAX)
        base_url = self._company.base_url
        for kind, subject_id in due:
            match kind:
                case JobKind.EXPIRE:
                    payments.expire(tx, base_url, subject_id)
                case JobKind.LET_GO:
                    holds.let_go(tx, base_url, subject_id)
                case JobKind.SETTLE_DEBIT:
                    payments.take(tx, base_url, subject_id)
                case JobKind.RETURN_DEBIT:
                    payments.fail(tx, base_url, subject_id, "debit_returned")
                case JobKind.SETTLE_REFUND:
                    refunds.settle(tx, subject_id)
                case JobKind.FAIL_REFUND:
                    refunds.fail(tx, subject_id)
                case JobKind.OPEN_DISPUTE:
                    disputes.open_dispute(tx, subject_id)
                case JobKind.DECIDE_DISPUTE:
                    disputes.decide(tx, subject_id)
                case JobKind.RULE_ON_EVIDENCE:
                    disputes.rule(tx, subject_id)
                case JobKind.SETTLE_PAYOUT:
                    payouts.settle(tx, subject_id)
        return len(due)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._in_flight.discard(task)
        self._woken.set()

    async def _deliver(self, parcel: _Parcel) -> None:
        reason = await self._post(parcel)
        now = self._company.clock.now_us()
        again_at = None
        if reason is not None:
            jitter = self._company.randomness.uniform(0.9, 1.1)
            again_at = retry_at(parcel.created_at, now, parcel.tries, jitter)
            _log.warning(
                "sandbox_webhook.failed", event_id=parcel.event_id, tries=parcel.tries, reason=reason
            )
        try:
            await self._company.db.write(lambda tx: _settle(tx, parcel, again_at))
        except StorageFailed as error:
            # The lease ends by itself, and the event goes out again.
            _log.error("sandbox.storage_failed", reason=str(error))

    async def _post(self, parcel: _Parcel) -> str | None:
        """None: delivered, or there is nowhere to deliver to. Otherwise why not."""
        if not parcel.url or self._company.faults.are_webhooks_lost:
            return None
        timestamp_s = self._company.clock.now_us() // SECOND_US
        request = HttpRequest(
            "POST",
            parcel.url,
            {
                "content-type": "application/json",
                SIGNATURE_HEADER: signature(parcel.secret, timestamp_s, parcel.body),
                "user-agent": "Linktill-Sandbox/1",
            },
            parcel.body,
            TIMEOUT_S,
            may_be_private=self._may_be_private(parcel.url),
        )
        try:
            response = await self._http.send(request)
        except (NotSent, NoAnswer) as error:
            return str(error)
        return None if 200 <= response.status < 300 else f"HTTP {response.status}"

    def _may_be_private(self, url: str) -> bool:
        """A merchant chooses the URL, so it must not lead behind the firewall, except back to where the company itself is."""
        if self._private_webhooks:
            return True
        try:
            return parse_target(url) == self._origin
        except UrlRefused:
            return False


def _claim(tx: Tx, limit: int) -> list[_Parcel]:
    rows = tx.all(
        """
        SELECT d.seq, d.tries + 1, e.id, e.created_at, e.body, a.webhook_url, a.webhook_secret
        FROM delivery d JOIN event e ON e.id = d.event_id JOIN account a ON a.id = e.account_id
        WHERE d.due_at <= :now ORDER BY d.due_at, d.seq LIMIT :limit
        """,
        now=tx.now,
        limit=limit,
    )
    parcels = [_Parcel(*row) for row in sorted(rows)]
    for parcel in parcels:
        tx.run(
            "UPDATE delivery SET due_at = :lease_until, tries = :tries WHERE seq = :seq",
            lease_until=tx.now + LEASE_US,
            tries=parcel.tries,
            seq=parcel.seq,
        )
    return parcels


def _settle(tx: Tx, parcel: _Parcel, again_at: int | None) -> None:
    """`tries` fences: whoever outlived its lease changes nothing."""
    if again_at is None:
        tx.run("DELETE FROM delivery WHERE seq = :seq AND tries = :tries", seq=parcel.seq, tries=parcel.tries)
    else:
        tx.run(
            "UPDATE delivery SET due_at = :due_at WHERE seq = :seq AND tries = :tries",
            seq=parcel.seq,
            tries=parcel.tries,
            due_at=again_at,
        )


def _prune(tx: Tx) -> None:
    """Events are kept for a month; no delivery outlives three days."""
    tx.run(
        "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE created_at < :before ORDER BY created_at LIMIT :limit)",
        before=tx.now - EVENT_LASTS_US,
        limit=PRUNED_MAX,
    )
