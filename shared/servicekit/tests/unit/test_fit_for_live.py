"""What does not do where ENVIRONMENT is live."""

import dataclasses

import pytest
from marshmallow import fields

from servicekit.fit_for_live import guessable, without_credentials
from servicekit.settings import ServiceSettings, SettingsError, setting
from servicekit.testing.tokens import JWKS


@dataclasses.dataclass(frozen=True, kw_only=True)
class BillingSettings(ServiceSettings):
    service_name = "billing"

    psp_secret: str = setting("PSP_SECRET", fields.String(), "key of the provider", default="", secret=True)
    people_key: str = setting(
        "PEOPLE_KEY", fields.String(), "key for people", default="", secret=True, needed_live=True
    )


GOOD = {
    "ENVIRONMENT": "live",
    "INTERNAL_TOKEN_JWKS": JWKS,
    "PEOPLE_KEY": "Pz7_vN0qLr8sT2wYb5cD7fGhZ1mPaU",
    "MONGODB_URI": "mongodb://billing:3kJ9x_vN0qLr@mongodb-0/?replicaSet=rs0",
    "AMQP_URL": "amqps://billing:3kJ9x_vN0qLr@rabbitmq:5671/emitra",
    "CURSOR_SECRET": "3kJ9x_vN0qLr8sT2wYb5cD7fGhZ1mPaU",
    "PSP_SECRET": "8sT2wYb5cD7fGhZ1mPa",
}


def problems_of(**changes: str) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        BillingSettings.load(GOOD | changes)
    assert not any(value in str(caught.value) for value in changes.values() if value)
    return {problem.env: problem.problem for problem in caught.value.problems}


def test_what_is_right_starts() -> None:
    assert BillingSettings.load(GOOD).environment == "live"


def test_everything_is_told_at_once_what_is_missing_and_what_does_not_do() -> None:
    told = problems_of(
        MONGODB_URI="", PEOPLE_KEY="", CURSOR_SECRET="emitra_test_" + "aB3dE6gH9" * 4, AMQP_URL="amqp://rabbitmq/"
    )
    assert told == {
        "MONGODB_URI": "is missing.",
        "PEOPLE_KEY": "is missing where ENVIRONMENT is live.",
        "CURSOR_SECRET": "was made for a sandbox, which does not do where ENVIRONMENT is live.",
        "AMQP_URL": "has no user and no password, so that everybody may do everything there, which does not do where "
        "ENVIRONMENT is live.",
    }


def test_a_sandboxs_key_is_refused_though_it_is_no_secret() -> None:
    marked = JWKS.replace('"kid": "', '"kid": "emitra_test_')
    assert marked != JWKS
    assert "sandbox" in problems_of(INTERNAL_TOKEN_JWKS=marked)["INTERNAL_TOKEN_JWKS"]


def test_a_sandbox_takes_all_of_it() -> None:
    sandbox = {"CURSOR_SECRET": "emitra_test_" + "x" * 32, "AMQP_URL": "amqp://guest:guest@rabbitmq/", "PEOPLE_KEY": ""}
    assert BillingSettings.load({**GOOD, **sandbox, "ENVIRONMENT": "sandbox"}).environment == "sandbox"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 40,
        "abcabcabcabcabcabcabcabcabcabcabcabc",
        "change-me-before-you-go-live-please",
        "My-Password-1234567890abcdef",
    ],
)
def test_a_secret_that_somebody_would_try_is_refused(text: str) -> None:
    assert guessable(text) == "can be guessed."


@pytest.mark.parametrize(
    ("address", "does"),
    [
        ("mongodb://localhost/", False),
        ("mongodb://127.0.0.1:27017/?replicaSet=rs0", False),
        ("mongodb://admin:admin@db/", False),
        ("mongodb://billing:billing@db/", False),
        ("mongodb://billing@db/", False),
        ("mongodb://billing:p%61ssword1@db/", False),
        ("mongodb://billing:3kJ9x_vN0qLr@one,two,three/?replicaSet=rs0", True),
        ("mongodb://db/?authMechanism=MONGODB-X509&tls=true", True),
        ("amqp://guest:guest@rabbitmq/", False),
        ("amqp://guest@rabbitmq/", False),
        ("amqp://billing:GUEST@rabbitmq/", False),
        ("amqp://rabbitmq/", False),
        ("amqp://billing:3kJ9x_vN0qLr@rabbitmq/emitra", True),
    ],
)
def test_an_address_needs_credentials_that_not_everybody_knows(address: str, does: bool) -> None:
    assert (without_credentials(address) is None) is does
