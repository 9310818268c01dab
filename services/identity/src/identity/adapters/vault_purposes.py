"""The closed list of purposes, read from the file that identity ships."""

from importlib.resources import files
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from identity.domain.vault.identifiers import Kind
from identity.domain.vault.purposes import Purpose
from servicekit.fields import Code

FILE = "vault_purposes.json"
_FORM = r"[a-z][a-z0-9-]{0,39}"  # as the action of a scope: it is one


class _PurposeSchema(Schema):
    id = Code(_FORM, longest=40, required=True)
    title = fields.String(required=True, validate=validate.Length(min=1))
    title_hi = fields.String(required=True, validate=validate.Length(min=1))
    kinds = fields.List(fields.Enum(Kind, by_value=True), required=True, validate=validate.Length(min=1))
    order = fields.String(required=True, allow_none=True)
    since = fields.Date(required=True, allow_none=True)

    @post_load
    def _made(self, row: dict[str, Any], **_: Any) -> Purpose:
        return Purpose(**{**row, "kinds": frozenset(row["kinds"])})


class _PurposesSchema(Schema):
    note = fields.String(required=True)
    purposes = fields.List(fields.Nested(_PurposeSchema), required=True)


def purposes() -> dict[str, Purpose]:
    """Every purpose by its id. Raises marshmallow's ValidationError for a file that is not in order."""
    text = (files("identity.adapters.data") / FILE).read_text(encoding="utf-8")
    listed: list[Purpose] = _PurposesSchema().loads(text)["purposes"]
    if len({purpose.id for purpose in listed}) < len(listed):
        raise ValueError(f"{FILE} names a purpose twice")
    return {purpose.id: purpose for purpose in listed}
