"""Keys in the environment: usable, or refused with words that never repeat them."""

import json

import pytest
from joserfc.jwk import ECKey, OKPKey
from tests.support.builders import SIGNING_KEY, jwk, new_settings

from servicekit.keys import read_signing_key
from servicekit.settings import SettingsError

PUBLIC = SIGNING_KEY.as_dict(private=False)
PRIVATE_PART = str(SIGNING_KEY.as_dict(private=True)["d"])


def test_a_key_without_a_name_is_named_after_its_thumbprint() -> None:
    assert read_signing_key(jwk()).kid == SIGNING_KEY.thumbprint()
    assert read_signing_key(jwk(kid="2026-1")).kid == "2026-1"


@pytest.mark.parametrize(
    "unusable",
    [
        "not json",
        "[]",
        "{}",
        json.dumps(PUBLIC),
        json.dumps(OKPKey.generate_key("X25519").as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-256").as_dict(private=True)),
        json.dumps({**SIGNING_KEY.as_dict(private=True), "x": 5}),
    ],
)
def test_an_unusable_signing_key_stops_the_start_and_is_not_printed(unusable: str) -> None:
    with pytest.raises(SettingsError) as refused:
        new_settings(CERTIFICATE_SIGNING_KEY=unusable)
    assert [problem.env for problem in refused.value.problems] == ["CERTIFICATE_SIGNING_KEY"]
    assert PRIVATE_PART not in str(refused.value)


@pytest.mark.parametrize(
    "unusable",
    ['{"keys": 5}', '{"keys": [{}]}', json.dumps({"keys": [PUBLIC]}), f'{{"keys": [{jwk(kid="old")}]}}'],
)
def test_unusable_retired_keys_stop_the_start(unusable: str) -> None:
    with pytest.raises(SettingsError) as refused:
        new_settings(CERTIFICATE_RETIRED_KEYS=unusable)
    assert [problem.env for problem in refused.value.problems] == ["CERTIFICATE_RETIRED_KEYS"]


def test_the_signing_key_is_not_shown_with_the_settings() -> None:
    assert PRIVATE_PART not in repr(new_settings())
