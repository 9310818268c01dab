"""Prints of receipts, and reports of overcharging, in MongoDB."""

from datetime import datetime

from bson import Int64
from pymongo import IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from billing.adapters.events import overcharge_event
from billing.adapters.mongo.documents import Document
from billing.application.receipts.errors import ReportedAlready
from billing.application.receipts.ports import OverchargeReport
from billing.domain.payments.payment import Payment
from billing.domain.receipts.copies import Copy, Series, series_of
from servicekit.errors import DependencyUnavailable
from servicekit.events import Outbox
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.mongo import Idempotency, Mongo, duplicate_key

COPIES = "receipt_copies"
REPORTS = "overcharge_reports"
# Each try that is lost means that another print got the number that it read.
MOST_TRIES = 50
# Of one receipt: a citizen may have mistyped, and nobody may flood a case.
MOST_REPORTS = 3

INDEXES = {
    COPIES: [
        IndexModel([("payment_id", 1), ("number", 1)], name="a_copy_is_counted_once", unique=True),
        # A series has no gap, for each number is one more than the highest that is there, and no number twice.
        IndexModel(
            [("series.kiosk_id", 1), ("series.day", 1), ("series.serial", 1)],
            name="a_number_of_a_series_is_given_once",
            unique=True,
            partialFilterExpression={"series.serial": {"$exists": True}},
        ),
    ],
    REPORTS: [
        IndexModel([("payment_id", 1), ("paid_paise", 1)], name="an_amount_of_a_receipt_is_reported_once", unique=True)
    ],
}
_COPY_KEY = ("payment_id", "number")
_SERIES_KEY = ("series.kiosk_id", "series.day", "series.serial")


class MongoCopies:
    """Implements application.receipts.ports.Copies."""

    def __init__(self, mongo: Mongo, idempotency: Idempotency) -> None:
        self._copies = mongo.db[COPIES]
        self._idempotency = idempotency

    def add(self, claim: Claim, copy_id: str, payment: Payment, printed_at: datetime) -> Once[Copy]:
        def keep(session: ClientSession) -> None:
            self._copies.insert_one(self._next(session, copy_id, payment, printed_at), session=session)
            crash_point("B1")

        for _ in range(MOST_TRIES):
            try:
                made = self._idempotency.once(claim, copy_id, keep)
            except DuplicateKeyError as error:
                if duplicate_key(error) not in (_COPY_KEY, _SERIES_KEY):
                    raise
                continue
            copy = self.get(made.value)
            if copy is None:
                raise DependencyUnavailable("The copy made with this key cannot be read yet; ask again.")
            return Once(copy, made.replayed)
        raise DependencyUnavailable("Too many receipts of this centre are being printed at once; ask again.")

    def _next(self, session: ClientSession, copy_id: str, payment: Payment, printed_at: datetime) -> Document:
        last = self._copies.find_one({"payment_id": payment.payment_id}, sort=[("number", -1)], session=session)
        copy: Document = {
            "_id": copy_id,
            "payment_id": payment.payment_id,
            "number": last["number"] + 1 if last else 1,
            "printed_at": printed_at,
        }
        series = series_of(payment)
        if series is None:
            return copy
        if last:
            # What the first copy says stands on all, and is indexed as the first's alone.
            first = self._copies.find_one({"payment_id": payment.payment_id, "number": 1}, session=session)
            assert first is not None, f"{payment.payment_id} has no first copy"
            return {**copy, "of_series": first["of_series"]}
        within = {"series.kiosk_id": series.kiosk_id, "series.day": series.day.isoformat()}
        highest = self._copies.find_one(
            {**within, "series.serial": {"$exists": True}}, sort=[("series.serial", -1)], session=session
        )
        numbered = {
            "kiosk_id": series.kiosk_id,
            "day": series.day.isoformat(),
            "serial": highest["series"]["serial"] + 1 if highest else 1,
        }
        return {**copy, "series": numbered, "of_series": numbered}

    def get(self, copy_id: str) -> Copy | None:
        document = self._copies.find_one({"_id": copy_id})
        if document is None:
            return None
        series = document.get("of_series")
        return Copy(
            document["_id"],
            document["payment_id"],
            document["number"],
            document["printed_at"],
            Series(series["kiosk_id"], datetime.fromisoformat(series["day"]).date()) if series else None,
            series["serial"] if series else None,
        )


class MongoOverchargeReports:
    """Implements application.receipts.ports.OverchargeReports."""

    def __init__(self, mongo: Mongo, outbox: Outbox) -> None:
        self._mongo = mongo
        self._reports = mongo.db[REPORTS]
        self._outbox = outbox

    def add(self, report: OverchargeReport, event_id: str) -> str:
        same = {"payment_id": report.payment.payment_id, "paid_paise": Int64(report.paid_paise)}

        def keep(session: ClientSession) -> None:
            if self._reports.count_documents({"payment_id": same["payment_id"]}, session=session) >= MOST_REPORTS:
                raise ReportedAlready("A case about this receipt is open; nothing more need be reported.")
            self._reports.insert_one(
                {
                    "_id": report.report_id,
                    **same,
                    "kiosk_id": report.payment.kiosk_id,
                    "total_paise": Int64(report.total_paise),
                    "reported_at": report.reported_at,
                },
                session=session,
            )
            self._outbox.add(session, overcharge_event(report, event_id))

        if first := self._reports.find_one(same):
            return str(first["_id"])
        try:
            self._mongo.transact(keep)
        except DuplicateKeyError as error:
            if duplicate_key(error) != ("payment_id", "paid_paise"):
                raise
            first = self._reports.find_one(same)
            if first is None:
                raise DependencyUnavailable("The first report is not certain yet; ask again.") from error
            return str(first["_id"])
        return report.report_id
