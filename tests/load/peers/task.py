"""What every peer is told, and the message all of them send: a payment's event, as big as billing's."""

import json
import os

AMQP_URL = os.environ["AMQP_URL"]
QUEUE = "bench.peer"

DATA = {
    "payment_id": "pay_0192f6a5e3e07c6f8f2b0f5f0f5f0f5f",
    "transaction_token": "EM1234567890ABC",
    "kiosk_id": "ksk_RJ10200001",
    "client_id": "cli_0192f6a5e3e07c6f8f2b0f5f0f5f0f5f",
    "channel": "AGT",
    "biller_id": "JVVNL",
    "category": "ELECTRICITY",
    "bill": {"amount": 152500, "currency": "INR"},
    "service_charge": {"amount": 1000, "currency": "INR"},
    "total": {"amount": 153500, "currency": "INR"},
    "receipt_number": "R-2026-000000413",
    "application_id": None,
    "district_code": "102",
    "completed_at": "2026-11-23T10:00:00.000Z",
}
BODY = json.dumps(DATA).encode()
