"""What calls every operation in every role sees a gate that does not close, and a route that names no role."""

from typing import Any

import pytest

from servicekit.http import COUNTER, Blueprint, Role
from servicekit.service import Service
from servicekit.settings import ServiceSettings
from servicekit.testing import settings_for
from servicekit.testing.roles import misjudged


def service(roles: Any = (Role.MACHINE, *COUNTER)) -> Service:
    blueprint = Blueprint("wallets")

    @blueprint.route("/v1/wallets/<wallet_id>")
    @blueprint.requires("wallets:read", roles=roles)
    @blueprint.response(200)
    def read_wallet(wallet_id: str) -> dict[str, str]:
        """A wallet."""
        return {"wallet_id": wallet_id}

    @blueprint.route("/v1/internal/wallets")
    @blueprint.internal()
    @blueprint.response(200)
    def count_wallets() -> dict[str, int]:
        """How many."""
        return {"wallets": 0}

    return Service("sample", "1", lambda *_: None, [blueprint])


class Settings(ServiceSettings):
    service_name = "sample"


def judged(made: Service) -> list[str]:
    app = made.flask_app(settings_for(Settings), None, object())  # type: ignore[arg-type] # nothing is stored
    return misjudged(made, app.test_client())


def test_a_service_that_goes_as_its_document_says_is_in_order() -> None:
    assert judged(service()) == []


def test_a_gate_that_lets_in_anybody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.http.app.permit_role", lambda *_: None)
    wrong = judged(service())
    for role in ("citizen", "lsp", "officer", "district_admin", "state_admin", "auditor"):
        assert f"GET /v1/wallets/{{wallet_id}} answers {role} with 200, and is not for them" in wrong


def test_a_gate_that_does_not_look_at_scopes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.http.app.permit", lambda *_: None)
    assert "GET /v1/wallets/{wallet_id} lets in machine without the scope wallets:read" in judged(service())


def test_a_route_that_says_not_for_whom_it_is_is_closed_to_people_and_seen() -> None:
    wrong = judged(service(roles=None))
    assert wrong[0] == "GET /v1/wallets/{wallet_id} names no role: @blueprint.requires(scope, roles=…)"
    assert {line.rpartition(" answers ")[2] for line in wrong[1:]} == {
        f"{role} with 200, and is not for them" for role in ("machine", "officer")
    }


@pytest.mark.parametrize("roles", [[], ["inspector"]])
def test_a_route_for_nobody_or_for_a_role_that_there_is_not_is_refused_where_it_is_written(roles: Any) -> None:
    with pytest.raises(ValueError, match=r"(?i)role"):
        service(roles)
