"""What every page has."""

import gzip
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from tests.support.pages import PAGES
from werkzeug.test import TestResponse

from portal.entrypoints.frame import HEADERS, PLACES

Get = Callable[..., TestResponse]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_in_the_language_of_its_address_and_leads_to_the_other(get: Get, path: str) -> None:
    language = "en" if path.startswith("/en") else "hi"
    other = {"en": "hi", "hi": "en"}[language]

    html = get(path).text

    assert f' lang="{language}">' in html
    address = path.replace(f"/{language}", f"/{other}", 1) if path != "/" else f"/{other}"
    assert f'href="{address.replace("&", "&amp;")}" lang="{other}" hreflang="{other}"' in html


@pytest.mark.parametrize("path", [*PAGES, "/hi/nowhere", "/nowhere"])
def test_every_answer_has_the_headers_that_keep_other_hosts_out(get: Get, path: str) -> None:
    headers = get(path).headers

    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_no_page_has_a_script_or_a_style_in_it_or_names_another_host(get: Get, path: str) -> None:
    html = get(path).text

    assert "<style" not in html
    assert " style=" not in html
    assert "<script>" not in html
    assert "://" not in html.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_whose_it_is_and_when_it_was_reviewed(get: Get, path: str) -> None:
    html = get(path).text

    assert ("Last reviewed on 26 November 2026" if path.startswith("/en") else "26 नवंबर 2026") in html


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sent_in_few_bytes_to_who_can_unpack_them(client: FlaskClient, path: str) -> None:
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "gzip;q=0"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize("path", PAGES)
def test_head_is_answered_as_get(client: FlaskClient, path: str) -> None:
    response = client.head(path)

    assert (response.status_code, response.data) == (200, b"")


def test_the_frame_leads_to_pages_that_are_there(get: Get) -> None:
    assert {get(f"/{language}/{path}").status_code for language in ("hi", "en") for path, _, _ in PLACES} <= {200}


def test_an_asset_stays_the_same_under_its_address_for_good(get: Get) -> None:
    html = get("/hi").text
    address = html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]

    response = get(address)

    assert response.status_code == 200
    assert response.content_type == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(address.replace("/portal.css", "/mark.svg")).status_code == 404
    assert get("/assets/0000000000000000/portal.css").status_code == 404
    assert get("/assets/0000000000000000/settings.py").status_code == 404


@pytest.mark.parametrize("path", ["/en/nowhere", "/en/", "/en//help", "/en/..%2Fsettings", "/en/%00"])
def test_an_address_without_a_page_gets_a_page_that_says_what_to_do(get: Get, path: str) -> None:
    response = get(path)

    assert response.status_code == 404
    assert "There is no such page" in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-Id"] in response.text


def test_an_address_without_a_language_is_answered_in_hindi_and_leads_to_english(get: Get) -> None:
    html = get("/nowhere").text

    assert ' lang="hi">' in html
    assert 'href="/en" lang="en"' in html


def test_a_method_that_a_page_does_not_take_gets_a_page_and_allow(client: FlaskClient) -> None:
    response = client.delete("/en")

    assert response.status_code == 405
    assert "That could not be read" in response.text
    assert "GET" in response.headers["Allow"]


def test_a_header_that_cannot_be_read_gets_a_page_too(client: FlaskClient) -> None:
    response = client.get("/en", headers={"Emitra-Timeout-Ms": "soon"})

    assert response.status_code == 400
    assert response.content_type == "text/html; charset=utf-8"
    assert "That could not be read" in response.text


def test_a_caller_cannot_put_anything_into_a_page_by_its_address(get: Get) -> None:
    assert "<b>" not in get("/en/<b>x</b>").text
    assert "<b>" not in get("/en", q='"><b>x</b>').text
