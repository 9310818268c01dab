"""Spans reach a collector, in the caller's trace, from a process that was told where it is."""

import os

from servicekit.testing import programs

TRACE = "0af7651916cd43dd8448eb211c80319c"
PROGRAM = f"""
from servicekit.http import Blueprint
from servicekit.http.app import create_app
from servicekit.mongo import Mongo
from servicekit.observability import configure_tracing
from servicekit.settings import ServiceSettings
from servicekit.testing import settings_for
import os

class Settings(ServiceSettings):
    service_name = "traced"

settings = settings_for(Settings, OTEL_EXPORTER_OTLP_ENDPOINT=os.environ["COLLECTOR"])
provider = configure_tracing("traced", "1", "api", settings)
blp = Blueprint("things")

with Mongo(settings.mongodb_uri, "traced", 5) as mongo:
    @blp.route("/v1/things")
    @blp.public("a test")
    @blp.response(200)
    def things():
        mongo.ping()
        return {{}}

    app = create_app(service_name="traced", version="1", settings=settings, application=None,
                     blueprints=[blp])
    answer = app.test_client().get("/v1/things", headers={{"traceparent": "00-{TRACE}-b7ad6b7169203331-01"}})
    assert answer.status_code == 200
provider.shutdown()
"""


def test_a_request_and_its_database_commands_are_exported_in_the_callers_trace(
    collector: tuple[str, list[bytes]],
) -> None:
    url, received = collector
    status, said = programs.run(PROGRAM, [], {**os.environ, "COLLECTOR": url}, 60)
    assert status == 0, said
    spans = b"".join(received)
    assert bytes.fromhex(TRACE) in spans
    assert b"GET /v1/things" in spans
    assert b"mongodb" in spans
