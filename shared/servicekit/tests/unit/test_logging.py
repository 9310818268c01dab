import json
import logging
from typing import Any

import pytest
import structlog
from pymongo.errors import DuplicateKeyError
from stdnum import verhoeff

from servicekit.observability.logging import redacted

AADHAAR = "00000012345" + verhoeff.calc_check_digit("00000012345")


@pytest.mark.parametrize(
    "text",
    [
        AADHAAR,
        f"{AADHAAR[:4]} {AADHAAR[4:8]} {AADHAAR[8:]}",
        f"{AADHAAR[:4]}-{AADHAAR[4:8]}-{AADHAAR[8:]}",
        "9414098765",
        "+919414098765",
        "+91 94140 98765",
        "09414098765",
        "919414098765",
        "Bearer abc.def-123",
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln",
    ],
)
def test_numbers_of_people_and_credentials_are_blacked_out(text: str) -> None:
    for around in ("{}", "the value {} came", '{{"a":"{}"}}'):
        cleaned = redacted(around.format(text))
        assert text not in cleaned
        assert "redacted]" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "pay_0193941409876594140987659414098765",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "2026-11-23T19:59:43.720318Z",
        "1234567890",
        "94140987651234567",
        "100000000001",
        "ksk_RJ10200001",
    ],
)
def test_ids_and_instants_are_left_alone(text: str) -> None:
    assert redacted(text) == text


def test_redaction_reaches_every_corner_of_an_event(logged: Any) -> None:
    structlog.get_logger().info(
        "event",
        a=f"x {AADHAAR}",
        b=[{"c": (9414098765,)}],
        d=int("9" + AADHAAR[1:]),
        e={"9414098765": 1},
        f=None,
        g=1.5,
    )
    logging.getLogger("some.library").warning("call %s", "9414098765")
    text = json.dumps(logged())
    assert AADHAAR not in text
    assert "9414098765" not in text
    assert (logged()[0]["f"], logged()[0]["g"]) == (None, 1.5)


def test_a_librarys_words_become_a_field_of_a_constant_event(logged: Any) -> None:
    logging.getLogger("some.library").warning("lost %d of %d", 1, 2)
    (line,) = logged()
    assert (line["event"], line["message"], line["logger"]) == ("library_log", "lost 1 of 2", "some.library")
    assert (line["level"], line["service"], line["process"]) == ("warning", "sample", "api")


def test_libraries_that_tell_of_every_request_are_kept_quiet(logged: Any) -> None:
    for name in ("werkzeug", "pymongo.command", "pika.channel"):
        logging.getLogger(name).info("GET /v1/people?mobile=9414098765")
    logging.getLogger("gunicorn.access").warning("GET /v1/people?mobile=9414098765")
    assert logged() == []


def test_a_level_below_the_configured_one_is_not_written(logged: Any) -> None:
    structlog.get_logger().debug("quiet")
    logging.getLogger("some.library").debug("quiet")
    assert logged() == []


def test_an_exception_is_a_traceback_of_kinds_and_places_and_nothing_that_it_says(logged: Any) -> None:
    message = 'dup key: { name: "Sita" }'.replace("Sita", "Sita Devi")  # a traceback shows source lines
    try:
        try:
            raise DuplicateKeyError(message, 11000)
        except DuplicateKeyError as error:
            raise ValueError(f"Invalid chunk size: {message}") from error
    except ValueError as error:
        error.add_note(message)
        structlog.get_logger().error("request_failed", exc_info=error)
        logging.getLogger("some.library").exception("also here")
    for line in logged():
        assert "Sita Devi" not in json.dumps(line)
        assert "code 11000" in line["exception"]
        assert "ValueError" in line["exception"]
        assert __name__.rpartition(".")[2] in line["exception"]
        assert line["exception_type"] == "ValueError"


def test_bound_context_is_on_the_lines_of_libraries_too(logged: Any) -> None:
    with structlog.contextvars.bound_contextvars(message_id="m1"):
        structlog.get_logger().info("handled")
        logging.getLogger("some.library").warning("x")
    assert [line["message_id"] for line in logged()] == ["m1", "m1"]


def test_hindi_is_written_as_itself(logged: Any) -> None:
    structlog.get_logger().info("named", title="जयपुर")
    assert logged()[0]["title"] == "जयपुर"
