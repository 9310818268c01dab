"""The closed list of acts and the words of consent, read from the file that identity ships."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from identity.application.assistance.ports import ConsentText
from identity.domain.assistance.acts import Act, Doing

FILE = "assisted_acts.json"


class _DoingSchema(Schema):
    type = fields.String(required=True)
    identifier = fields.String()
    costs = fields.Boolean(required=True)
    once = fields.Boolean(required=True)

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Doing:
        return Doing(**row)


class _ActSchema(Schema):
    code = fields.String(required=True)
    text = fields.String(required=True)
    text_hi = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    doings = fields.List(fields.Nested(_DoingSchema), required=True)

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Act:
        return Act(**{**row, "scopes": frozenset(row["scopes"]), "doings": tuple(row["doings"])})


class _TextSchema(Schema):
    id = fields.String(required=True, validate=validate.Length(min=1))
    text = fields.String(required=True)
    text_hi = fields.String(required=True)

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> ConsentText:
        return ConsentText(**row)


class _FileSchema(Schema):
    note = fields.String(required=True)
    consent_text = fields.Nested(_TextSchema, required=True)
    acts = fields.List(fields.Nested(_ActSchema), required=True)


@dataclass(frozen=True)
class AssistedActs:
    """The acts by their codes, and what a person agrees to."""

    acts: dict[str, Act]
    consent_text: ConsentText


def assisted_acts() -> AssistedActs:
    """The file's content. Raises marshmallow's ValidationError, or ValueError, for one that is not in order."""
    read = _FileSchema().loads((files("identity.adapters.data") / FILE).read_text(encoding="utf-8"))
    listed: list[Act] = read["acts"]
    by_code = {act.code: act for act in listed if act.code}
    if len(by_code) < len(listed):
        raise ValueError(f"{FILE} names an act twice")
    return AssistedActs(by_code, read["consent_text"])
