"""Where the vault's keys are: one suite for the file and for a PKCS#11 token (SoftHSM)."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11
import pytest

from identity.adapters.key_stores.key_file import KeyFile
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
from identity.application.vault.errors import KeyRefused, SealBroken, VaultClosed
from identity.application.vault.ports import KeyStore

WRAP, OTHER, INDEX = "wrap-20261126T000000Z", "wrap-20261127T000000Z", "index-20261126T000000Z"
MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]
TOKEN, PIN = "vault", "12345678"
DATA_KEY = bytes(range(32))

Opened = Callable[[], KeyStore]


@pytest.fixture(scope="session")
def soft_hsm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A token of this test run alone; the path of the library. The library is loaded once a process."""
    module = next((str(path) for path in MODULES if path.exists()), None)
    if module is None:
        pytest.fail("SoftHSM is not there: apt-get install softhsm2", pytrace=False)
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(config)
    init = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--so-pin", PIN, "--pin", PIN]
    subprocess.run(init, check=True, capture_output=True, timeout=60)
    return module


@pytest.fixture(params=["file", "pkcs11"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    """Opens the store, each time as a process of its own would; empty at first."""
    if request.param == "file":
        return lambda: KeyFile(tmp_path / "keys.json")
    module = request.getfixturevalue("soft_hsm")
    store = Pkcs11Token(module, TOKEN, PIN)
    for key_id in store.key_ids():
        store.remove(key_id)
    return lambda: store  # a process has one session with a token


@pytest.fixture
def store(opened: Opened) -> KeyStore:
    made = opened()
    for key_id in (WRAP, OTHER, INDEX):
        made.add(key_id)
    return made


def test_keys_are_there_once_they_are_added_and_not_when_they_are_removed(opened: Opened) -> None:
    store = opened()
    assert list(store.key_ids()) == []
    store.add(WRAP)
    store.add(INDEX)
    assert set(opened().key_ids()) == {WRAP, INDEX}
    with pytest.raises(KeyRefused, match="already"):
        store.add(WRAP)
    store.remove(WRAP)
    with pytest.raises(KeyRefused, match="no key"):
        store.remove(WRAP)
    assert list(opened().key_ids()) == [INDEX]


def test_a_data_key_is_opened_by_its_key_in_its_context_only(store: KeyStore, opened: Opened) -> None:
    wrapped = store.wrap(WRAP, DATA_KEY, b"context")
    assert opened().unwrap(WRAP, wrapped, b"context") == DATA_KEY
    assert DATA_KEY not in wrapped
    assert store.wrap(WRAP, DATA_KEY, b"context") != wrapped
    tampered = bytes([wrapped[0], *wrapped[1:-1], wrapped[-1] ^ 1])
    for key_id, text, context in [
        (OTHER, wrapped, b"context"),
        (WRAP, wrapped, b"another"),
        (WRAP, tampered, b"context"),
        (WRAP, wrapped[:-1], b"context"),
    ]:
        with pytest.raises(SealBroken):
            store.unwrap(key_id, text, context)
    assert store.unwrap(WRAP, wrapped, b"context") == DATA_KEY  # none of it spoiled anything


def test_a_digest_is_of_the_key_and_the_message(store: KeyStore, opened: Opened) -> None:
    store.add("index-20261127T000000Z")
    digests = {
        store.digest(INDEX, b"one"),
        store.digest(INDEX, b"other"),
        store.digest("index-20261127T000000Z", b"one"),
    }
    assert {len(digest) for digest in digests} == {32}
    assert len(digests) == 3
    assert opened().digest(INDEX, b"one") in digests


def test_a_key_that_is_not_there_closes_the_vault_and_the_others_go_on(store: KeyStore) -> None:
    wrapped = store.wrap(WRAP, DATA_KEY, b"")
    store.remove(WRAP)
    with pytest.raises(VaultClosed):
        store.unwrap(WRAP, wrapped, b"")
    with pytest.raises(VaultClosed):
        store.wrap(WRAP, DATA_KEY, b"")
    with pytest.raises(VaultClosed):
        store.digest("index-20200101T000000Z", b"one")
    assert store.wrap(OTHER, DATA_KEY, b"")


def test_many_threads_use_one_store(store: KeyStore) -> None:
    def there_and_back(number: int) -> bool:
        context = str(number).encode()
        return store.unwrap(WRAP, store.wrap(WRAP, DATA_KEY, context), context) == DATA_KEY

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(there_and_back, range(200)))


def test_a_key_of_another_process_is_noticed_in_the_file_at_once(tmp_path: Path) -> None:
    one, other = KeyFile(tmp_path / "keys.json"), KeyFile(tmp_path / "keys.json")
    one.add(WRAP)
    wrapped = one.wrap(WRAP, DATA_KEY, b"")
    assert other.unwrap(WRAP, wrapped, b"") == DATA_KEY
    one.add(OTHER)
    assert set(other.key_ids()) == {WRAP, OTHER}


IN_ANOTHER_PROCESS = """
import sys
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
store = Pkcs11Token(sys.argv[1], sys.argv[2], sys.argv[3])
store.add(sys.argv[4])
print(store.wrap(sys.argv[4], bytes(range(32)), b"context").hex())
"""


def test_a_key_of_another_process_is_noticed_in_the_token_when_it_is_needed(soft_hsm: str) -> None:
    store = Pkcs11Token(soft_hsm, TOKEN, PIN)
    for key_id in store.key_ids():
        store.remove(key_id)
    arguments = [sys.executable, "-c", IN_ANOTHER_PROCESS, soft_hsm, TOKEN, PIN, WRAP]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=60)
    assert store.unwrap(WRAP, bytes.fromhex(done.stdout), b"context") == DATA_KEY


