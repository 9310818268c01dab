"""What can be done, found by the words that people have for it, and the page of each."""

from collections.abc import Callable

import pytest
from tests.support.fake_platform import FakePlatform
from werkzeug.test import TestResponse

from portal.application.read_catalogue import CatalogueReader
from servicekit.errors import DependencyTimeout, DependencyUnavailable, ServiceError

Get = Callable[..., TestResponse]
ELECTRICITY = ["JVVNL", "AVVNL", "JdVVNL"]
CERTIFICATES = ["birth", "caste", "death", "domicile", "income", "marriage"]


@pytest.fixture
def reader(platform: FakePlatform) -> CatalogueReader:
    return CatalogueReader(platform)


def test_everything_is_listed_but_the_fee_of_an_application(reader: CatalogueReader) -> None:
    assert [entry.code for entry in reader.entries()] == [*CERTIFICATES, *ELECTRICITY, "PHED", "BSNL", "RBSE"]


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("mool niwas praman patra", ["domicile"]),
        ("mool niwas praman patra banwana hai", ["domicile"]),
        ("moolniwas", ["domicile"]),
        ("मूल निवास प्रमाण पत्र", ["domicile"]),
        ("Domicile Certificate", ["domicile"]),
        ("bonafide", ["domicile"]),
        ("jati praman patra", ["caste"]),
        ("जाति", ["caste"]),
        ("obc certificate", ["caste"]),
        ("aay praman patra", ["income"]),
        ("आय", ["income"]),
        ("janam praman patra", ["birth"]),
        ("जन्म", ["birth"]),
        ("mrityu praman patra", ["death"]),
        ("shadi ka certificate", ["marriage"]),
        ("bijli ka bill", ELECTRICITY),
        ("बिजली का बिल", ELECTRICITY),
        ("जयपुर बिजली", ["JVVNL"]),
        ("pani ka bill", ["PHED"]),
        ("phone bill", ["BSNL"]),
        ("10th board exam fee", ["RBSE"]),
        ("pariksha shulk", ["RBSE"]),
        ("praman patra", CERTIFICATES),
        ("xyz", []),
        ("!", []),
        ("", []),
    ],
)
def test_a_service_is_found_in_hindi_english_and_hindi_in_latin_letters(
    reader: CatalogueReader, question: str, codes: list[str]
) -> None:
    assert sorted(entry.code for entry in reader.search(question)) == sorted(codes)


@pytest.mark.parametrize(("question", "code"), [("bijli bill ajmer", "AVVNL"), ("electricity bill jodhpur", "JdVVNL")])
def test_what_fits_best_comes_first(reader: CatalogueReader, question: str, code: str) -> None:
    assert reader.search(question)[0].code == code


@pytest.mark.parametrize("question", ["a " * 5_000, "मूल " * 5_000, "\u0000\u200d", "क" * 10_000, "%s {} \\ <b>"])
def test_no_question_is_too_strange(get: Get, question: str) -> None:
    assert get("/en/services", q=question).status_code == 200


def test_results_lead_to_their_pages(get: Get) -> None:
    html = get("/hi/services", q="mool niwas").text

    assert "1 परिणाम" in html
    assert 'href="/hi/services/domicile">मूल निवास प्रमाण पत्र</a>' in html
    assert "₹50.00" in html
    assert "/hi/services/birth" not in html
    assert 'value="mool niwas"' in html


def test_without_a_result_everything_is_shown_and_what_to_do(get: Get) -> None:
    html = get("/en/services", q="passport").text

    assert "0 results" in html
    assert "Try fewer or other words" in html
    assert 'href="/en/services/birth">Birth certificate</a>' in html


def test_a_certificate_shows_fee_papers_days_and_office_before_anybody_begins(get: Get) -> None:
    html = get("/en/services/caste").text

    for text in (
        "Caste certificate",
        "₹50.00",
        "Government form fee, order effective 2020-09-01",
        "In force since 1 September 2020",
        "Nothing beside the fee",
        "Signed self-declaration",
        "10 working days",
        "Verification in the field: 5 working days",
        "Signed by: Sub-Divisional Officer",
        "12 months",
        "Rajasthan Guaranteed Delivery of Public Services Act 2011",
    ):
        assert text in html.replace("&#39;", "'"), text


def test_a_certificate_without_a_fee_says_so_and_what_being_late_costs(get: Get) -> None:
    html = get("/hi/services/birth").text

    assert "निःशुल्क" in html
    assert "21 दिन" in html
    assert "₹20.00" in html
    assert "हमेशा के लिए" in html


def test_a_certificate_that_is_not_open_yet_says_so(
    get: Get, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {**(platform.application_type("income") or {}), "fee": None}
    monkeypatch.setattr(platform, "application_type", lambda _code: closed)

    assert "Not open yet" in get("/en/services/income").text


def test_a_bill_says_what_is_needed_and_how_much_may_be_paid_at_once(get: Get) -> None:
    html = get("/en/bills/JVVNL").text

    for text in ("Jaipur Vidyut Vitran Nigam", "K number (12 characters)", "₹49,999.00", "before you pay"):
        assert text in html
    assert "8 to 12 characters" in get("/en/bills/PHED").text


def test_a_bill_says_what_is_charged_beside_it_and_by_which_order(get: Get) -> None:
    html = get("/hi/bills/JVVNL").text

    assert "आज का सेवा शुल्क" in html
    assert "निःशुल्क" in html
    assert "यह शुल्क आपके लिए विभाग देता है।" in html
    assert "ई-मित्र दर आदेश, प्रभावी 01-09-2020" in html
    assert "₹50.00" in get("/en/bills/RBSE").text


@pytest.mark.parametrize("path", ["services/passport", "bills/XYZ", "bills/EMITRA-FEES", "bills/domicile"])
def test_what_there_is_not_has_no_page(get: Get, path: str) -> None:
    assert get(f"/hi/{path}").status_code == 404


@pytest.mark.parametrize("path", ["services", "services/birth", "bills/JVVNL"])
@pytest.mark.parametrize(
    ("failure", "status"), [(DependencyUnavailable("down"), 503), (DependencyTimeout("slow"), 504)]
)
def test_a_gateway_without_an_answer_is_a_page_that_says_what_to_do(
    get: Get, platform: FakePlatform, path: str, failure: ServiceError, status: int
) -> None:
    platform.failure = failure

    for language, text in (("hi", "यह अभी नहीं दिखाया जा सकता"), ("en", "This cannot be shown just now")):
        response = get(f"/{language}/{path}")
        assert response.status_code == status
        assert text in response.text
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Retry-After"] == "2"
