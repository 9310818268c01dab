"""What goes over HTTP to and from recoveries."""

from marshmallow import Schema, fields, validate

from identity.domain.people.mobile import LONGEST_WRITTEN
from identity.domain.recovery.recovery import State
from servicekit.fields import Coded, Instant

LONGEST_STOP_CODE = 64


def _mobile(description: str) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Length(
            min=1,
            max=LONGEST_WRITTEN,
            error=Coded("invalid-length", "Must have {min} to {max} characters.", "इसमें {min} से {max} अक्षर हों।"),
        ),
        metadata={"description": description, "example": "98290 00000"},
    )


class RecoveryRequestSchema(Schema):
    """Whose number, and which is theirs from now on."""

    old_mobile = _mobile("The number that is known. It is told of the request.")
    new_mobile = _mobile("The number that is to count; the same one where only the second factor is lost.")
    resets_factors = fields.Boolean(
        load_default=False,
        metadata={"description": "Forget app, passkeys and recovery codes too: the next sign-in enrols anew."},
    )


class RecoverySchema(Schema):
    """A recovery. No whole number is shown."""

    recovery_id = fields.String(required=True, metadata={"example": "rcv_01930a6c5e8b7d3f9a41c2e07b6d8f10"})
    state = fields.String(
        required=True,
        validate=validate.OneOf([state.value for state in State]),
        metadata={"description": "It runs while it is OPEN or APPROVED; STOPPED by the old number's owner."},
    )
    old_mobile = fields.String(required=True, metadata={"example": "XXXXXX0000"})
    new_mobile = fields.String(required=True, metadata={"example": "XXXXXX0001"})
    resets_factors = fields.Boolean(required=True)
    notified = fields.Boolean(required=True, metadata={"description": "Whether the old number has been told."})
    opened_at = Instant(required=True)
    decided_at = Instant(required=True, allow_none=True)
    effective_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "From when on the new number counts; its first sign-in after that makes the change."},
    )


class StopFormSchema(Schema):
    """The code of the message that the old number got."""

    code = fields.String(required=True, validate=validate.Length(max=LONGEST_STOP_CODE))
