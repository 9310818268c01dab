"""The document of the gateway's view."""

from marshmallow import Schema, fields


class TransactionEventSchema(Schema):
    """An event published about the application."""

    type = fields.String(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})


class TransactionSchema(Schema):
    """An application, in the form in which the gateway gets transactions of all services."""

    token = fields.String(required=True)
    kind = fields.String(required=True)
    reference_id = fields.String(required=True)
    status = fields.String(required=True)
    owner_client_id = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    updated_at = fields.String(required=True, metadata={"format": "date-time"})
    events = fields.List(fields.Nested(TransactionEventSchema), required=True)
