"""A wallet's statement and day book, folded from the journal backwards from the wallet's own figure.

So a statement of last week costs what has happened since, whatever the wallet's age. All is read on one snapshot.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from pymongo.client_session import ClientSession

from billing.adapters.mongo.documents import Document
from billing.adapters.mongo.ledger import JOURNAL, WALLETS
from billing.domain.calendar import start_of_day
from billing.domain.ledger.accounts import wallet_account
from billing.domain.ledger.entries import Kind
from billing.domain.ledger.statement import DayOfWallet, Statement, StatementLine
from servicekit.mongo import Mongo

_IST = "+05:30"


class MongoStatements:
    """Implements application.wallets.ports.Statements."""

    def __init__(self, mongo: Mongo) -> None:
        self._client = mongo.client
        self._journal = mongo.db[JOURNAL]
        self._wallets = mongo.db[WALLETS]

    def statement(
        self, kiosk_id: str, begin: datetime, end: datetime, *, after: tuple[datetime, str] | None, limit: int
    ) -> Statement:
        with self._client.start_session(snapshot=True) as session:
            now = self._now(session, kiosk_id)
            opening = now - self._since(session, kiosk_id, {"$gte": begin})
            closing = now - self._since(session, kiosk_id, {"$gte": end})
            if after is None:
                balance, page = opening, {"at": {"$gte": begin, "$lt": end}}
            else:
                at, entry_id = after
                later: Document = {"$or": [{"at": {"$gt": at}}, {"at": at, "_id": {"$gt": entry_id}}]}
                balance = now - self._sum(session, kiosk_id, {"at": {"$gte": at}, **later})
                page = {"at": {"$gte": at, "$lt": end}, **later}
            rows = self._journal.find({**_of(kiosk_id), **page}, session=session).sort([("at", 1), ("_id", 1)])
            lines: list[StatementLine] = []
            for row in rows.limit(limit + 1):
                paise = _on_wallet(row, kiosk_id)
                balance += paise
                lines.append(_line(row, paise, balance))
        return Statement(opening, closing, tuple(lines[:limit]), more=len(lines) > limit)

    def days(self, kiosk_id: str, first: date, last: date) -> Sequence[DayOfWallet]:
        begin, end = start_of_day(first), start_of_day(last + timedelta(days=1))
        with self._client.start_session(snapshot=True) as session:
            balance = self._now(session, kiosk_id) - self._since(session, kiosk_id, {"$gte": begin})
            by_day = self._sums_by_day(session, kiosk_id, begin, end)
        days: list[DayOfWallet] = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            sums = by_day.get(day, {})
            closing = balance + sum(paise for paise, _ in sums.values())
            days.append(DayOfWallet(day, balance, closing, sums))
            balance = closing
        return days

    def _now(self, session: ClientSession, kiosk_id: str) -> int:
        wallet = self._wallets.find_one({"_id": kiosk_id}, {"available_paise": 1}, session=session)
        return int(wallet["available_paise"]) if wallet else 0

    def _since(self, session: ClientSession, kiosk_id: str, at: Document) -> int:
        return self._sum(session, kiosk_id, {"at": at})

    def _sum(self, session: ClientSession, kiosk_id: str, query: Document) -> int:
        pipeline: list[Document] = [
            {"$match": {**_of(kiosk_id), **query}},
            {"$unwind": "$legs"},
            {"$match": {"legs.account": wallet_account(kiosk_id)}},
            {"$group": {"_id": None, "paise": {"$sum": "$legs.paise"}}},
        ]
        return sum(int(row["paise"]) for row in self._journal.aggregate(pipeline, session=session))

    def _sums_by_day(
        self, session: ClientSession, kiosk_id: str, begin: datetime, end: datetime
    ) -> Mapping[date, Mapping[Kind, tuple[int, int]]]:
        day = {"$dateToString": {"date": "$at", "format": "%Y-%m-%d", "timezone": _IST}}
        pipeline: list[Document] = [
            {"$match": {**_of(kiosk_id), "at": {"$gte": begin, "$lt": end}}},
            {"$unwind": "$legs"},
            {"$match": {"legs.account": wallet_account(kiosk_id)}},
            {
                "$group": {
                    "_id": {"day": day, "kind": "$kind"},
                    "paise": {"$sum": "$legs.paise"},
                    "count": {"$sum": 1},
                }
            },
        ]
        by_day: dict[date, dict[Kind, tuple[int, int]]] = {}
        for row in self._journal.aggregate(pipeline, session=session):
            sums = by_day.setdefault(date.fromisoformat(row["_id"]["day"]), {})
            sums[Kind(row["_id"]["kind"])] = (int(row["paise"]), int(row["count"]))
        return by_day


def _of(kiosk_id: str) -> Document:
    """Entries that touch the wallet: what was paid at the centre by card or cash does not."""
    return {"kiosk_id": kiosk_id, "legs.account": wallet_account(kiosk_id)}


def _on_wallet(row: Document, kiosk_id: str) -> int:
    account = wallet_account(kiosk_id)
    return sum(int(leg["paise"]) for leg in row["legs"] if leg["account"] == account)


def _line(row: Document, paise: int, balance: int) -> StatementLine:
    return StatementLine(
        entry_id=str(row["_id"]),
        kind=Kind(row["kind"]),
        at=row["at"],
        paise=paise,
        balance_paise=balance,
        payment_id=row.get("payment_id"),
        top_up_id=row.get("top_up_id"),
    )
