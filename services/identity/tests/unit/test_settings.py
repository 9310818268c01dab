"""Wrong settings are told before anything starts, and never repeat a key."""

import json

import pytest
from joserfc.jwk import OKPKey

from identity.settings import KeyStorePlace, Settings, key_store_place
from servicekit.settings import SettingsError
from servicekit.testing import settings_for

ISSUER = "https://api.emitra.example"
KEY = OKPKey.generate_key("Ed25519").as_dict(private=True)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("not json", "JSON"),
        ("[]", "JWK"),
        (json.dumps({"keys": []}), "1 to"),
        (json.dumps({"kty": "OKP", "crv": "Ed25519", "x": KEY["x"]}), "private"),
        (json.dumps({"kty": "RSA", "n": "1", "d": "2"}), "Ed25519"),
        (json.dumps({**KEY, "d": "AAAA"}), "valid"),
        (json.dumps({"keys": [{**KEY, "kid": "a"}, {**KEY, "kid": "a"}]}), "same kid"),
    ],
)
def test_signing_keys_that_cannot_sign_are_refused(keys: str, says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_for(Settings, ISSUER="https://api.emitra.example", SIGNING_KEYS=keys)
    assert says in str(caught.value)
    assert str(KEY["d"]) not in str(caught.value)


@pytest.mark.parametrize(
    "issuer",
    ["api.emitra.example", "https://api.emitra.example/", "https://a/b", "https://a?b", "https://a#", "ftp://a"],
)
def test_an_issuer_that_is_no_plain_address_is_refused(issuer: str) -> None:
    with pytest.raises(SettingsError, match="ISSUER"):
        settings_for(Settings, ISSUER=issuer, SIGNING_KEYS=json.dumps(KEY))


def test_live_tokens_need_an_https_issuer() -> None:
    address = "http://127.0.0.1:8080"
    assert settings_for(Settings, ISSUER=address, SIGNING_KEYS=json.dumps(KEY)).issuer == address
    with pytest.raises(SettingsError, match="https"):
        settings_for(
            Settings,
            ISSUER=address,
            SIGNING_KEYS=json.dumps(KEY),
            VAULT_KEY_STORE="file:/keys.json",
            ENVIRONMENT="live",
        )


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("file:/etc/emitra/vault%20keys.json", KeyStorePlace(file="/etc/emitra/vault keys.json")),
        (
            "pkcs11:token=The%20vault;manufacturer=x?module-path=/usr/lib/softhsm/libsofthsm2.so",
            KeyStorePlace(module="/usr/lib/softhsm/libsofthsm2.so", token="The vault"),
        ),
    ],
)
def test_the_vaults_keys_are_in_a_file_or_a_token(place: str, told: KeyStorePlace) -> None:
    settings = settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY), VAULT_KEY_STORE=place, VAULT_PIN="1")
    assert key_store_place(settings.vault_key_store) == told


@pytest.mark.parametrize(
    "place",
    [
        "keys.json",
        "file:keys.json",
        "file://host/keys.json",
        "pkcs11:token=vault",
        "pkcs11:?module-path=/lib.so",
        "x:/y",
    ],
)
def test_a_place_for_the_vaults_keys_that_is_none_is_refused(place: str) -> None:
    with pytest.raises(SettingsError, match="VAULT_KEY_STORE: Must be file:/path"):
        settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY), VAULT_KEY_STORE=place)


def test_what_is_missing_where_it_is_live_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"ENVIRONMENT": "live", "ISSUER": "http://a", "CODE_FILE": "/codes"})
    assert [problem.env for problem in caught.value.problems] == [
        "MONGODB_URI", "AMQP_URL", "INTERNAL_TOKEN_JWKS", "ISSUER", "CURSOR_SECRET", "VAULT_KEY_STORE", "PEOPLE_KEY",
        "CODE_FILE",
    ]  # fmt: skip


def test_a_sandbox_with_nothing_to_sign_with_is_told_so() -> None:
    with pytest.raises(SettingsError, match="nothing to sign with"):
        settings_for(Settings, ISSUER=ISSUER)
    assert settings_for(Settings, ISSUER=ISSUER, VAULT_KEY_STORE="file:/keys.json").signing_keys == ""


def test_a_token_needs_its_pin_and_the_pin_is_not_shown() -> None:
    token = "pkcs11:token=vault?module-path=/lib.so"
    with pytest.raises(SettingsError, match="VAULT_PIN"):
        settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY), VAULT_KEY_STORE=token)
    settings = settings_for(
        Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY), VAULT_KEY_STORE=token, VAULT_PIN="87654321"
    )
    assert "87654321" not in repr(settings)


def test_settings_do_not_show_the_keys() -> None:
    settings = settings_for(Settings, ISSUER="https://api.emitra.example", SIGNING_KEYS=json.dumps(KEY))
    assert str(KEY["d"]) not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"CODE_FILE": "/tmp/codes.json", "ENVIRONMENT": "live"}, "CODE_FILE"),  # noqa: S108 - never opened
        ({"PEOPLE_KEY": "too-short"}, "PEOPLE_KEY"),
        ({"SMS_GATEWAY_URL": "http://sms.example/", "ENVIRONMENT": "live"}, "SMS_GATEWAY_URL"),
        ({"SMS_GATEWAY_URL": "sms.example"}, "SMS_GATEWAY_URL"),
        ({"RECOVERY_WAIT_HOURS": "0", "ENVIRONMENT": "live"}, "RECOVERY_WAIT_HOURS"),
        ({"RECOVERY_WAIT_HOURS": "-1"}, "RECOVERY_WAIT_HOURS"),
        ({"CODES_A_DAY": "4"}, "CODES_A_DAY"),
        ({"CODES_A_DAY": "many"}, "CODES_A_DAY"),
    ],
)
def test_settings_of_signing_in_that_would_harm_people_are_refused(environ: dict[str, str], names: str) -> None:
    with pytest.raises(SettingsError, match=names) as caught:
        settings_for(Settings, ISSUER="https://api.emitra.example", SIGNING_KEYS=json.dumps(KEY), **environ)
    assert "too-short" not in str(caught.value)


def test_services_that_an_erasure_waits_for_are_named_once_each_in_order() -> None:
    named = settings_for(
        Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY), ERASURE_WAITS_FOR="certificates, billing,"
    )
    assert named.erasure_waits_for == ("billing", "certificates")
    unset = settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY))
    assert (unset.erasure_waits_for, unset.erasure_cooling_off_hours) == ((), 48)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ERASURE_WAITS_FOR", "Billing"),
        ("ERASURE_WAITS_FOR", "billing;certificates"),
        ("ERASURE_COOLING_OFF_HOURS", "-1"),
        ("ERASURE_COOLING_OFF_HOURS", "two days"),
    ],
)
def test_a_setting_of_erasure_that_cannot_be_meant_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY), **{name: value})


def test_the_gateways_token_is_not_shown() -> None:
    settings = settings_for(
        Settings, ISSUER=ISSUER, SIGNING_KEYS=json.dumps(KEY), SMS_GATEWAY_URL="https://sms.example/",
        SMS_GATEWAY_TOKEN="a-token-of-ours", CODES_A_DAY="5000", RECOVERY_WAIT_HOURS="72",
    )  # fmt: skip
    assert "a-token-of-ours" not in repr(settings)
    assert (settings.codes_a_day, settings.recovery_wait_hours) == (5000, 72)
