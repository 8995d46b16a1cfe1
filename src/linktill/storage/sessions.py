"""Checkout sessions: one per form that was submitted, however often it was."""

from typing import Final

from sqlalchemy import and_, bindparam, select, update

from linktill.core.checkout_session import CheckoutSession, SessionStatus
from linktill.core.ids import AttemptId, LinkId, MerchantId, SessionId
from linktill.core.money import Money
from linktill.storage.database import Row, Tx
from linktill.storage.statements import compiled, insert
from linktill.storage.tables import checkout_session

C: Final = checkout_session.c
_THIS: Final = and_(C.merchant_id == bindparam("merchant_id"), C.id == bindparam("session_id"))

_INSERT: Final = compiled(
    insert(checkout_session)
    .on_conflict_do_nothing(index_elements=[C.merchant_id, C.link_id, C.submit_token])
    .returning(C.id)
)
_SELECT: Final = compiled(select(checkout_session).where(_THIS))
_BY_SUBMIT_TOKEN: Final = compiled(
    select(checkout_session).where(
        C.merchant_id == bindparam("merchant_id"),
        C.link_id == bindparam("link_id"),
        C.submit_token == bindparam("submit_token"),
    )
)
_RETRY: Final = compiled(
    update(checkout_session)
    .where(_THIS, C.status == SessionStatus.OPEN, C.attempt_id == bindparam("attempt_before"))
    .values(
        status=SessionStatus.PROCESSING,
        attempt_id=bindparam("attempt_id"),
        attempts=C.attempts + 1,
        link_version=bindparam("link_version"),
        amount_minor=bindparam("amount_minor"),
        currency=bindparam("currency"),
        description=bindparam("description"),
        payer_email=bindparam("payer_email"),
        payer_name=bindparam("payer_name"),
        expires_at=bindparam("expires_at"),
        language=bindparam("language"),
    )
    .returning(C.id)
)
_FOLLOW: Final = compiled(
    update(checkout_session)
    .where(_THIS, C.attempt_id == bindparam("attempt_id"))
    .values(status=bindparam("status"))
)

_SET_EXPIRY: Final = compiled(
    update(checkout_session).where(_THIS).values(expires_at=bindparam("expires_at"))
)
_SET_LANGUAGE: Final = compiled(
    update(checkout_session)
    .where(_THIS, C.attempt_id == bindparam("attempt_id"))
    .values(language=bindparam("language"))
)


def _session(row: Row) -> CheckoutSession:
    (merchant_id, session_id, link_id, link_version, status, amount_minor, currency, description, submit_token,
     token, attempt_id, attempts, payer_email, payer_name, created_at, expires_at, language) = row  # fmt: skip
    return CheckoutSession(
        merchant_id,
        session_id,
        link_id,
        link_version,
        SessionStatus(status),
        Money(amount_minor, currency),
        description,
        submit_token,
        token,
        attempt_id,
        attempts,
        payer_email,
        payer_name,
        created_at,
        expires_at,
        language,
    )


async def insert_session(tx: Tx, session: CheckoutSession) -> bool:
    """A new session. False: this form was submitted before."""
    row = await tx.one(
        _INSERT,
        merchant_id=session.merchant_id,
        id=session.id,
        link_id=session.link_id,
        link_version=session.link_version,
        status=session.status,
        amount_minor=session.amount.minor,
        currency=session.amount.currency,
        description=session.description,
        submit_token=session.submit_token,
        token=session.token,
        attempt_id=session.attempt_id,
        attempts=session.attempts,
        payer_email=session.payer_email,
        payer_name=session.payer_name,
        created_at=session.created_at,
        expires_at=session.expires_at,
        language=session.language,
    )
    return row is not None


async def get_session(tx: Tx, merchant_id: MerchantId, session_id: SessionId) -> CheckoutSession | None:
    """The session, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, session_id=session_id)
    return None if row is None else _session(row)


async def session_of_form(
    tx: Tx, merchant_id: MerchantId, link_id: LinkId, submit_token: str
) -> CheckoutSession | None:
    """The session that this form made when it was submitted before, or None."""
    row = await tx.one(_BY_SUBMIT_TOKEN, merchant_id=merchant_id, link_id=link_id, submit_token=submit_token)
    return None if row is None else _session(row)


async def retry_session(tx: Tx, session: CheckoutSession, *, attempt_before: AttemptId) -> bool:
    """Puts a new attempt and a new snapshot into an open session. False: someone was faster."""
    row = await tx.one(
        _RETRY,
        merchant_id=session.merchant_id,
        session_id=session.id,
        attempt_before=attempt_before,
        attempt_id=session.attempt_id,
        link_version=session.link_version,
        amount_minor=session.amount.minor,
        currency=session.amount.currency,
        description=session.description,
        payer_email=session.payer_email,
        payer_name=session.payer_name,
        expires_at=session.expires_at,
        language=session.language,
    )
    return row is not None


async def follow_attempt(
    tx: Tx, merchant_id: MerchantId, session_id: SessionId, attempt_id: AttemptId, status: SessionStatus
) -> None:
    """Sets the session's status after its latest attempt; an older attempt's news leave it alone."""
    await tx.run(
        _FOLLOW, merchant_id=merchant_id, session_id=session_id, attempt_id=attempt_id, status=status
    )


async def set_language(tx: Tx, session: CheckoutSession, language: str) -> None:
    """The payer wants to read this. A try that was begun meanwhile keeps what it was begun with."""
    await tx.run(
        _SET_LANGUAGE,
        merchant_id=session.merchant_id,
        session_id=session.id,
        attempt_id=session.attempt_id,
        language=language,
    )


async def set_expiry(tx: Tx, session: CheckoutSession, expires_at: int) -> None:
    """The payer has time until then."""
    await tx.run(_SET_EXPIRY, merchant_id=session.merchant_id, session_id=session.id, expires_at=expires_at)
