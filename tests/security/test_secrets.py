"""Secrets at rest: bound to their place, to one key, and never rewritten unseen."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import KeyUnusable, SealBroken, Vault, key_from_file, parse_key

KEY = bytes(range(32))
PLACE = "mer_1:gateway_account:credentials:gwa_1"


def vault(key=KEY):
    return Vault(key, SystemRandomness())


def test_what_is_sealed_opens():
    sealed = vault().seal(b"sk_1", context=PLACE)
    assert vault().open(sealed, context=PLACE) == b"sk_1"
    assert sealed[0] == 1
    assert len(sealed) == 1 + 12 + 4 + 16
    assert b"sk_1" not in sealed


def test_no_two_seals_are_alike():
    assert len({vault().seal(b"same", context=PLACE)[1:13] for _ in range(100)}) == 100


@pytest.mark.parametrize("context", ["", "mer_2:gateway_account:credentials:gwa_1", PLACE + "x"])
def test_another_place_does_not_open(context):
    with pytest.raises(SealBroken):
        vault().open(vault().seal(b"sk_1", context=PLACE), context=context)


def test_another_key_does_not_open():
    with pytest.raises(SealBroken):
        vault(bytes(32)).open(vault().seal(b"sk_1", context=PLACE), context=PLACE)


def test_each_changed_byte_is_seen():
    sealed = vault().seal(b"sk_1", context=PLACE)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes((sealed[at] ^ 1,)) + sealed[at + 1 :]
        with pytest.raises(SealBroken):
            vault().open(changed, context=PLACE)
    with pytest.raises(SealBroken):
        vault().open(sealed[:20], context=PLACE)


def test_proof_tells_keys_apart():
    assert vault().proof() == vault().proof() != vault(bytes(32)).proof()


@pytest.mark.parametrize(
    "text",
    [
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
    ],
)
def test_a_key_in_either_spelling(text):
    assert parse_key(text) == KEY


@pytest.mark.parametrize("text", ["", "secret", "é" * 64, "0" * 63, "z" * 64, "AAEC"])
def test_what_is_no_key_is_refused_without_naming_it(text):
    with pytest.raises(KeyUnusable) as refused:
        parse_key(text)
    assert not text or text not in str(refused.value)


def test_a_key_file_is_made_once_for_the_owner_alone(tmp_path):
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: key_from_file(path, SystemRandomness()), range(8)))
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "secret.key"
    key_from_file(path, SystemRandomness())
    path.chmod(0o640)
    with pytest.raises(KeyUnusable, match="chmod 600"):
        key_from_file(path, SystemRandomness())


def test_a_damaged_key_file_is_not_replaced(tmp_path):
    path = tmp_path / "secret.key"
    path.write_text("short")
    path.chmod(0o600)
    with pytest.raises(KeyUnusable, match="backup"):
        key_from_file(path, SystemRandomness())
    assert path.read_text() == "short"
