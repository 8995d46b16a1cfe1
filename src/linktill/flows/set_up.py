"""First run: whoever can read the console makes the first merchant and its owner, once."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias

from email_validator import EmailNotValidError, validate_email

from linktill.core import ids as prefixes
from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.currencies import EXPONENTS
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid, GatewayTrouble, TransitionRefused
from linktill.core.ids import MemberId, MerchantId
from linktill.core.merchant import EMAIL_MAX, Member, Merchant, Mode, Role, name_error
from linktill.core.password import password_error
from linktill.core.sentence import sentence
from linktill.flows.services import Services
from linktill.flows.sign_in import email_key
from linktill.platform.ids import ALPHABET
from linktill.platform.log import get_logger
from linktill.platform.passwords import Passwords
from linktill.storage import directory
from linktill.storage.database import Tx
from linktill.storage.errors import SettingInvalid
from linktill.storage.gateway_accounts import every_account_of
from linktill.storage.installation import claim_fact, get_fact, put_fact, remove_fact
from linktill.storage.members import insert_member
from linktill.storage.merchants import insert_merchant

log = get_logger(__name__)

OpenAccount: TypeAlias = Callable[[MerchantId], Awaitable[None]]
"""Opens the merchant's first account at a gateway (the sandbox). Called again after a failure, it must not open a second."""

OFFER_FACT: Final = "set_up_token"
MERCHANT_FACT: Final = "set_up_merchant"
KEY_FACT: Final = "vault_key"
_TOKEN_GROUPS: Final = 5
_TOKEN_GROUP_CHARS: Final = 5
_DONE: Final = "This installation is set up already. Sign in instead."


@dataclass(frozen=True, slots=True)
class NewInstallation:
    """What the first page asks for."""

    business_name: str
    email: str
    password: str
    currency: str


@dataclass(frozen=True, slots=True)
class Installed:
    """The first merchant and its owner."""

    merchant: Merchant
    owner: Member


async def is_set_up(services: Services) -> bool:
    """Whether somebody has set this installation up."""
    return await services.database.read(get_fact, MERCHANT_FACT) is not None


async def new_set_up_token(services: Services) -> str | None:
    """A token for the console; the one printed before ends. None: the installation is set up, there is nothing to print."""
    drawn = sha256(services.randomness.token(32).encode()).digest()
    letters = "".join(ALPHABET[byte % 32] for byte in drawn[: _TOKEN_GROUPS * _TOKEN_GROUP_CHARS])
    groups = [letters[at : at + _TOKEN_GROUP_CHARS] for at in range(0, len(letters), _TOKEN_GROUP_CHARS)]
    token = "-".join(groups)
    is_open = await services.database.run(_offer, _hash(token))
    return token if is_open else None


async def set_up(
    services: Services,
    passwords: Passwords,
    fields: NewInstallation,
    *,
    token: str,
    open_account: OpenAccount,
) -> Installed:
    """As `create_installation`, for whoever has the console's token. Also raises FieldInvalid for `token`."""
    token_hash = _hash(token)
    # Before the password is hashed: strangers must not make us work.
    await services.database.read(_check_token, token_hash)
    return await _create(services, passwords, fields, token_hash=token_hash, open_account=open_account)


async def create_installation(
    services: Services, passwords: Passwords, fields: NewInstallation, *, open_account: OpenAccount
) -> Installed:
    """The first merchant, in test mode, with its owner. For whoever runs commands on this machine.

    Raises FieldsInvalid, and TransitionRefused when the installation is set up already, even a moment ago.
    """
    return await _create(services, passwords, fields, token_hash=None, open_account=open_account)


async def finish_set_up(services: Services, open_account: OpenAccount) -> None:
    """Opens the first account if it is missing: the gateway could not be reached, or we died between. Called at start."""
    merchant_id = await services.database.read(get_fact, MERCHANT_FACT)
    if merchant_id is None:
        return
    if await services.database.read(every_account_of, MerchantId(merchant_id)):
        return
    try:
        await open_account(MerchantId(merchant_id))
    except GatewayTrouble as trouble:
        log.warning("gateway_account.not_opened", merchant_id=merchant_id, reason=str(trouble))


