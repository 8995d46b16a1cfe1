"""Gets what a webhook can be checked with, ahead of the check itself: PayPal's certificate, or else PayPal's own verdict.

`verify` is pure and asks nobody; this asks. A stranger can send webhooks as well, so nothing here grows or is asked without
end: addresses are PayPal's own, what was fetched is kept, and what could not be is not fetched again for a while.
"""

import asyncio
import base64
import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from importlib import import_module
from typing import Final, TypeVar, cast, final

import msgspec

from linktill.gateways.answers import Nonsense, read
from linktill.gateways.contract import Account, NotVerifiedYet, SignatureRefused, Unavailable
from linktill.gateways.paypal import shapes, signature
from linktill.gateways.paypal.client import PayPalClient
from linktill.gateways.paypal.signature import Delivery, Issuers, Key, NotTrusted
from linktill.gateways.paypal.tokens import TIMEOUT_S, USER_AGENT
from linktill.platform.clock import Clock
from linktill.platform.http import HttpClient, HttpRequest, NoAnswer, NotSent

K = TypeVar("K")
V = TypeVar("V")

KEPT_MAX: Final = 100
VERDICTS_MAX: Final = 1_000
AGAIN_S: Final = 300.0
"""So long an address that had no certificate of PayPal's is not asked again."""
FETCHES_MAX: Final = 20
"""Certificates fetched in `AGAIN_S`. PayPal changes its own once a year; more are made up."""

ASKING_MAX: Final = 4
"""So many questions to PayPal at a time: a flood of made-up webhooks must not use up what payments may ask."""


@final
class Believing:
    """What is known of PayPal's signatures. Forgotten with the process, and got again."""

    def __init__(self, http: HttpClient, clock: Clock, client: PayPalClient, issuers: Issuers | None) -> None:
        self._http = http
        self._clock = clock
        self._client = client
        self._issuers = issuers
        self._keys: OrderedDict[str, Key | None] = OrderedDict()
        """None: a certificate that leads to nobody we know. Then PayPal is asked about each webhook."""
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._verdicts: OrderedDict[str, None] = OrderedDict()
        self._fetched_s: list[float] = []
        self._lock = asyncio.Lock()
        self._asking = asyncio.Semaphore(ASKING_MAX)

    def check(self, account: Account, sent: Delivery, body: bytes, *, now: int) -> None:
        """Raises SignatureRefused, and NotVerifiedYet before `prepare`."""
        ids = signature.webhook_ids(account.webhook_secrets)
        key = self._keys.get(sent.certificate_url)
        if key is not None and key.is_valid(now):
            signature.verify(key, ids, sent, body)
        elif not any(_digest(each, sent, body) in self._verdicts for each in ids):
            raise NotVerifiedYet("PayPal's certificate must be fetched first.")

    async def prepare(self, account: Account, sent: Delivery, body: bytes, *, now: int) -> None:
        """Afterwards `check` knows. Raises SignatureRefused where PayPal says so, and the three kinds of GatewayError."""
        ids = signature.webhook_ids(account.webhook_secrets)
        async with self._lock:
            key = self._keys.get(sent.certificate_url)
            if sent.certificate_url not in self._keys or (key is not None and not key.is_valid(now)):
                key = await self._fetch(sent.certificate_url, now)
                _keep(self._keys, sent.certificate_url, key, KEPT_MAX)
        if key is None:
            async with self._asking:
                await self._ask(account, ids, sent, body)

    async def _fetch(self, url: str, now: int) -> Key | None:
        self._spend(url)
        try:
            response = await self._http.send(
                HttpRequest("GET", url, {"user-agent": USER_AGENT}, b"", TIMEOUT_S)
            )
        except (NotSent, NoAnswer) as error:
            raise Unavailable(f"PayPal's certificate could not be fetched: {error}.") from error
        if response.status in {400, 404, 410}:
            _keep(self._missing, url, self._clock.monotonic_s() + AGAIN_S, KEPT_MAX)
            raise SignatureRefused("PayPal has no such certificate.")
        if response.status != 200 or response.is_truncated or b"BEGIN CERTIFICATE" not in response.body:
            raise Unavailable(f"PayPal gave no certificate (status {response.status}).")
        certificates = import_module("linktill.gateways.paypal.certificates")
        issuers = self._issuers or certificates.digicert()
        name = certificates.subject_name(url)
        try:
            return cast("Key", certificates.signing_key(response.body, issuers, name=name, at=now))
        except NotTrusted:
            return None

    def _spend(self, url: str) -> None:
        now_s = self._clock.monotonic_s()
        if self._missing.get(url, now_s) > now_s:
            raise SignatureRefused("PayPal has no such certificate.")
        self._fetched_s = [each for each in self._fetched_s if now_s - each < AGAIN_S]
        if len(self._fetched_s) >= FETCHES_MAX:
            raise Unavailable("Too many new certificates at once.", retry_after_s=round(AGAIN_S))
        self._fetched_s.append(now_s)

    async def _ask(self, account: Account, ids: Iterable[str], sent: Delivery, body: bytes) -> None:
        for webhook_id in ids:
            answer = await self._client.ask(
                account, "/v1/notifications/verify-webhook-signature", question(webhook_id, sent, body)
            )
            if answer.read(shapes.Verdict).verification_status == "SUCCESS":
                _keep(self._verdicts, _digest(webhook_id, sent, body), None, VERDICTS_MAX)
                return
        raise SignatureRefused("PayPal says that it did not sign this.")


def question(webhook_id: str, sent: Delivery, body: bytes) -> bytes:
    """Asks PayPal whether it signed this. The event goes in byte for byte: written anew, it would have another sum.

    Raises SignatureRefused for a body that is no JSON object: it could say more than what it is put in for.
    Source: https://developer.paypal.com/docs/api/webhooks/v1/#verify-webhook-signature_post
    """
    try:
        read(body, dict[str, object])
    except Nonsense:
        raise SignatureRefused("The body is not an event of PayPal's.") from None
    fields = {
        "auth_algo": signature.ALGORITHM,
        "cert_url": sent.certificate_url,
        "transmission_id": sent.id,
        "transmission_sig": base64.b64encode(sent.signature).decode(),
        "transmission_time": sent.time,
        "webhook_id": webhook_id,
    }
    return msgspec.json.encode(fields)[:-1] + b',"webhook_event":' + body + b"}"


def _digest(webhook_id: str, sent: Delivery, body: bytes) -> str:
    parts = (
        webhook_id,
        sent.id,
        sent.time,
        sent.certificate_url,
        sent.signature.hex(),
        hashlib.sha256(body).hexdigest(),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
