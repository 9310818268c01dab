"""Settings that cannot be used are all reported at once."""

import json
from typing import Any

import pytest
from tests.support.access import internal_key

from gateway.settings import GatewaySettings
from servicekit.settings import SettingsError
from servicekit.testing import settings_for

GOOD = {
    "ROUTES_DIR": "/etc/routes",
    "JWKS_URL": "http://identity:8000/.well-known/jwks.json",
    "ISSUER": "https://api.emitra.example",
    "INTERNAL_TOKEN_KEY": internal_key()[0],
}


def test_the_gateway_serves_more_requests_at_once_than_one_service_may_have_in_hand() -> None:
    settings = settings_for(GatewaySettings, **GOOD)
    assert settings.http_threads > 2 * settings.upstream_connections


def test_every_missing_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        settings_for(GatewaySettings)
    assert {problem.env for problem in refused.value.problems} == set(GOOD)


@pytest.mark.parametrize("key", ["{}", "text", json.dumps({**json.loads(GOOD["INTERNAL_TOKEN_KEY"]), "d": ""})])
def test_a_signing_key_that_cannot_sign_is_refused_and_not_repeated(key: Any) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_for(GatewaySettings, **{**GOOD, "INTERNAL_TOKEN_KEY": key})
    assert "INTERNAL_TOKEN_KEY" in str(refused.value)
    assert '"x"' not in str(refused.value)
