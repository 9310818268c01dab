"""The wire of heartbeats and of what is known by them."""

from marshmallow import Schema, fields, validate

from kiosk_registry.domain.live.components import COMPONENT_FORM, VERSION_FORM
from kiosk_registry.domain.live.life import BEAT_SECONDS, MOST_COMPONENTS, Liveness
from kiosk_registry.entrypoints.http.fields import text, whole
from servicekit.fields import Code
from servicekit.http import Coded

MACHINE_FORM = r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}"


def _machine() -> Code:
    return Code(
        MACHINE_FORM,
        longest=64,
        required=True,
        error=Coded(
            "not-a-machine",
            "4 to 64 letters, digits, points, _ and - that this machine keeps, such as its serial number.",
            "4 से 64 अक्षर, अंक, बिंदु, _ और -, जो यह मशीन सदा रखे, जैसे उसका क्रमांक।",
        ),
        metadata={
            "description": "What the machine is known by; the same in every heartbeat.",
            "example": "tpm-5f1c2a9e",
        },
    )


class HeartbeatRequestSchema(Schema):
    """A sign of life."""

    machine = _machine()
    sent_at = fields.AwareDateTime(
        required=True,
        format="iso",
        metadata={
            "description": "By the machine's own clock, with its offset.",
            "example": "2026-11-23T11:11:07+05:30",
        },
    )
    components = fields.Dict(
        keys=Code(
            COMPONENT_FORM, longest=40, error=Coded("not-a-component", "A component is named like emitra-client.")
        ),
        values=Code(VERSION_FORM, longest=27, error=Coded("not-a-version", "A version is up to four numbers: 2.10.1.")),
        load_default=dict,
        validate=validate.Length(max=MOST_COMPONENTS),
        metadata={
            "description": "The versions of what runs on it.",
            "example": {"emitra-client": "2.10.1", "browser": "128.0"},
        },
    )


class OutdatedComponentSchema(Schema):
    """A component that is older than an order asks for."""

    component = text("Its name.", "browser")
    version = text("What runs.", "101.0")
    least = text("The least that is asked for.", "120.0")
    order = text("Which order asks for it.", "DoIT&C circular of 2026-10-01")


class HeartbeatSchema(Schema):
    """The heartbeat counts."""

    next_in_seconds = whole("When to send the next one.", BEAT_SECONDS)
    outdated = fields.List(fields.Nested(OutdatedComponentSchema), required=True)


class MachineRequestSchema(Schema):
    """The machine that a centre is to have."""

    machine = _machine()


class MachineSchema(Schema):
    """The machine that a centre has."""

    kiosk_id = text("The centre.", "ksk_RJ10200001")
    machine = text("What the machine is known by.", "tpm-5f1c2a9e")


class ComponentSchema(Schema):
    """What runs on a centre's machine."""

    component = text("Its name.", "browser")
    version = text("What runs.", "128.0")


class LivenessSchema(Schema):
    """How a centre is at this moment."""

    kiosk_id = text("The centre.", "ksk_RJ10200001")
    district_code = text("LGD code of its district.", "102")
    state = text(
        "ONLINE: heard within 150 seconds. STALE: within ten minutes. DARK: longer ago. NEVER: not once.",
        "ONLINE",
        validate=validate.OneOf([state.value for state in Liveness]),
    )
    last_heard_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "UTC; null where it never was heard."}
    )
    components = fields.List(
        fields.Nested(ComponentSchema), required=True, metadata={"description": "As last heard, by name."}
    )
    outdated = fields.List(fields.Nested(OutdatedComponentSchema), required=True)
    other_machine_at = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={
            "description": "When a machine that is not the centre's last tried to speak for it; null where none did."
        },
    )
    note = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "For people, where a centre is silent and something on it too old; else null."},
    )
    note_hi = fields.String(required=True, allow_none=True, metadata={"description": "The same in Hindi."})


class DistrictLivenessSchema(Schema):
    """How the centres of a district are at this moment."""

    district_code = text("LGD code.", "102")
    name_en = text("Name in English.", "Jaipur")
    name_hi = text("Name in Hindi.", "जयपुर")
    online = whole("Heard within 150 seconds.", 3_401)
    stale = whole("Within ten minutes.", 12)
    dark = whole("Longer ago.", 300)
    never = whole("ACTIVE and not once heard.", 12)
    dark_since = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "Since when the district is dark, UTC; null if it is not."},
    )


class StateLivenessSchema(Schema):
    """How all centres are at this moment."""

    items = fields.List(fields.Nested(DistrictLivenessSchema), required=True)
    online = whole("Of the state.", 36_000)
    stale = whole("Of the state.", 140)
    dark = whole("Of the state.", 2_100)
    never = whole("Of the state.", 140)
