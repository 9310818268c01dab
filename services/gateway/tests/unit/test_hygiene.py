"""What is refused at the door, and what is left out on the way through."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.application.errors import RepeatedParameter, UnacceptablePath
from gateway.application.routes import Operation
from gateway.entrypoints import hygiene
from servicekit.errors import MalformedRequest, ServiceError
from servicekit.http.body import MAX_BODY_BYTES
from servicekit.http.problems import BodyTooLarge, UnsupportedMediaType

JSON = Operation("billing", "POST", "/v1/x", (), True, frozenset({"application/json"}))
FORM = Operation("identity", "POST", "/t", (), True, frozenset({"application/x-www-form-urlencoded"}))


def posted(body: Any = b"{}", **environ: Any) -> Any:
    return {
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "wsgi.input": io.BytesIO(body),
        **environ,
    }


@pytest.mark.parametrize(
    ("raw", "path", "target"),
    [
        ("/v1/payments/pay_1", "/v1/payments/pay_1", "/v1/payments/pay_1"),
        ("/v1/billers?category=WATER&x=%20", "/v1/billers", "/v1/billers?category=WATER&x=%20"),
        ("/.well-known/jwks.json", "/.well-known/jwks.json", "/.well-known/jwks.json"),
        ("/v1/pay%6Dents", "/v1/payments", "/v1/payments"),
        ("/v1/x/a%20b", "/v1/x/a b", "/v1/x/a%20b"),
        ("/v1/x/%E0%A4%95", "/v1/x/क", "/v1/x/%E0%A4%95"),
        ("/", "/", "/"),
        ("/v1/x/", "/v1/x/", "/v1/x/"),
    ],
)
def test_a_path_is_decoded_once_and_sent_on_in_one_spelling(raw: Any, path: Any, target: Any) -> None:
    assert hygiene.target_of({"RAW_URI": raw}) == (path, target)


@pytest.mark.parametrize(
    "raw",
    [
        "/v1/x/%2Fetc", "/v1/x/%2f", "/v1/x/%5c", "/v1/x\\y", "/v1/x/%00", "/v1/x/%0a", "/v1/x/%7F", "/v1/%252e",
        "/v1/../admin", "/v1/./x", "/v1/%2e%2e/x", "/v1/%2E", "/..", "//v1/x", "/v1//x", "/v1/x#y", "/v1/%zz",
        "/v1/%", "/v1/%C3%28", "/v1/क", "/v1/a b", '/v1/"x"', "/v1/<x>", "/v1/x\x00", "/v1/x\r\nHost: y",
    ],
)  # fmt: skip
def test_a_path_that_two_programs_could_read_differently_is_refused(raw: Any) -> None:
    with pytest.raises(UnacceptablePath):
        hygiene.target_of({"RAW_URI": raw})


@pytest.mark.parametrize("raw", ["http://elsewhere/v1/x", "*", "v1/x", "elsewhere:443", "/v1/x?a=\x01", "/v1/x?क"])
def test_a_request_target_that_is_not_a_plain_path_is_refused(raw: Any) -> None:
    with pytest.raises(MalformedRequest):
        hygiene.target_of({"RAW_URI": raw})


@given(st.text(max_size=40))
def test_no_path_is_sent_on_with_a_dot_segment_or_a_control_character(text: Any) -> None:
    try:
        path, target = hygiene.target_of({"RAW_URI": "/" + text})
    except ServiceError:
        return
    assert not {".", ".."} & set(path.split("/"))
    assert target.isascii()
    assert target.isprintable()
    assert " " not in target
    assert hygiene.target_of({"RAW_URI": target}) == (path, target)


def test_a_server_that_gives_no_raw_target_is_served_from_the_decoded_one() -> None:
    environ = {"PATH_INFO": "/v1/x/é".encode().decode("latin-1"), "QUERY_STRING": "a=1"}
    assert hygiene.target_of(environ) == ("/v1/x/é", "/v1/x/%C3%A9?a=1")


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "3"},
        {"HTTP_TRANSFER_ENCODING": "gzip, chunked"},
        {"HTTP_TRANSFER_ENCODING": "xchunked"},
        {"HTTP_HOST": "a.example,b.example"},
    ],
)
def test_ambiguous_framing_is_refused(environ: Any) -> None:
    with pytest.raises(MalformedRequest):
        hygiene.check_framing(environ)


@pytest.mark.parametrize("query", ["a=1&a=2", "a=1&b=2&%61=3", "a&a", "a=1&a", "x+y=1&x%20y=2"])
def test_a_query_parameter_given_twice_is_refused(query: Any) -> None:
    with pytest.raises(RepeatedParameter):
        hygiene.check_query({"QUERY_STRING": query}, JSON)


def test_a_parameter_documented_as_a_list_may_be_repeated() -> None:
    listed = Operation("x", "GET", "/x", (), True, repeatable=frozenset({"tag"}))
    hygiene.check_query({"QUERY_STRING": "tag=1&tag=2&a=1"}, listed)
    with pytest.raises(RepeatedParameter):
        hygiene.check_query({"QUERY_STRING": "tag=1&tag=2&a=1&a=2"}, listed)


def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_refused() -> None:
    assert hygiene.read_body(posted(b"x" * MAX_BODY_BYTES), JSON) == b"x" * MAX_BODY_BYTES
    with pytest.raises(BodyTooLarge):
        hygiene.read_body(posted(b"x" * (MAX_BODY_BYTES + 1)), JSON)


def test_an_operation_may_read_more_than_others() -> None:
    large = Operation("x", "PUT", "/x", (), True, frozenset({"application/json"}), most_body_bytes=2 * MAX_BODY_BYTES)
    assert hygiene.read_body(posted(b"x" * 2 * MAX_BODY_BYTES), large) == b"x" * 2 * MAX_BODY_BYTES
    with pytest.raises(BodyTooLarge, match=str(2 * MAX_BODY_BYTES)):
        hygiene.read_body(posted(b"x" * (2 * MAX_BODY_BYTES + 1)), large)


def test_a_body_that_announces_too_much_is_refused_before_it_is_read() -> None:
    class Unread:
        def read(self, size: int) -> bytes:  # noqa: ARG002 - as of a file
            raise AssertionError("was read")

    with pytest.raises(BodyTooLarge):
        hygiene.read_body(posted(CONTENT_LENGTH=str(10**15), **{"wsgi.input": Unread()}), JSON)


def test_a_chunked_body_has_the_same_limit() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    assert hygiene.read_body(posted(b"{}", **chunked), JSON) == b"{}"
    with pytest.raises(BodyTooLarge):
        hygiene.read_body(posted(b"x" * (MAX_BODY_BYTES + 1), **chunked), JSON)


@pytest.mark.parametrize("length", ["-1", "1.5", "abc", "+2", "0x10", "9" * 30, "٣"])
def test_a_content_length_that_is_no_number_is_refused(length: Any) -> None:
    with pytest.raises(MalformedRequest):
        hygiene.read_body(posted(CONTENT_LENGTH=length), JSON)


def test_a_body_shorter_than_announced_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        hygiene.read_body(posted(b"{}", CONTENT_LENGTH="10"), JSON)


@pytest.mark.parametrize(
    ("operation", "content_type", "accepted"),
    [
        (JSON, "application/json", True),
        (JSON, "Application/JSON; charset=utf-8", True),
        (JSON, "application/x-www-form-urlencoded", False),
        (JSON, "text/plain", False),
        (JSON, "", False),
        (FORM, "application/x-www-form-urlencoded", True),
        (FORM, "application/json", False),
        (Operation("x", "POST", "/x", (), True), "application/json", True),
        (Operation("x", "POST", "/x", (), True), "text/xml", False),
    ],
)
def test_only_documented_media_types_are_let_in(operation: Any, content_type: Any, accepted: Any) -> None:
    environ = posted(b"{}", CONTENT_TYPE=content_type)
    if accepted:
        assert hygiene.read_body(environ, operation) == b"{}"
    else:
        with pytest.raises(UnsupportedMediaType, match=next(iter(operation.body_types), "json")):
            hygiene.read_body(environ, operation)


def test_an_encoded_body_and_a_body_on_get_are_refused() -> None:
    with pytest.raises(UnsupportedMediaType):
        hygiene.read_body(posted(HTTP_CONTENT_ENCODING="gzip"), JSON)
    with pytest.raises(MalformedRequest):
        hygiene.read_body(posted(REQUEST_METHOD="GET"), JSON)


def test_only_end_to_end_headers_of_the_caller_go_on() -> None:
    environ = {
        "HTTP_HOST": "h", "HTTP_AUTHORIZATION": "Bearer x", "HTTP_COOKIE": "a=b", "HTTP_CONNECTION": "close, X-Secret",
        "HTTP_X_SECRET": "1", "HTTP_X_FORWARDED_FOR": "1.2.3.4", "HTTP_FORWARDED": "for=x",
        "HTTP_X_USER_ID": "1", "HTTP_X_INTERNAL_ROLE": "admin", "HTTP_EMITRA_TIMEOUT_MS": "5", "HTTP_TE": "trailers",
        "HTTP_EMITRA_CALLER": "x", "HTTP_TRANSFER_ENCODING": "chunked", "HTTP_UPGRADE": "h2c", "HTTP_VIA": "x",
        "HTTP_X_REAL_IP": "1", "HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE", "HTTP_BAGGAGE": "x", "HTTP_TRACEPARENT": "x",
        "HTTP_ACCEPT": "application/json", "HTTP_IDEMPOTENCY_KEY": "k", "HTTP_IF_MATCH": '"1"',
        "HTTP_ACCEPT_LANGUAGE": "hi",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "2", "HTTP_EXPECT": "100-continue",
    }  # fmt: skip
    assert hygiene.forwarded_headers(environ, JSON) == {
        "Accept": "application/json",
        "Idempotency-Key": "k",
        "If-Match": '"1"',
        "Accept-Language": "hi",
        "Content-Type": "application/json",
    }


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ("__Host-a=1", "__Host-a=1"),
        ("session=2; __Host-a=1=; other=3", "__Host-a=1="),
        ("session=2", ""),
        ("__host-a=1; x__Host-a=2", ""),
    ],
)
def test_a_service_gets_the_cookies_that_its_operation_documents_and_no_others(sent: str, arrives: str) -> None:
    page = Operation("identity", "POST", "/v1/x", (), True, cookies=frozenset({"__Host-a"}))
    assert hygiene.forwarded_headers({"HTTP_COOKIE": sent}, page) == {"Cookie": arrives}
    assert hygiene.forwarded_headers({"HTTP_COOKIE": sent}, JSON) == {}


def test_only_end_to_end_headers_of_the_service_come_back() -> None:
    answered = [
        ("Server", "x"), ("Date", "x"), ("Connection", "keep-alive, X-Hop"), ("X-Hop", "1"), ("Keep-Alive", "5"),
        ("Transfer-Encoding", "chunked"), ("Content-Length", "2"), ("X-Request-Id", "other"),
        ("Content-Type", "application/problem+json"), ("ETag", '"1"'), ("Location", "/v1/x"), ("Link", "a"),
        ("Link", "b"),
    ]  # fmt: skip
    assert hygiene.returned_headers(answered) == [
        ("Content-Type", "application/problem+json"),
        ("ETag", '"1"'),
        ("Location", "/v1/x"),
        ("Link", "a"),
        ("Link", "b"),
    ]


def test_headers_of_any_name_do_not_fill_the_memory() -> None:
    for number in range(2000):
        hygiene.forwarded_headers({f"HTTP_X_{number}": "1"}, JSON)
    assert len(hygiene._names) <= hygiene._MOST_REMEMBERED_NAMES
    assert hygiene.forwarded_headers({"HTTP_X_FORWARDED_LATE": "1", "HTTP_X_LATE": "1"}, JSON) == {"X-Late": "1"}
