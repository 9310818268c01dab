"""What goes over HTTP about officers who move."""

from marshmallow import Schema, fields, validate

from identity.domain.people.definitions import DEPARTMENT, DISTRICT_CODE, MAX_NAME_LENGTH, PERSON_ID
from identity.domain.people.rights import MAX_DISTRICTS, MAX_REASON_LENGTH, RIGHT_ID
from servicekit.fields import Code, Coded, Instant, Text
from servicekit.text import Line

_ORDER = Line(longest=MAX_REASON_LENGTH)
_POST = Line(longest=MAX_NAME_LENGTH)
_PERSON = "per_0192f3a1c0de7d33c7f25d2c9a7b1e47"
_RIGHT = "rgt_01a207c7d3507f5381e12413b5928f4a"


def _person(description: str, **more: object) -> Code:
    error = Coded(
        "invalid-format",
        "Must be a person's id: per_ and letters or digits.",
        "यह व्यक्ति की आईडी हो: per_ और अक्षर या अंक।",
    )
    metadata = {"description": description, "example": _PERSON}
    return Code(PERSON_ID.pattern, longest=64, error=error, metadata=metadata, **more)


def _instant(description: str) -> fields.AwareDateTime:
    metadata = {"description": description, "example": "2027-04-01T00:00:00+05:30"}
    return fields.AwareDateTime(required=True, format="iso", metadata=metadata)


class _MoveSchema(Schema):
    person_id = _person("The officer.", required=True)
    right_id = Code(
        RIGHT_ID.pattern,
        longest=64,
        required=True,
        error=Coded(
            "invalid-format",
            "Must be a right's id: rgt_ and letters or digits.",
            "यह अधिकार की आईडी हो: rgt_ और अक्षर या अंक।",
        ),
        metadata={"description": "The post, as the officer has it.", "example": _RIGHT},
    )
    since = _instant("From when on it is no longer theirs to act in.")
    order = Text(_ORDER, required=True, metadata={"description": "The order's number.", "example": "Order 12/2027"})


class OfficerPostSchema(Schema):
    """What is other of the new post than of the old one."""

    department = Code(DEPARTMENT.pattern, longest=40, metadata={"example": "revenue"})
    office = Text(_POST, metadata={"example": "tehsil-luni"})
    designation = Text(_POST, metadata={"example": "Tehsildar"})
    designation_hi = Text(_POST, metadata={"example": "तहसीलदार"})
    districts = fields.List(
        Code(DISTRICT_CODE.pattern, longest=4),
        validate=validate.Length(
            min=1,
            max=MAX_DISTRICTS,
            error=Coded("invalid-length", "Must have {min} to {max} districts.", "इसमें {min} से {max} ज़िले हों।"),
        ),
        metadata={"description": "LGD codes.", "example": ["107"]},
    )


class OfficerTransferSchema(_MoveSchema):
    """An officer goes to another post, or out of theirs."""

    post = fields.Nested(
        OfficerPostSchema, load_default=None, metadata={"description": "The new post; left out, there is none."}
    )
    successor_id = _person("Who takes the old post over.", load_default=None)


class OfficerLeaveSchema(_MoveSchema):
    """An officer is away for a time."""

    until = _instant("When they act in the post again.")
    substitute_id = _person("Who acts in the post meanwhile; left out, nobody does.", load_default=None)


class MadeRightSchema(Schema):
    """A right that the order made."""

    person_id = fields.String(required=True, metadata={"example": _PERSON})
    right_id = fields.String(required=True, metadata={"example": _RIGHT})
    districts = fields.List(fields.String(), required=True, metadata={"example": ["107"]})
    begins_at = Instant(required=True)
    ends_at = Instant(required=True, allow_none=True)


class MadeRightsSchema(Schema):
    """What the order made; none where nobody takes the post."""

    items = fields.List(fields.Nested(MadeRightSchema), required=True)
