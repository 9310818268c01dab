"""Texts of a closed form: the whole of a text, to its last line end, and never more than its length."""

from typing import Any

import marshmallow as ma
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from servicekit.fields import Code, Coded, PrintedCode, Text, published_form
from servicekit.http.openapi import openapi_document
from servicekit.http.validation import field_problems
from servicekit.text import Line, Name

CODE = Code(r"tok_[a-z]{1,8}", longest=12, error="A token.")
EITHER = Code(r"a+|b", longest=9)
PRINTED = PrintedCode(longest=40)


class _FormSchema(ma.Schema):
    token = CODE
    name = Text(Name(100))
    place = Text(Line(20))


def problems(**sent: Any) -> list[tuple[str, str, bool]]:
    schema = _FormSchema()
    refused = schema.validate(sent)
    return [(p.pointer, p.code, p.detail_hi is not None) for p in field_problems({"json": refused}, schema)]


@pytest.mark.parametrize(
    "text",
    [
        "tok_x 4111 1111 1111 1111",
        "tok_x\n",
        "\ntok_x",
        " tok_x",
        "tok_x\u2028",
        "tok_" + "x" * 51_000,
        "tok_é",
        "tok_१",
        "",
    ],
)
def test_a_code_is_its_form_from_end_to_end(text: str) -> None:
    assert problems(token=text) == [("/token", "invalid-format", False)]


def test_each_choice_of_a_form_is_held_to_both_ends() -> None:
    assert EITHER.deserialize("aa") == "aa"
    for text in ("ab", "bc", "cb", "b\n"):
        with pytest.raises(ma.ValidationError):
            EITHER.deserialize(text)
    assert published_form("a+|b") == "^(?:a+|b)$"


@given(st.text())
def test_no_text_but_a_code_passes(text: str) -> None:
    assert (problems(token=text) == []) == (text[:4] == "tok_" and text[4:].islower() and text.isascii()
                                            and text[4:].isalpha() and len(text) <= 12)  # fmt: skip


def test_a_refused_text_is_told_in_both_languages() -> None:
    assert problems(name="12345", place="\u2800") == [("/name", "not-a-name", True), ("/place", "blank", True)]


def test_what_is_accepted_is_the_text_as_it_is_kept() -> None:
    assert _FormSchema().load({"name": " Jose\u0301 O'Brien ", "place": "12, Tonk Road"}) == {
        "name": "José O'Brien",
        "place": "12, Tonk Road",
    }


def test_white_space_in_a_printed_code_does_not_count_but_its_length_does() -> None:
    assert PRINTED.deserialize(" EM7K3 M9Q2X\u200b V4BTC\r\n") == "EM7K3M9Q2XV4BTC"
    with pytest.raises(ma.ValidationError):
        PRINTED.deserialize("x" + " " * 40)


def test_a_message_with_a_code_keeps_both_languages_when_it_is_filled_in() -> None:
    filled = Coded("too-long", "At most {max}.", "अधिकतम {max}।").format(max=9)
    assert (filled, filled.code, filled.detail_hi) == ("At most 9.", "too-long", "अधिकतम 9।")


@pytest.mark.parametrize("part", ["a" * 129, "a%20b", "%E0%A4%95", "a%0A", "a%00", "'", "a;b"])
def test_a_part_of_an_address_that_no_id_has_is_not_found(
    client: FlaskClient, headers: dict[str, str], part: str
) -> None:
    answer = client.get(f"/v1/payments/{part}", headers=headers)
    assert (answer.status_code, answer.json and answer.json["code"]) == (404, "not-found")


def test_a_printed_number_in_an_address_is_read_without_its_spaces(client: FlaskClient) -> None:
    answer = client.get("/v1/receipts/EM7K3%20M9Q2X%20V4BTC%0A")
    assert answer.json == {"payment_id": "EM7K3M9Q2XV4BTC"}
    assert client.get("/v1/receipts/" + "1" * 129).status_code == 404


def test_parts_of_addresses_are_documented_with_their_end(app: Flask) -> None:
    paths = openapi_document(app, "sample")["paths"]
    (payment_id,) = paths["/v1/payments/{payment_id}"]["parameters"]
    assert payment_id["schema"] == {
        "type": "string",
        "minLength": 1,
        "maxLength": 128,
        "pattern": "^[A-Za-z0-9._:~-]{1,128}$",
    }
    (number,) = paths["/v1/receipts/{number}"]["parameters"]
    assert number["schema"]["maxLength"] == 128