WITH_A_WRONG_PIN = """
import sys
import pkcs11
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
from identity.application.vault.errors import VaultClosed
store = Pkcs11Token(sys.argv[1], sys.argv[2], "87654321")
for _ in range(3):
    try:
        store.key_ids()
    except VaultClosed as error:
        print(error)
    pkcs11.lib = None
"""


def test_a_wrong_pin_is_tried_once_for_a_token_locks_itself_after_a_few(soft_hsm: str) -> None:
    arguments = [sys.executable, "-c", WITH_A_WRONG_PIN, soft_hsm, TOKEN]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["The vault's token does not take VAULT_PIN."] * 3


def test_a_key_does_not_leave_the_token(soft_hsm: str) -> None:
    store = Pkcs11Token(soft_hsm, TOKEN, PIN)
    for key_id in store.key_ids():
        store.remove(key_id)
    for key_id in (WRAP, INDEX):
        store.add(key_id)
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            _ = store._key(key_id)[pkcs11.Attribute.VALUE]


def test_a_token_that_was_lost_is_opened_again(soft_hsm: str) -> None:
    store = Pkcs11Token(soft_hsm, TOKEN, PIN)
    if WRAP not in store.key_ids():
        store.add(WRAP)
    wrapped = store.wrap(WRAP, DATA_KEY, b"")
    store._session.close()
    with pytest.raises(VaultClosed):
        store.wrap(WRAP, DATA_KEY, b"")
    assert store.unwrap(WRAP, wrapped, b"") == DATA_KEY


def test_a_token_that_cannot_be_opened_closes_the_vault(soft_hsm: str) -> None:
    with pytest.raises(VaultClosed) as caught:
        Pkcs11Token(soft_hsm, "another", PIN).key_ids()
    assert PIN not in str(caught.value)
    with pytest.raises(VaultClosed):
        Pkcs11Token("/nowhere/lib.so", TOKEN, PIN).key_ids()


def test_the_key_file_is_its_owners_and_a_jwks(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    store = KeyFile(path)
    store.add(WRAP)
    store.add(INDEX)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    jwks = json.loads(path.read_text())["keys"]
    assert [(jwk["kty"], jwk["kid"], jwk["alg"]) for jwk in jwks] == [
        ("oct", INDEX, "HS256"),
        ("oct", WRAP, "A256GCM"),
    ]
    path.chmod(0o644)
    with pytest.raises(VaultClosed, match="anybody"):
        KeyFile(path).key_ids()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"keys": 1}',
        '{"keys": [{"kty": "oct", "kid": "wrap-20261126T000000Z", "k": "c2hvcnQ"}]}',
        '{"keys": [{"kty": "oct", "kid": "mine", "k": "c2hvcnQ"}]}',
        '{"keys": [{"kty": "oct", "kid": "wrap-20261126T000000Z"}]}',
    ],
)
def test_a_key_file_that_cannot_be_used_closes_the_vault_and_is_not_repeated(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(VaultClosed) as caught:
        KeyFile(path).key_ids()
    assert "c2hvcnQ" not in repr((caught.value, caught.value.__cause__))


def test_two_who_add_keys_at_once_do_not_lose_one(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.with_name("keys.json.new").write_text("of somebody who is writing")
    with pytest.raises(KeyRefused, match=r"keys\.json\.new"):
        KeyFile(path).add(WRAP)
