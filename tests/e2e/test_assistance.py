"""An operator acts for somebody who agreed to it, is announced, and is stopped by "not me", over the gateway."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from emitra_local.stack import Stack
from tests.support.platform import Answer, Client, Platform, eventually, new_key

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ASSISTANCE_TYPE = "urn:emitra:params:oauth:token-type:assistance"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
HTML = FORM | {"Accept": "text/html"}


@dataclass
class Somebody:
    """A person with a phone, before a counter."""

    stack: Stack
    platform: Platform
    mobile: str = field(default_factory=lambda: f"9{secrets.randbelow(10**9):09}")

    @property
    def messages(self) -> list[str]:
        """What came to the phone, the oldest first."""
        return [m["text"] for m in self.stack.sign_in_codes if m["mobile"] == self.mobile and "text" in m]

    def message_with(self, text: str) -> str:
        """The message that says so, the latest, once it is there."""
        return eventually(
            lambda: next((m for m in reversed(self.messages) if text in m), None), what=f"a message with {text!r}"
        )

    def agrees(self, counter: Client, most_paise: int = 1_000_000) -> str:
        """The id of an assistance: one bill of JVVNL is paid."""
        bounds = {"identifier": "JVVNL", "amount": {"amount": most_paise, "currency": "INR"}}
        asked = counter.post("/v1/assistances", {"mobile": self.mobile, "act": {"code": "pay-bill"}, **bounds})
        assert asked.status == 201, asked
        code = re.findall(r"\b[0-9]{6}\b", self.message_with("tell this code"))[0]
        path = f"/v1/assistances/{asked.json['assistance_id']}"
        agreed = counter.post(f"{path}/consents", {"code": code})
        assert (agreed.status, agreed.json["state"]) == (200, "ACTIVE"), agreed
        return str(asked.json["assistance_id"])

    def opens(self, path: str, form: dict[str, str] | None = None) -> Answer:
        """A page in a browser."""
        body = urlencode(form).encode() if form else None
        return self.platform.call("POST" if form else "GET", path, body, HTML)


@dataclass
class Acting:
    """Calls by the token of an assistance."""

    platform: Platform
    counter: Client
    assistance_id: str

    def exchange(self) -> Answer:
        form = {
            "grant_type": EXCHANGE,
            "subject_token": self.assistance_id,
            "subject_token_type": ASSISTANCE_TYPE,
            "client_id": self.counter.client_id,
            "client_secret": self.counter.client_secret,
        }
        return self.platform.call("POST", "/v1/oauth2/token", urlencode(form).encode(), FORM)

    def __post_init__(self) -> None:
        given = self.exchange()
        assert given.status == 200, given
        self.headers = {"Authorization": f"Bearer {given.json['access_token']}"}

    def call(self, method: str, path: str, body: Any = None) -> Answer:
        key = {"Idempotency-Key": new_key()} if method == "POST" else {}
        return self.platform.call(method, path, body, self.headers | key)

    def bill(self, consumer: str) -> Any:
        body = {"biller_id": "JVVNL", "customer_params": {"k_number": consumer}}
        fetched = self.call("POST", "/v1/bill-fetches", body)
        assert fetched.status == 201, fetched
        return fetched.json["bills"][0]

    def pays(self, bill: Any) -> Answer:
        return self.call(
            "POST", "/v1/payments", {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}
        )


@pytest.fixture
def somebody(stack: Stack, platform: Platform) -> Somebody:
    return Somebody(stack, platform)


def test_a_centre_pays_for_somebody_who_is_told_of_it_says_not_me_and_gets_an_answer(
    platform: Platform, somebody: Somebody
) -> None:
    jaipur, jodhpur = platform.client("kiosk-jaipur"), platform.client("kiosk-jodhpur")
    acting = Acting(platform, jaipur, somebody.agrees(jaipur))
    somebody.message_with("You allowed e-Mitra centre RJ10200001")

    paid = acting.pays(acting.bill("200000000871"))
    assert paid.status == 201, paid
    done = somebody.message_with("Done for you at e-Mitra centre RJ10200001")
    assert "POST /v1/" in done  # the bill's fetch or the payment, whichever was first

    # What another centre does for somebody else it sees not.
    other = Somebody(somebody.stack, platform)
    elsewhere = Acting(platform, jodhpur, other.agrees(jodhpur))
    path = f"/v1/payments/{paid.json['payment_id']}"
    assert acting.call("GET", path).status == 200
    assert elsewhere.call("GET", path).status == 404

    link = urlsplit(re.findall(r"https?://\S+/v1/not-me/[A-Za-z0-9_-]{43}", done)[0]).path
    page = somebody.opens(link)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert acting.call("GET", "/v1/billers").status == 200
    back = somebody.opens("/v1/not-me", {"code": link[-43:], "what": "dispute", "reason": "NOT_PRESENT"})
    assert (back.status, back.headers["Location"]) == (303, link)
    assert acting.exchange().status == 400

    def refused() -> Answer | None:
        answer = acting.call("GET", "/v1/billers")
        return answer if answer.status == 401 else None

    assert eventually(refused, what="the token is refused").json["why"] == "assistance-ended"
    assert elsewhere.call("GET", "/v1/billers").status == 200

    support = platform.client("support-sandbox")
    cases = support.items("/v1/cases?state=OPEN&limit=100")
    case = next(case for case in cases if case["assistance_id"] == acting.assistance_id)
    answer = {"text": "The centre was warned.", "text_hi": "केंद्र को चेतावनी दी गई।"}
    assert support.post(f"/v1/cases/{case['case_id']}/answers", answer).status == 200
    somebody.message_with("was answered")
    assert "The centre was warned." in somebody.opens(link).raw.decode()


def test_what_was_not_agreed_to_is_not_done(platform: Platform, somebody: Somebody) -> None:
    jaipur, jodhpur = platform.client("kiosk-jaipur"), platform.client("kiosk-jodhpur")
    asked = jaipur.post("/v1/assistances", {"mobile": somebody.mobile, "act": {"code": "follow-up"}})
    path = f"/v1/assistances/{asked.json['assistance_id']}"
    assert jaipur.post(f"{path}/consents", {"code": "000000x"}).status == 422
    code = re.findall(r"\b[0-9]{6}\b", somebody.message_with("tell this code"))[0]
    assert jodhpur.post(f"{path}/consents", {"code": code}).status == 404
    assert jaipur.post(f"{path}/consents", {"code": code}).status == 200
    acting = Acting(platform, jaipur, asked.json["assistance_id"])
    refused = acting.call("POST", "/v1/payments", {})
    assert (refused.status, refused.json["missing_scope"]) == (403, "payments:write")
    assert acting.call("POST", "/v1/assistances", {}).status == 403


def test_what_was_agreed_to_is_what_is_paid_and_once(platform: Platform, somebody: Somebody) -> None:
    jaipur = platform.client("kiosk-jaipur")
    little = Acting(platform, jaipur, somebody.agrees(jaipur, most_paise=100))
    bill = little.bill("200000000872")
    refused = little.pays(bill)
    assert (refused.status, refused.json["code"]) == (403, "act-not-agreed")
    enough = Acting(platform, jaipur, Somebody.agrees(somebody, jaipur))
    assert enough.pays(bill).status == 201
    again = enough.pays(enough.bill("200000000873"))
    assert (again.status, again.json["code"]) == (403, "act-used-up")
