"""The day's files that partners send: what they took and gave back, as CSV, with differences on request.

A line is `type,request_id,reference,amount_paise,at`; the last is `TOTAL,<lines>,,<sum of the amounts>,`. A day is one
of India. Of a day that is not over, the file has what there is so far.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response
from msgspec import Meta

from emitra_simulators.controls import instant
from emitra_simulators.wire import Body, Refusal, load_body

IST = timezone(timedelta(hours=5, minutes=30))
HEADER = ("type", "request_id", "reference", "amount_paise", "at")
MAX_DIFFERENCES = 1_000

Count = Annotated[int, Meta(ge=0, le=MAX_DIFFERENCES)]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file."""

    type: str
    request_id: str
    reference: str
    amount_paise: int
    at: float


class Differences(Body, kw_only=True):
    """POST /control/files: what is wrong in every file from now on; zero, the default, switches a difference off.

    Of the lines in their order, the first `missing` are left out; of those that are left, the first `altered` have a
    paisa more, the next `broken` no readable amount, and the next `doubled` come twice. `extra` lines are of nobody's.
    `wrong_totals`: the last line says one more than there are.
    """

    missing: Count = 0
    altered: Count = 0
    broken: Count = 0
    doubled: Count = 0
    extra: Count = 0
    wrong_totals: bool = False


class DayFiles:
    """Writes files of lines, with the differences that were ordered."""

    def __init__(self) -> None:
        self.differences = Differences()

    def controls(self) -> Blueprint:
        """GET and POST of /control/files."""
        blueprint = Blueprint("files", __name__, url_prefix="/control")
        decoder = msgspec.json.Decoder(Differences)

        @blueprint.get("/files")
        def show_differences() -> dict[str, Any]:
            return msgspec.structs.asdict(self.differences)

        @blueprint.post("/files")
        def change_differences() -> dict[str, Any]:
            self.differences = load_body(decoder)
            return show_differences()

        return blueprint

    def answer(self, lines: Iterable[Line], day: str) -> Response:
        """The file of the lines of one day. Raises Refusal 400 for what is no day."""
        try:
            on = date.fromisoformat(day)
        except ValueError:
            raise Refusal(400, "bad-request", "a day looks like 2026-11-28") from None
        of_day = [line for line in lines if datetime.fromtimestamp(line.at, UTC).astimezone(IST).date() == on]
        return Response(self._written(of_day, day), mimetype="text/csv")

    def _written(self, lines: list[Line], day: str) -> str:
        wrong = self.differences
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        count, total = 0, 0
        for number, line in enumerate(lines[wrong.missing :]):
            amount = line.amount_paise + (number < wrong.altered)
            after = number - wrong.altered
            text = "12,3x" if 0 <= after < wrong.broken else str(amount)
            for _ in range(2 if 0 <= after - wrong.broken < wrong.doubled else 1):
                writer.writerow((line.type, line.request_id, line.reference, text, instant(line.at)))
                count, total = count + 1, total + amount
        for number in range(wrong.extra):
            at = f"{day}T06:30:00.000Z"
            writer.writerow(("PAYMENT", f"pay_nobodys{number:021d}:post", f"NOBODY{number}", "100", at))
            count, total = count + 1, total + 100
        writer.writerow(("TOTAL", str(count + wrong.wrong_totals), "", str(total), ""))
        return out.getvalue()
