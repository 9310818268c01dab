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
    "null written in another way": ({"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}, ""),
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
    "a greatest value lowered": ({"maxLength": 9}, {"maxLength": 8}, "ER"),
    "a greatest value lifted": ({"maximum": 9}, {}, "AE"),
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
    "a further member that got a name, retyped": (
        {"additionalProperties": TEXT},
        {"additionalProperties": TEXT, "properties": {"a": WHOLE}},
        "AER",
    ),
    "no longer sent": (TEXT, {**TEXT, "readOnly": True}, "R"),
    "no longer answered": (TEXT, {**TEXT, "writeOnly": True}, "A"),
    "a default changed": ({"default": 20}, {"default": 10}, "AER"),
    "a default gone": ({"default": 20}, {}, "AER"),
    "null allowed beside a list": (
        {"type": ["string", "null"], "enum": ["a"]},
        {"anyOf": [{**TEXT, "enum": ["a"]}, {"type": "null"}]},
        "AE",
    ),
    "null no longer allowed beside a condition": (
        {"anyOf": [{"not": {"enum": [None]}}, {"type": "null"}]},
        {"not": {"enum": [None]}},
        "AER",
    ),
    "a part of allOf retyped": ({"allOf": [TEXT]}, {"allOf": [WHOLE]}, "AER"),
    "a part of allOf limited": ({"allOf": [TEXT]}, {"allOf": [{**TEXT, "maxLength": 5}]}, "ER"),
    "a part of allOf more": ({"allOf": [TEXT]}, {"allOf": [TEXT, {"maxLength": 5}]}, "ER"),
    "a part of allOf gone": ({"allOf": [TEXT, {"maxLength": 5}]}, {"allOf": [TEXT]}, "AE"),
    "a way of anyOf retyped": ({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT, {"type": "boolean"}]}, "AER"),
    "a way of anyOf more": ({"anyOf": [TEXT]}, {"anyOf": [TEXT, WHOLE]}, "AE"),
    "a way of anyOf gone": ({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT]}, "ER"),
    "an anyOf begun": ({}, {"anyOf": [TEXT, WHOLE]}, "ER"),
    "an anyOf lifted": ({"anyOf": [TEXT, WHOLE]}, {}, "AE"),
    "a way of oneOf limited": ({"oneOf": [TEXT]}, {"oneOf": [{**TEXT, "maxLength": 5}]}, "AER"),
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


def test_a_difference_behind_a_reference_is_noticed_at_its_place() -> None:
    (change,) = in_documents(an_object(amount=WHOLE), an_object(amount=TEXT))
    assert (change.path, change.origin) == ("/fee/amount", "#/$defs/money/properties/amount")
    assert (change.was, change.current) == ("integer", "string")


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    tree = an_object(value=TEXT, branches={"type": "array", "items": {"$ref": "#/$defs/money"}})
    (change,) = in_documents(tree, {**tree, "properties": {**tree["properties"], "value": WHOLE}})
    assert change.path == "/fee/value"


def test_a_reference_out_of_the_document_is_refused() -> None:
    elsewhere = {"$ref": "https://example.org/money.json"}
    with pytest.raises(ValueError, match="example"):
        list(breaking_changes(elsewhere, elsewhere, Use.EVENT))


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf", "not", "if", "prefixItems", "patternProperties"])
def test_a_difference_behind_a_reference_in_a_condition_is_noticed(keyword: str) -> None:
    money = {"$ref": "#/$defs/money"}
    conditions: dict[str, Any] = {"anyOf": [money, TEXT], "not": money, "if": money, "patternProperties": {"^a": money}}
    old = {keyword: conditions.get(keyword, [money])}
    for use in Use:
        assert list(
            breaking_changes(
                {**old, "$defs": {"money": an_object(amount=WHOLE)}},
                {**old, "$defs": {"money": an_object(amount=TEXT)}},
                use,
            )
        )


def test_a_limit_beside_a_reference_does_not_hide_a_change_of_the_limit_behind_it() -> None:
    limited = {"$ref": "#/$defs/text", "maxLength": 9}
    old, new = ({"properties": {"a": limited}, "$defs": {"text": {"maxLength": most}}} for most in (8, 7))
    assert list(breaking_changes(old, new, Use.REQUEST))


def test_a_schema_that_contains_itself_may_not_begin_to_be_null() -> None:
    node = {"$ref": "#/$defs/node"}
    old, new = (
        {**node, "$defs": {"node": an_object("next", next=following)}}
        for following in (node, {"anyOf": [node, {"type": "null"}]})
    )
    assert [change.path for change in breaking_changes(old, new, Use.ANSWER)] == ["/next"]


def test_a_schema_that_contains_itself_in_a_condition_comes_to_an_end() -> None:
    tree = {"$ref": "#/$defs/tree"}
    document = {"not": tree, "$defs": {"tree": {"oneOf": [TEXT, an_object(branch=tree)]}}}
    assert list(breaking_changes(document, document, Use.EVENT)) == []
