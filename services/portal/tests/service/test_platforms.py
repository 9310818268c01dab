"""The gateway client over HTTP, beside the fake that unit tests use: both are the platform that pages ask."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.support.fake_gateway import CLIENT_ID, CLIENT_SECRET, FakeGateway, serving, slowly
from tests.support.fake_platform import (
    APPLICATION_TOKEN,
    ISSUED_ON,
    JAIPUR,
    NUMBER,
    REVOKED_TEXT,
    UNKNOWN_PIN,
    UNKNOWN_TOKEN,
    VALID_TEXT,
    FakePlatform,
)
from werkzeug import Response

from portal.adapters.gateway_client import SCOPES, GatewayClient, sandbox_credentials
from portal.application.ports import Platform
from servicekit.deadlines import deadline
from servicekit.errors import DependencyTimeout, DependencyUnavailable


@pytest.fixture
def gateway(platform: FakePlatform) -> Iterator[FakeGateway]:
    gateway = FakeGateway(platform)
    with serving(gateway) as url:
        gateway.url = url
        yield gateway


@pytest.fixture
def over_http(gateway: FakeGateway) -> GatewayClient:
    return client_of(gateway)


def client_of(gateway: FakeGateway, secret: str = CLIENT_SECRET, seconds: float = 5) -> GatewayClient:
    return GatewayClient(gateway.url, lambda: (CLIENT_ID, secret), seconds)


@pytest.fixture(params=["fake", "over HTTP"])
def either(request: pytest.FixtureRequest, platform: FakePlatform) -> Platform:
    if request.param == "fake":
        return platform
    client: GatewayClient = request.getfixturevalue("over_http")
    return client


def test_a_platform_tells_what_may_be_applied_for(either: Platform) -> None:
    codes = [known["application_type"] for known in either.application_types()]

    assert codes == ["birth", "caste", "death", "domicile", "income", "marriage"]
    shown = either.application_type("domicile")
    assert shown is not None
    assert shown["fee"]["amount"] == 5000
    assert either.application_type("passport") is None
    assert either.application_type("a/b?c=ह") is None


def test_a_platform_tells_whose_bills_are_paid_and_where_the_districts_are(either: Platform) -> None:
    assert "JVVNL" in {biller["biller_id"] for biller in either.billers()}
    assert len(either.districts()) == 33


def test_a_platform_tells_what_is_charged_beside_a_bill(either: Platform) -> None:
    assert [item["category"] for item in either.service_charges()["items"]][:2] == ["ELECTRICITY", "WATER"]


def test_a_platform_knows_pins_and_says_which_it_does_not_know(either: Platform) -> None:
    assert [district["name_en"] for district in either.pin_places("302001")["items"]] == ["Jaipur"]
    assert either.pin_places(UNKNOWN_PIN)["items"] == []


def test_a_platform_finds_the_nearest_centres(either: Platform) -> None:
    near = either.nearest_centres(*JAIPUR, 3)

    assert len(near["items"]) == 3
    assert near["items"] == sorted(near["items"], key=lambda centre: centre["distance_m"])
    assert either.nearest_centres(0, 0, 10)["items"] == []


def test_a_platform_follows_a_token(either: Platform) -> None:
    shown = either.transaction(APPLICATION_TOKEN)

    assert shown is not None
    assert shown["status"] == "IN_VERIFICATION"
    assert either.transaction(UNKNOWN_TOKEN) is None


def test_a_platform_verifies_texts(either: Platform) -> None:
    assert either.verification_of_text(VALID_TEXT)["valid"] is True
    assert either.verification_of_text(REVOKED_TEXT)["reason"] == "revoked"
    assert either.verification_of_pdf(b"%PDF-" + VALID_TEXT.encode())["valid"] is True
    assert either.verification_of_pdf(b"\xff\0")["reason"] == "not-a-certificate"
    assert either.verification_of_text("एक काग़ज़")["reason"] == "not-a-certificate"


def test_a_platform_verifies_numbers_with_their_day(either: Platform) -> None:
    right, wrong = either.verification_of_number(NUMBER, ISSUED_ON), either.verification_of_number(NUMBER, date.min)
    assert right is not None
    assert wrong is not None
    assert (right["valid"], wrong["reason"]) == (True, "unknown-number")
    assert either.verification_of_number("एक संख्या", ISSUED_ON) is None


def test_one_token_with_the_scopes_of_the_pages_serves_many_questions(
    gateway: FakeGateway, over_http: GatewayClient
) -> None:
    over_http.billers()
    over_http.application_types()

    (asked,) = gateway.asked("token")
    assert asked.form["grant_type"] == "client_credentials"
    assert asked.form["scope"].split() == list(SCOPES)
    assert gateway.asked("billers")[0].headers["Authorization"] == "Bearer token-1"


def test_a_token_that_is_refused_is_replaced_once(gateway: FakeGateway, over_http: GatewayClient) -> None:
    over_http.billers()
    gateway.tokens.clear()

    over_http.billers()

    assert len(gateway.asked("token")) == 2


def test_a_token_is_replaced_before_it_ends(gateway: FakeGateway, over_http: GatewayClient) -> None:
    short = {"access_token": "short", "token_type": "Bearer", "expires_in": 60, "scope": ""}
    gateway.answers["token"] = lambda: Response(json.dumps(short), content_type="application/json")
    gateway.tokens.add("short")

    over_http.billers()
    over_http.billers()

    assert len(gateway.asked("token")) == 2


def test_what_is_public_goes_without_a_token(gateway: FakeGateway, over_http: GatewayClient) -> None:
    over_http.verification_of_text(VALID_TEXT)
    over_http.verification_of_pdf(b"%PDF-")
    over_http.verification_of_number(NUMBER, ISSUED_ON)
    over_http.transaction(APPLICATION_TOKEN)
    over_http.service_charges()
    over_http.districts()
    over_http.pin_places("302001")

    assert [operation for operation, _ in gateway.seen] == [
        "verification_of_text",
        "verification_of_pdf",
        "verification_of_number",
        "transaction",
        "service_charges",
        "places",
        "places",
    ]
    assert all("Authorization" not in request.headers for _, request in gateway.seen)


def test_a_gateway_that_does_not_look_up_yet_is_not_taken_for_one_that_knows_no_such_token(
    gateway: FakeGateway, over_http: GatewayClient
) -> None:
    gateway.answers["transaction"] = lambda: Response('{"status": 404, "code": "not-found"}', 404)

    with pytest.raises(DependencyUnavailable):
        over_http.transaction(APPLICATION_TOKEN)


def test_no_address_has_the_token_that_is_tracked(gateway: FakeGateway, over_http: GatewayClient) -> None:
    over_http.transaction(APPLICATION_TOKEN)

    assert APPLICATION_TOKEN not in gateway.asked("transaction")[0].url


def test_no_address_has_what_is_verified(gateway: FakeGateway, over_http: GatewayClient) -> None:
    over_http.verification_of_text(VALID_TEXT)
    over_http.verification_of_number(NUMBER, ISSUED_ON)

    asked = [*gateway.asked("verification_of_text"), *gateway.asked("verification_of_number")]
    assert [request.query_string for request in asked] == [b""] * 2


def test_the_gateway_is_told_how_long_the_portal_waits(gateway: FakeGateway, over_http: GatewayClient) -> None:
    with deadline(2):
        over_http.billers()

    assert 1000 < int(gateway.asked("billers")[0].headers["Emitra-Timeout-Ms"]) <= 2000


@pytest.mark.parametrize(
    "answer",
    [
        Response("{}", 500),
        Response("{}", 403),
        Response("no JSON", 200),
        Response("[]", 200),
        Response('{"items": {}}', 200),
        Response("", 302, {"Location": "http://elsewhere.invalid/"}),
        Response("{}", 404),
    ],
    ids=["500", "403", "no JSON", "no object", "no items", "elsewhere", "not there"],
)
def test_an_answer_that_cannot_be_used_is_a_service_that_is_not_there(
    gateway: FakeGateway, over_http: GatewayClient, answer: Response
) -> None:
    gateway.answers["billers"] = lambda: answer

    with pytest.raises(DependencyUnavailable):
        over_http.billers()


@pytest.mark.parametrize("token", ["{}", '{"access_token": "x", "expires_in": "soon"}'])
def test_an_answer_without_a_token_is_an_identity_that_is_not_there(
    gateway: FakeGateway, over_http: GatewayClient, token: str
) -> None:
    gateway.answers["token"] = lambda: Response(token)

    with pytest.raises(DependencyUnavailable):
        over_http.billers()


def test_a_secret_that_is_refused_is_a_service_that_is_not_there(gateway: FakeGateway) -> None:
    with pytest.raises(DependencyUnavailable):
        client_of(gateway, secret="an old one").billers()


def test_a_gateway_that_takes_too_long_is_told_apart(gateway: FakeGateway) -> None:
    gateway.answers["verification_of_text"] = slowly(1)

    with pytest.raises(DependencyTimeout):
        client_of(gateway, seconds=0.2).verification_of_text(VALID_TEXT)


def test_a_gateway_that_is_gone_is_a_service_that_is_not_there() -> None:
    with pytest.raises(DependencyUnavailable):
        GatewayClient("http://127.0.0.1:1", lambda: (CLIENT_ID, CLIENT_SECRET), 1).billers()


def test_in_a_sandbox_the_portal_is_whom_identitys_file_says(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.json"
    with pytest.raises(DependencyUnavailable):
        sandbox_credentials(file)

    file.write_text('{"clients": [{"name": "kiosk-jaipur"}]}')
    with pytest.raises(DependencyUnavailable):
        sandbox_credentials(file)

    file.write_text('{"clients": [{"name": "portal-sandbox", "client_id": "cli_1", "client_secret": "s"}]}')
    assert sandbox_credentials(file) == ("cli_1", "s")
