import dataclasses

import pytest
from marshmallow import fields

from servicekit.settings import ServiceSettings, SettingsError, describe, setting
from servicekit.testing import settings_for
from servicekit.testing.tokens import JWKS


@dataclasses.dataclass(frozen=True, kw_only=True)
class BillingSettings(ServiceSettings):
    service_name = "billing"

    wallet_limit_paise: int = setting("WALLET_LIMIT_PAISE", fields.Integer(), "largest wallet, paise")
    psp_secret: str = setting("PSP_SECRET", fields.String(), "key of the payment service provider", secret=True)


ENVIRON = {
    "MONGODB_URI": "mongodb://db/",
    "AMQP_URL": "amqp://broker/",
    "INTERNAL_TOKEN_JWKS": JWKS,
    "CURSOR_SECRET": "x" * 32,
    "WALLET_LIMIT_PAISE": "500000",
    "PSP_SECRET": "hush-hush",
}


def problems_of(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        BillingSettings.load(environ)
    assert all(p.env in str(caught.value) and p.fix in str(caught.value) for p in caught.value.problems)
    return {p.env: p.problem for p in caught.value.problems}


def test_settings_are_parsed_and_defaults_filled_in() -> None:
    loaded = BillingSettings.load({**ENVIRON, "HTTP_PORT": "8080", "TRACE_SAMPLE_RATIO": "0.25"})
    assert (loaded.wallet_limit_paise, loaded.http_port, loaded.trace_sample_ratio) == (500000, 8080, 0.25)
    assert (loaded.environment, loaded.otlp_endpoint, loaded.log_level) == ("sandbox", "", "info")


def test_the_database_is_named_after_the_service_unless_told_otherwise() -> None:
    assert BillingSettings.load(ENVIRON).mongodb_database == "billing"
    assert BillingSettings.load({**ENVIRON, "MONGODB_DATABASE": "other"}).mongodb_database == "other"


def test_every_problem_is_reported_at_once() -> None:
    environ = {**ENVIRON, "HTTP_PORT": "0", "LOG_LEVEL": "loud", "MONGODB_URI": "postgres://db", "AMQP_URL": ""}
    del environ["WALLET_LIMIT_PAISE"]
    problems = problems_of(environ)
    assert set(problems) == {"HTTP_PORT", "LOG_LEVEL", "MONGODB_URI", "AMQP_URL", "WALLET_LIMIT_PAISE"}
    assert problems["AMQP_URL"] == problems["WALLET_LIMIT_PAISE"] == "is missing."
    assert "'loud'" in problems["LOG_LEVEL"]
    assert "debug, info" in problems["LOG_LEVEL"]


def test_a_wrong_secret_is_never_repeated() -> None:
    assert "pg-password" not in str(problems_of({**ENVIRON, "MONGODB_URI": "postgres://u:pg-password@db"}))
    loaded = BillingSettings.load(ENVIRON)
    assert "hush-hush" not in repr(loaded)
    assert "mongodb://db/" not in repr(loaded)


@pytest.mark.parametrize(
    "jwks",
    ["{}", "nonsense", '{"keys": []}', '{"keys": {}}', '{"keys": ["x"]}', "[]", "1", '{"keys": [{"kty": "OKP"}]}'],
)
def test_a_key_set_that_is_none_is_refused(jwks: str) -> None:
    assert "key set" in problems_of({**ENVIRON, "INTERNAL_TOKEN_JWKS": jwks})["INTERNAL_TOKEN_JWKS"]


def test_a_private_key_is_refused_where_public_ones_belong() -> None:
    jwks = '{"keys": [{"kid": "1", "kty": "OKP", "d": "private"}]}'
    problem = problems_of({**ENVIRON, "INTERNAL_TOKEN_JWKS": jwks})["INTERNAL_TOKEN_JWKS"]
    assert "public keys only" in problem


def test_describe_lists_every_setting_with_its_default() -> None:
    rows = {env: (default, secret) for env, _, default, secret in describe(BillingSettings)}
    assert rows["WALLET_LIMIT_PAISE"] == (None, False)
    assert rows["PSP_SECRET"] == (None, True)
    assert rows["HTTP_PORT"] == ("8000", False)
    assert rows["MONGODB_DATABASE"] == ("billing", False)
    assert len(rows) == len(dataclasses.fields(BillingSettings))


def test_a_settings_class_must_name_its_service() -> None:
    with pytest.raises(TypeError, match="service_name"):
        settings_for(ServiceSettings)
