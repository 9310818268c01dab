"""How well people are served."""

import csv
import io
from typing import Any

from flask import Response, jsonify

from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.bulk.cells import guarded
from kiosk_registry.domain.bulk.table import BYTE_ORDER_MARK
from kiosk_registry.entrypoints.http.blueprints import READ, centres
from kiosk_registry.entrypoints.http.coverage.schemas import CoverageSchema
from servicekit.http import EVERYBODY, application

FRESH_SECONDS = 60
NOTE = (
    "An estimate: a district's people of 2011 are shared out evenly among its PIN areas with a position; of areas "
    "without one nothing is known. Farther than 10 km is a desert by this platform's own choice."
)
NOTE_HI = (
    "यह एक अनुमान है: ज़िले की 2011 की जनसंख्या उन पिन क्षेत्रों में बराबर बाँटी गई है जिनकी स्थिति ज्ञात है; "
    "बाकी क्षेत्रों के बारे में कुछ ज्ञात नहीं है। 10 किमी से अधिक दूरी को वंचित मानना इस प्लेटफ़ॉर्म का अपना चुनाव है।"
)
COLUMNS = (
    "district_code", "name_en", "name_hi", "division", "centres", "population_2011", "per_100000",
    "placed_population", "mean_m", "desert_population",
)  # fmt: skip
NOT_COUNTED_YET: dict[str, Any] = {
    "counted_at": None, "items": [], "divisions": [], "state": None, "deserts": [], "next_places": [],
}  # fmt: skip


@centres.route("/v1/coverage")
@centres.requires(READ, roles=EVERYBODY)
@centres.response(200, CoverageSchema, headers=["Cache-Control"])
def get_coverage() -> Response:
    """How well people are served

    Per district and division and of the state: centres for 100,000 people, the mean distance to the nearest one,
    deserts; and where the next centres would help most, with what they would cost their neighbours. Counted anew within
    minutes of a change of the register.
    """
    shown = application(KioskRegistry).coverage.summary() or NOT_COUNTED_YET
    return _kept_a_minute(jsonify(**shown, note=NOTE, note_hi=NOTE_HI))


@centres.route("/v1/coverage/districts")
@centres.requires(READ, roles=EVERYBODY)
@centres.response(200, {"type": "string", "format": "binary"}, content_type="text/csv", headers=["Cache-Control"])
def get_coverage_table() -> Response:
    """The districts' figures as a CSV file

    In UTF-8; an empty cell is not known.
    """
    shown = application(KioskRegistry).coverage.summary() or NOT_COUNTED_YET
    written = io.StringIO()
    written.write(BYTE_ORDER_MARK)
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for item in shown["items"]:
        table.writerow([guarded("" if item[name] is None else str(item[name])) for name in COLUMNS])
    response = Response(written.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="coverage.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return _kept_a_minute(response)


def _kept_a_minute(response: Response) -> Response:
    response.headers["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
    return response
