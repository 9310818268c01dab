"""The documents of wallets."""

from marshmallow import Schema, fields

from billing.entrypoints.http.amounts import shown


class WalletShownSchema(Schema):
    """A centre's prepaid wallet."""

    kiosk_id = fields.String(required=True, metadata={"example": "ksk_RJ10200001"})
    balance = shown("All money in the wallet, held money included.")
    held = shown("Held for payments in progress.")
    available = shown("balance − held; below zero while credit is in use.")
    credit_limit = shown("How far below zero `available` may go.")
