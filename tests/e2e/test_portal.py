"""The portal's pages, over the gateway and everything behind it, without a script."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import urllib3

from emitra_local.stack import Stack
from tests.support.platform import Platform, eventually

BIRTH = {
    "application_type": "birth",
    "district_code": "102",
    "applicant": {
        "sex": "female",
        "date_of_birth": (datetime.now(UTC) - timedelta(days=1)).date().isoformat(),
        "place_of_birth": "District Hospital",
        "mother_name": "Sandbox Mother",
        "parents_address": "12, Sandbox Marg, Jaipur",
    },
}


class Browser:
    """Somebody with the address of the portal."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.run_info["pages"]["portal"]
        self._http = urllib3.PoolManager(retries=False, timeout=20)

    def open(self, path: str) -> urllib3.BaseHTTPResponse:
        return self._http.request("GET", self._url + path)

    def send(self, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        return self._http.request("POST", self._url + path, fields=fields, encode_multipart=False)


@pytest.fixture
def browser(stack: Stack) -> Browser:
    return Browser(stack)


def heading(page: urllib3.BaseHTTPResponse) -> str:
    (text,) = re.findall(r"<h1[^>]*>(.*?)</h1>", page.data.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.mark.parametrize("language", ["hi", "en"])
def test_what_a_citizen_asks_first_is_answered_in_their_language(browser: Browser, language: str) -> None:
    pages = ["", "/services", "/services/domicile", "/bills/JVVNL", "/rates", "/centres?district=102", "/help"]
    for path in pages:
        page = browser.open(f"/{language}{path}")
        assert (page.status, f'lang="{language}"' in page.data.decode()) == (200, True), path


def test_a_service_is_found_in_hindi_written_with_latin_letters(browser: Browser) -> None:
    assert "/hi/services/domicile" in browser.open("/hi/services?q=mool+niwas+praman+patra").data.decode()


def test_an_application_is_followed_and_its_certificate_verified(browser: Browser, platform: Platform) -> None:
    mine, officer = platform.client("portal-sandbox"), platform.client("officer-registrar-jaipur")
    application = mine.post("/v1/applications", BIRTH).expect(201).json
    followed = browser.send("/en/track", token=application["transaction_token"])
    assert followed.status == 200

    url = f"/v1/applications/{application['application_id']}"
    approval = {"decision": "approve", "remarks": "Seen.", "step": application["step"]}
    officer.post(f"{url}/decisions", approval).expect(201)

    def issued() -> dict[str, Any] | None:
        seen: dict[str, Any] = mine.get(url).json
        return seen if seen["state"] == "ISSUED" else None

    paper = f"/v1/certificates/{eventually(issued)['certificate_id']}"
    certificate, qr = mine.get(paper).json, mine.get(f"{paper}/qr").json
    number, (year, month, day) = certificate["certificate_number"], certificate["issued_on"].split("-")
    genuine = [
        browser.send("/en/verify", text=certificate["document"]),
        browser.send("/en/verify", text=qr["text"]),
        browser.send("/en/verify", number=number, day=day, month=month, year=year),
    ]
    altered = browser.send("/en/verify", text=certificate["document"][:-4] + "AAAA")
    assert [page.status for page in [*genuine, altered]] == [200] * 4
    assert all(number in page.data.decode() for page in genuine)
    assert heading(altered) not in map(heading, genuine)
    assert number not in altered.data.decode()


@pytest.mark.parametrize("wrong", ["EM0", "not a token", "' OR 1=1", "\u0000"])
def test_a_token_that_is_none_is_told_and_kept_out_of_the_address(browser: Browser, wrong: str) -> None:
    page = browser.send("/hi/track", token=wrong)
    assert page.status in {400, 404, 422}
    assert "error-summary" in page.data.decode()
