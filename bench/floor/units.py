"""The units of work of the floor: which statements, in which order, with what in between."""

import hashlib
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
import uuid_utils

from bench.floor import statements as sql
from bench.floor.drivers import Many, Row, Unit

_WORD = re.compile(r"\w+")


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A link to make."""

    amount_minor: Annotated[int, msgspec.Meta(ge=1, le=999_999_999_999)]
    currency: Literal["USD", "EUR", "JPY"]
    description: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    note: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    reference: Annotated[str, msgspec.Meta(max_length=200)] = ""
    payments_max: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = 1
    metadata: dict[str, str] = {}


class Link(msgspec.Struct):
    """A link as it is answered."""

    object: str
    id: str
    url: str
    status: str
    version: int
    amount_minor: int
    currency: str
    description: str
    note: str
    reference: str
    payments_max: int | None
    starts_at: datetime | None
    due_at: datetime | None
    expires_at: datetime | None
    redirect_url: str | None
    closed_message: str
    metadata: Any
    allowed_gateways: list[str]
    denied_gateways: list[str]
    captured_count: int
    captured_minor: int
    refunded_minor: int
    created_at: datetime
    updated_at: datetime
    tags: Any
    internal_note: str


class Fact(msgspec.Struct):
    """What the gateway says of a payment."""

    id: str
    reference: str
    status: str
    amount_minor: int
    currency: str
    fee_minor: int
    method: dict[str, str]


encode = msgspec.json.Encoder().encode
decode_asked = msgspec.json.Decoder(Asked).decode
decode_fact = msgspec.json.Decoder(Fact).decode


def now_us() -> int:
    return time.time_ns() // 1_000


def new_id(prefix: str) -> str:
    return prefix + uuid_utils.uuid7().hex


def moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at / 1_000_000, UTC)


def link(row: Row, base_url: str, filing: Row = ("[]", "")) -> Link:
    """A row of payment_link. `filing`: its tags and internal note."""
    created_at, updated_at = moment(row[29]), moment(row[30])
    assert created_at is not None
    assert updated_at is not None
    metadata = msgspec.Raw(row[16].encode())
    return Link(
        "payment_link", row[1], f"{base_url}/p/{row[2]}", row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10],
        moment(row[11]), moment(row[12]), moment(row[13]), row[14], row[15], metadata, row[17].split(),
        row[18].split(), row[24], row[25], row[26], created_at, updated_at, msgspec.Raw(filing[0].encode()), filing[1],
    )  # fmt: skip


def create(merchant: str, by: str, key: str, body: bytes, slug: str, base_url: str) -> Unit:
    """Answers status and body. The same key again answers the same."""
    asked, digest, now = decode_asked(body), hashlib.sha256(body).digest(), now_us()
    if not (yield sql.CLAIM_KEY, (merchant, key, digest, now)):
        kept = yield sql.GET_ANSWER, (merchant, key)
        return (kept[0][1], kept[0][2]) if kept[0][0] == digest else (422, b"")
    link_id = new_id("plink_")
    metadata = encode(asked.metadata).decode()
    yield sql.CLAIM_SLUG, (slug, merchant, link_id)
    row = (
        merchant, link_id, slug, "active", 1, asked.amount_minor, asked.currency, asked.description, asked.note,
        asked.reference, asked.payments_max, None, None, None, None, "", metadata, "", "", "", now, now, None,
    )  # fmt: skip
    yield sql.INSERT_LINK, row
    yield sql.INSERT_VERSION, (merchant, link_id, 1, now, by, encode(asked).decode())
    words = dict.fromkeys(_WORD.findall(f"{slug} {asked.reference} {asked.description}".casefold()))
    yield Many(sql.INSERT_TOKEN, [(merchant, word, link_id) for word in words])
    made = encode(link((*row[:20], None, None, 0, 0, 0, 0, 0, 0, 0, now, now, None), base_url))
    yield from _announce(merchant, "payment_link.created", (link_id, None, link_id), made.decode(), now)
    yield sql.KEEP_ANSWER, (merchant, key, 201, made)
    return 201, made


def receive(merchant: str, account: str, event: str, kind: str, hint: str, body: str) -> Unit:
    """Keeps a verified webhook."""
    return (
        yield (
            sql.INSERT_INBOX,
            (merchant, new_id("ib_"), account, event, kind, hint, body, now_us()),
        )
    )


def lease(statement: str, merchant: str, now: int, token: str) -> Unit:
    """Takes fifty."""
    return (yield statement, (merchant, now, now + 60_000_000, token, 50))


def apply(merchant: str, received: Row, token: str, fact: Fact, base_url: str) -> Unit:
    """A captured payment: the attempt moves, the books are written, the outbox is filled."""
    inbox_id, account = received[0], received[1]
    (attempt_id,) = (yield sql.FIND_ATTEMPT, (merchant, account, fact.id))[0]
    attempt = (yield sql.LOCK_ATTEMPT, (merchant, attempt_id))[0]
    if attempt[6] != "captured":
        seen = (fact.status, fact.reference, fact.amount_minor, fact.currency)
        if seen != ("captured", attempt_id, attempt[7], attempt[8]):
            raise ValueError("to be looked at by a person")
        yield from _capture(merchant, attempt, fact, base_url)
    yield sql.FINISH_INBOX, (merchant, inbox_id, token)


def _capture(merchant: str, attempt: Row, fact: Fact, base_url: str) -> Unit:
    now, attempt_id, link_id, session_id = now_us(), attempt[1], attempt[2], attempt[3]
    amount, currency, method = attempt[7], attempt[8], f"Visa •••• {fact.method['last4']}"
    yield sql.MOVE_ATTEMPT, (
        merchant, attempt_id, attempt[6], "captured", fact.id, amount, fact.fee_minor, method, None, None, 1, 0, now, now, None,
    )  # fmt: skip
    yield sql.FOLLOW_SESSION, (merchant, session_id, attempt_id, "paid")
    booked = new_id("ltx_")
    ledger = (merchant, booked, "capture", f"capture:{attempt_id}", currency, now, now, link_id, attempt_id)
    if (yield sql.INSERT_LEDGER, ledger):
        entries = (
            (f"clearing:{attempt[5]}", amount - fact.fee_minor),
            ("gateway_fees", fact.fee_minor),
            ("sales", -amount),
        )
        yield Many(
            sql.INSERT_ENTRY, [(merchant, booked, account, currency, minor) for account, minor in entries]
        )
    (row,) = yield sql.COUNT_CAPTURE, (merchant, link_id, amount)
    payment = {
        "object": "payment", "id": attempt_id, "payment_link_id": link_id, "checkout_session_id": session_id,
        "status": "captured", "amount_minor": amount, "currency": currency, "captured_minor": amount,
        "refund_requested_minor": attempt[14], "refunded_minor": attempt[15], "fee_minor": fact.fee_minor,
        "gateway": attempt[4], "gateway_account_id": attempt[5], "gateway_ref": fact.id, "method": method,
        "decline_code": None, "is_surplus": False, "review_reason": None, "payer_email": attempt[20],
        "payer_name": attempt[21], "created_at": moment(attempt[22]), "updated_at": moment(now),
        "captured_at": moment(now),
    }  # fmt: skip
    yield from _announce(
        merchant, "payment.captured", (link_id, attempt_id, attempt_id), encode(payment).decode(), now
    )
    if row[10] == 1:
        yield sql.MOVE_LINK, (merchant, link_id, row[3], "completed", None, now)
        filed = yield sql.GET_FILING, (merchant, link_id)
        paid = link((*row[:3], "completed", *row[4:30], now, None), base_url, *filed)
        yield from _announce(
            merchant, "payment_link.completed", (link_id, None, link_id), encode(paid).decode(), now
        )


def _announce(merchant: str, kind: str, about: tuple[str, str | None, str], data: str, now: int) -> Unit:
    """`about`: link, attempt and object of the event."""
    link_id, attempt_id, object_id = about
    event_id = new_id("evt_")
    yield sql.INSERT_EVENT, (merchant, event_id, kind, now, object_id, link_id, attempt_id, data)
    yield sql.INSERT_OUTBOX, (merchant, new_id("ob_"), event_id, now)


def end_promises(merchant: str, promises: Sequence[str], token: str) -> Unit:
    """Nobody has to be told."""
    yield sql.END_PROMISES, (merchant, promises, token)


def count_views(counts: Sequence[tuple[str, str, int, int]]) -> Unit:
    """Adds what was counted in memory."""
    yield Many(sql.VIEWS, counts)
