"""The registry's table of events: reports of citizens, and what people decide of their data."""

from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from kiosk_registry.application.discipline.ports import Report
from kiosk_registry.application.discipline.take_report import TakeReport
from kiosk_registry.bootstrap import KioskRegistry
from servicekit import personal
from servicekit.events import Consumer, ReceivedEvent
from servicekit.ids import public_id
from servicekit.money import MoneyReading


class OverchargeReportedReading(Schema):
    """What the registry reads of overcharge.reported.v1."""

    class Meta:
        unknown = EXCLUDE

    report_id = fields.String(required=True)
    payment_id = fields.String(required=True)
    receipt_number = fields.String(required=True)
    kiosk_id = fields.String(required=True)
    fee_order = fields.String(required=True)
    legal_fee = fields.Nested(MoneyReading, required=True)
    total = fields.Nested(MoneyReading, required=True)
    paid = fields.Nested(MoneyReading, required=True)
    completed_at = fields.AwareDateTime(required=True, format="iso")
    reported_at = fields.AwareDateTime(required=True, format="iso")


def take_report(registry: KioskRegistry, event: ReceivedEvent, session: ClientSession) -> None:
    """A case is opened upon it; its amounts are evidence."""
    data = dict(event.data)
    amounts = {f"{name}_paise": data.pop(name)["amount"] for name in ("legal_fee", "total", "paid")}
    registry.take_report_within(session)(TakeReport(public_id("ccs"), Report(**data, **amounts)))


CONSUMERS = [
    Consumer("overcharge.reported.v1", "billing", OverchargeReportedReading(), take_report),
    *personal.erasure_consumers(),
]
