"""Wrong settings are told before anything starts, and never repeat a key."""

import json

import pytest
from joserfc.jwk import OKPKey

from identity.settings import Settings
from servicekit.settings import SettingsError
from servicekit.testing import settings_for

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
        settings_for(Settings, ISSUER=address, SIGNING_KEYS=json.dumps(KEY), ENVIRONMENT="live")


def test_settings_do_not_show_the_keys() -> None:
    settings = settings_for(Settings, ISSUER="https://api.emitra.example", SIGNING_KEYS=json.dumps(KEY))
    assert str(KEY["d"]) not in repr(settings)


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"CODE_FILE": "/tmp/codes.json", "ENVIRONMENT": "live"}, "CODE_FILE"),  # noqa: S108 - never opened
        ({"PEOPLE_KEY": "too-short"}, "PEOPLE_KEY"),
    ],
)
def test_codes_go_to_no_file_where_it_is_live_and_a_short_key_is_none(environ: dict[str, str], names: str) -> None:
    with pytest.raises(SettingsError, match=names) as caught:
        settings_for(Settings, ISSUER="https://api.emitra.example", SIGNING_KEYS=json.dumps(KEY), **environ)
    assert "too-short" not in str(caught.value)
