"""Which differences between two schemas count as breaking, for events, requests and answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from emitra_contracts.compatibility import Change, Use, breaking_changes

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


def an_object(required: str = "", **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": True}


def breaks(old: Any, new: Any) -> str:
    """The uses that the change breaks, by their first letters: A an answer's reader, E an event's, R a requester."""
    return "".join(
        letter
        for letter, use in (("A", Use.ANSWER), ("E", Use.EVENT), ("R", Use.REQUEST))
        if list(breaking_changes(old, new, use))
    )


DIFFERENCES = {
    "nothing": (TEXT, TEXT, ""),
    "a description": (TEXT, {**TEXT, "description": "new", "example": "x"}, ""),
    "another type": (WHOLE, TEXT, "AER"),
    "null allowed": (TEXT, {"type": ["string", "null"]}, "AE"),
    "null allowed by anyOf": (TEXT, {"anyOf": [TEXT, {"type": "null"}]}, "AE"),
    "null told in another way": ({"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}, ""),
    "null no longer allowed": ({"type": ["string", "null"]}, TEXT, "ER"),
    "a whole number becomes any": (WHOLE, {"type": "number"}, "AE"),
    "a value added": ({"enum": ["a"]}, {"enum": ["a", "b"]}, "AE"),
    "a value removed": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "ER"),
    "a value renamed": ({"enum": ["a"]}, {"enum": ["b"]}, "AER"),
    "the list of values lifted": ({"enum": ["a"]}, {}, "AE"),
    "a list of values begun": ({}, {"enum": ["a"]}, "ER"),
    "another constant": ({"const": "INR"}, {"const": "USD"}, "AER"),
    "a constant becomes a list with it": ({"const": "INR"}, {"enum": ["INR", "USD"]}, "AE"),
    "an expected value added": ({"x-extensible-enum": ["a"]}, {"x-extensible-enum": ["a", "b"]}, ""),
    "an expected value gone": ({"x-extensible-enum": ["a", "b"]}, {"x-extensible-enum": ["a"]}, "AE"),
    "a closed list opened": ({"enum": ["a"]}, {"x-extensible-enum": ["a"]}, "AE"),
    "a least value lowered": ({"minimum": 1}, {"minimum": 0}, "AE"),
    "a least value raised": ({"minLength": 1}, {"minLength": 2}, "ER"),
    "a most value lowered": ({"maxLength": 9}, {"maxLength": 8}, "ER"),
    "a most value lifted": ({"maximum": 9}, {}, "AE"),
    "a least value begun": ({}, {"minItems": 1}, "ER"),
    "another pattern": ({"pattern": "^a$"}, {"pattern": "^[ab]$"}, "AER"),
    "a pattern lifted": ({"pattern": "^a$"}, {}, "AE"),
    "a format begun": ({}, {"format": "date"}, "ER"),
    "another format": ({"format": "date-time"}, {"format": "date"}, "AER"),
    "an optional member added": (an_object("a", a=TEXT), an_object("a", a=TEXT, b=TEXT), ""),
    "a required member added": (an_object("a", a=TEXT), an_object("a b", a=TEXT, b=TEXT), "ER"),
    "a member removed": (an_object("a", a=TEXT, b=TEXT), an_object("a", a=TEXT), "AER"),
    "a member becomes optional": (an_object("a", a=TEXT), an_object("", a=TEXT), "AE"),
    "a member becomes required": (an_object("", a=TEXT), an_object("a", a=TEXT), "ER"),
    "a member of a member retyped": (an_object(a=an_object(b=TEXT)), an_object(a=an_object(b=WHOLE)), "AER"),
    "items retyped": ({"items": TEXT}, {"items": WHOLE}, "AER"),
    "items of any kind": ({"items": TEXT}, {}, "AE"),
    "closed to other members": ({}, {"additionalProperties": False}, "ER"),
    "opened to other members": ({"additionalProperties": False}, {}, ""),
    "a keyword that nobody judged": ({"multipleOf": 100}, {"multipleOf": 50}, "AER"),
}


@pytest.mark.parametrize(("old", "new", "broken"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_difference_breaks_those_who_relied_on_the_old_form(old: Any, new: Any, broken: str) -> None:
    assert breaks(old, new) == broken


def in_documents(old: Any, new: Any) -> Iterator[Change]:
    place = {"$ref": "#/$defs/money", "description": "beside the reference"}
    return breaking_changes(
        {**an_object(fee=place), "$defs": {"money": old}}, {**an_object(fee=place), "$defs": {"money": new}}, Use.EVENT
    )


def test_a_difference_is_found_through_a_reference_and_told_where_it_stands() -> None:
    (change,) = in_documents(an_object(amount=WHOLE), an_object(amount=TEXT))
    assert (change.path, change.origin) == ("/fee/amount", "#/$defs/money/properties/amount")
    assert (change.was, change.now) == ("integer", "string")


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    tree = an_object(value=TEXT, branches={"type": "array", "items": {"$ref": "#/$defs/money"}})
    (change,) = in_documents(tree, {**tree, "properties": {**tree["properties"], "value": WHOLE}})
    assert change.path == "/fee/value"


def test_a_reference_out_of_the_document_is_refused() -> None:
    elsewhere = {"$ref": "https://example.org/money.json"}
    with pytest.raises(ValueError, match="example"):
        list(breaking_changes(elsewhere, elsewhere, Use.EVENT))
