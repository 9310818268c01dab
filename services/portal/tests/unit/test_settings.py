"""The portal's own settings."""

import pytest

from portal.settings import PortalSettings
from servicekit.settings import SettingsError
from servicekit.testing import settings_for

GATEWAY = {"GATEWAY_URL": "http://gateway:8000"}
CLIENT = {"GATEWAY_CLIENT_ID": "cli_portal", "GATEWAY_CLIENT_SECRET": "a-secret"}


@pytest.mark.parametrize("known", [CLIENT, {"SANDBOX_FILE": "sandbox.json"}])
def test_a_client_or_a_sandbox_is_enough(known: dict[str, str]) -> None:
    assert settings_for(PortalSettings, **GATEWAY, **known).gateway_timeout_seconds == 5


@pytest.mark.parametrize(
    ("env", "names"),
    [
        (CLIENT, ["GATEWAY_URL"]),
        (GATEWAY, ["GATEWAY_CLIENT_ID"]),
        (GATEWAY | {"GATEWAY_CLIENT_ID": "cli_portal"}, ["GATEWAY_CLIENT_ID"]),
        (GATEWAY | CLIENT | {"GATEWAY_TIMEOUT_SECONDS": "31"}, ["GATEWAY_TIMEOUT_SECONDS"]),
        (GATEWAY | CLIENT | {"GATEWAY_CLIENT_ID": "a b"}, ["GATEWAY_CLIENT_ID"]),
    ],
)
def test_what_is_missing_or_wrong_is_named(env: dict[str, str], names: list[str]) -> None:
    with pytest.raises(SettingsError) as refused:
        settings_for(PortalSettings, **env)

    assert [problem.env for problem in refused.value.problems] == names


def test_the_secret_is_not_printed() -> None:
    assert "a-secret" not in repr(settings_for(PortalSettings, **GATEWAY, **CLIENT))
