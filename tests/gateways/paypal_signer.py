"""Signs webhooks as PayPal does, with certificates of our own."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from linktill.gateways.paypal.signature import Issuers

HOST = "messageverificationcerts.sandbox.paypal.com"
URL = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    """Made once for all tests: making one takes a while."""
    assert number >= 0
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class Signer:
    """A root, PayPal's certificate from it, and the key that goes with it."""

    at: int
    host: str = HOST
    days: int = 365
    root_number: int = 0
    root: x509.Certificate = field(init=False)
    leaf: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        self.root = self._made("Test Root", _key(self.root_number), None)
        self.leaf = self._made("PayPal, Inc.", _key(100), self.root)

    def _made(self, name: str, key: rsa.RSAPrivateKey, issuer: x509.Certificate | None) -> x509.Certificate:
        root_key = _key(self.root_number)
        start = datetime.fromtimestamp(self.at // 1_000_000, UTC) - timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(name) if issuer is None else issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=self.days))
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
            )
        )
        if issuer is None:
            usage = x509.KeyUsage(
                digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
            )  # fmt: skip
            builder = builder.add_extension(usage, critical=True).add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        else:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(self.host)]), critical=False
            ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        return builder.sign(root_key, hashes.SHA256())

    @property
    def issuers(self) -> Issuers:
        return Issuers((self.root.public_bytes(serialization.Encoding.PEM),))

    @property
    def pem(self) -> bytes:
        return self.leaf.public_bytes(serialization.Encoding.PEM)

    def headers(
        self, webhook_id: str, body: bytes, *, at: int, transmission_id: str = "tr-1"
    ) -> dict[str, str]:
        """As PayPal sends them; `at` in microseconds UTC."""
        time = datetime.fromtimestamp(at // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = f"{transmission_id}|{time}|{webhook_id}|{binascii.crc32(body)}".encode()
        signature = _key(100).sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {
            "content-type": "application/json",
            "paypal-transmission-id": transmission_id,
            "paypal-transmission-time": time,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-cert-url": URL,
            "paypal-auth-algo": "SHA256withRSA",
        }