async def check_vault_key(services: Services) -> None:
    """Called at start: a database whose secrets were sealed with another key must not get new ones with this.

    Raises SettingInvalid.
    """
    proof = services.vault.proof()
    if await services.database.read(get_fact, KEY_FACT) == proof:
        return
    if await services.database.run(claim_fact, KEY_FACT, proof) != proof:
        raise SettingInvalid(
            "LINKTILL_SECRET_KEY: this database was made with another secret key. Give the key that it was made with: "
            "the file secret.key in the data folder of the first server, or from your backup."
        )


async def _create(
    services: Services,
    passwords: Passwords,
    fields: NewInstallation,
    *,
    token_hash: str | None,
    open_account: OpenAccount,
) -> Installed:
    email = _checked(fields)
    now = services.clock.now_us()
    merchant_id = MerchantId(services.ids.new(prefixes.MERCHANT))
    name = fields.business_name.strip()
    new = Installed(
        Merchant(merchant_id, Mode.TEST, name, email, fields.currency, email, now),
        Member(merchant_id, MemberId(services.ids.new(prefixes.MEMBER)), email, "", Role.OWNER),
    )
    password_hash = await passwords.hash(fields.password)
    await services.database.run(_install, new, password_hash, token_hash)
    log.info("installation.set_up", merchant_id=merchant_id)
    await finish_set_up(services, open_account)
    return new


async def _install(tx: Tx, new: Installed, password_hash: str, token_hash: str | None) -> None:
    # Claimed first: of two who are here at once, the second waits for the first and then sees that it is done.
    first = await claim_fact(tx, MERCHANT_FACT, new.merchant.id)
    if first != new.merchant.id:
        raise TransitionRefused(_DONE)
    key = email_key(new.owner.email)
    if not await directory.claim(tx, directory.EMAIL, key, new.merchant.id, new.owner.id):
        place = await directory.find(tx, directory.EMAIL, key)
        if place is None or place.target_id != new.owner.id:
            raise FieldInvalid("email", "This address signs in for somebody else already.")
        return  # run again after a lost answer: all of this is there
    if token_hash is not None:
        await _match_token(tx, token_hash)
    await remove_fact(tx, OFFER_FACT)
    await insert_merchant(tx, new.merchant)
    await insert_member(tx, new.owner, password_hash=password_hash, now=new.merchant.created_at)


async def _offer(tx: Tx, token_hash: str) -> bool:
    if await get_fact(tx, MERCHANT_FACT) is not None:
        return False
    await put_fact(tx, OFFER_FACT, token_hash)
    return True


async def _check_token(tx: Tx, token_hash: str) -> None:
    if await get_fact(tx, MERCHANT_FACT) is not None:
        raise TransitionRefused(_DONE)
    await _match_token(tx, token_hash)


async def _match_token(tx: Tx, token_hash: str) -> None:
    offered = await get_fact(tx, OFFER_FACT)
    if offered is None or not hmac.compare_digest(offered, token_hash):
        raise FieldInvalid("token", "This is not the token that the server printed when it last started.")


def _checked(fields: NewInstallation) -> str:
    """The address as it is kept. Raises FieldsInvalid, naming every field at fault."""
    email, email_error = checked_email("email", fields.email)
    errors = (
        name_error("business_name", fields.business_name),
        email_error,
        password_error("password", fields.password, known=(fields.email, fields.business_name)),
        currency_error("currency", fields.currency),
    )
    found = tuple(error for error in errors if error is not None)
    if found:
        raise FieldsInvalid(found)
    return email


def checked_email(param: str, email: str) -> tuple[str, FieldError | None]:
    """The address as it is kept, and what is wrong with it."""
    if len(email) > EMAIL_MAX:
        return "", FieldError(
            param, sentence("An e-mail address has at most %(count)s characters.", count=EMAIL_MAX)
        )
    try:
        valid = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "", FieldError(param, sentence("Give an e-mail address, such as name@example.com."))
    if has_card_number(valid.normalized):
        return "", FieldError(param, REMOVE_IT)
    return valid.normalized, None


def currency_error(param: str, currency: str) -> FieldError | None:
    """What is wrong with a currency code, or None."""
    if currency not in EXPONENTS:
        return FieldError(param, "Choose a currency, such as USD or EUR.")
    return None


def _hash(token: str) -> str:
    """Of the token as it was meant: typed large or small, with or without hyphens, O for 0, I or L for 1."""
    meant = token.casefold().translate(str.maketrans("oil", "011"))
    return sha256("".join(meant[:100].replace("-", "").split()).encode("utf-8", "replace")).hexdigest()
