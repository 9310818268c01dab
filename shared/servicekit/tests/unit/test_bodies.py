"""What a body may be: every wrong one is a clear 400, 415 or 422 and never a 500."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from servicekit.http.body import MAX_BODY_BYTES

GOOD = b'{"bill_id":"b","amount":{"amount":1,"currency":"INR"}}'


def post(
    client: FlaskClient, headers: dict[str, str], raw: bytes, media_type: str | None = "application/json"
) -> TestResponse:
    return client.post("/v1/payments", data=raw, headers=headers, content_type=media_type)


@pytest.mark.parametrize("written", ["152500", "152500.0", "1.525e5", "152500.000", "1525E+2"])
def test_a_whole_number_is_the_same_however_it_is_written(
    client: FlaskClient, keyed_headers: dict[str, str], written: str
) -> None:
    plain = post(client, keyed_headers, b'{"bill_id":"b","amount":{"amount":152500,"currency":"INR"}}')
    body = b'{"bill_id":"b","amount":{"amount":%s,"currency":"INR"}}' % written.encode()
    answer = post(client, keyed_headers, body)
    assert answer.status_code == 201, answer.text
    assert answer.json == plain.json, "the fingerprint of a key's request is that of the number"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no body"),
        (b"{", "not JSON"),
        (b"nul", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b'{"bill_id":"a","bill_id":"b"}', "twice"),
        (b'{"amount":{"amount":1,"amount":2}}', "twice"),
        (b'{"tip":NaN}', "NaN"),
        (b'{"tip":-Infinity}', "Infinity"),
        (b'{"tip":1e999}', "too large"),
        (b'{"tip":152500.00000000000001}', "more digits"),
        (b'{"tip":9007199254740993.0}', "more digits"),
        (b'{"tip":0e' + b"9" * 5000 + b"}", "more digits"),
        (b'{"tip":0e99999999999999999999999999}', "more digits"),
        (b'{"tip":1.' + b"0" * 5000 + b"}", "more digits"),
        (b'{"tip":9223372036854775808}', "64 bits"),
        (b'{"tip":-9223372036854775809}', "64 bits"),
        (b'{"tip":' + b"9" * 5000 + b"}", "64 bits"),
        (b'{"bill_id":"a\\u0000b"}', "NUL"),
        (b'{"a\\u0000":1}', "NUL"),
        (b'{"bill_id":"\\ud83d"}', "surrogate"),
        (b'{"bill_id":"\\uDE00x"}', "surrogate"),
        (b'{"parts":["\\udc00"]}', "surrogate"),
        (b'{"bill_id":"\xff"}', "UTF-8"),
        (b'{"bill_id":"\xed\xa0\x80"}', "UTF-8"),
        (b'{"bill_id":"a\nb"}', "not JSON"),
        (b"\xef\xbb\xbf" + GOOD, "not JSON"),
        (b'{"parts":' + b"[" * 40 + b"]" * 40 + b"}", "nested deeper"),
        (b'{"parts":' + b"[" * 20000 + b"]" * 20000 + b"}", "nested deeper"),
        (b'{"a":' * 8000 + b"1" + b"}" * 8000, "nested deeper"),
        (GOOD + b"{}", "not JSON"),
    ],
)
def test_an_unreadable_body_is_a_400_that_says_what_is_wrong(
    client: FlaskClient, keyed_headers: dict[str, str], raw: bytes, says: str
) -> None:
    answer = post(client, keyed_headers, raw)
    assert answer.status_code == 400, answer.text
    assert answer.json is not None
    assert says in answer.json["detail"]
    assert answer.json["code"] == "malformed-request"


def test_the_largest_and_smallest_64_bit_numbers_are_read(client: FlaskClient, keyed_headers: dict[str, str]) -> None:
    for number in (2**63 - 1, -(2**63)):
        answer = post(client, keyed_headers, json.dumps({"tip": number}).encode())
        assert answer.status_code == 422
        assert all(e["pointer"] != "/tip" or e["code"] == "not-in-hundreds" for e in answer.json["errors"])  # type: ignore[index]


def test_an_escaped_pair_of_surrogates_is_one_character(client: FlaskClient, keyed_headers: dict[str, str]) -> None:
    answer = post(client, keyed_headers, GOOD.replace(b'"b"', b'"\\ud83d\\ude00"'))
    assert (answer.status_code, answer.json["payment_id"]) == (201, "😀")  # type: ignore[index]


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_body_of_another_media_type_is_a_415(
    client: FlaskClient, keyed_headers: dict[str, str], media_type: str | None
) -> None:
    answer = post(client, keyed_headers, GOOD, media_type)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported-media-type")  # type: ignore[index]


def test_a_media_type_with_a_charset_is_json(client: FlaskClient, keyed_headers: dict[str, str]) -> None:
    assert post(client, keyed_headers, GOOD, "application/json; charset=utf-8").status_code == 201


def test_a_body_over_the_limit_is_a_413_naming_the_limit(client: FlaskClient, keyed_headers: dict[str, str]) -> None:
    answer = post(client, keyed_headers, b'{"bill_id":"' + b"x" * MAX_BODY_BYTES + b'"}')
    assert (answer.status_code, answer.json["code"]) == (413, "body-too-large")  # type: ignore[index]
    assert str(MAX_BODY_BYTES) in answer.json["detail"]  # type: ignore[index]


def test_the_body_is_not_repeated_in_the_problem(client: FlaskClient, keyed_headers: dict[str, str]) -> None:
    assert "9414098765" not in post(client, keyed_headers, b'{"mobile": 9414098765, "name": }').text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(["bill_id", "amount", "customer_params", "parts", "tip", "due", "x"]), json_values)
)
def test_no_json_at_all_makes_the_service_fail(
    client: FlaskClient, keyed_headers: dict[str, str], body: dict[str, Any]
) -> None:
    answer = post(client, keyed_headers, json.dumps(body).encode())
    assert answer.status_code in (201, 400, 422), answer.text
    if answer.status_code != 201:
        assert answer.content_type == "application/problem+json"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_no_bytes_at_all_make_the_service_fail(client: FlaskClient, keyed_headers: dict[str, str], raw: bytes) -> None:
    assert post(client, keyed_headers, raw).status_code in (201, 400, 422)
