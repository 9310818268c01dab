"""The register as a file, in and out, over HTTP and by command."""

import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.errors import PyMongoError
from tests.support.running import environment, prepared
from typer.testing import CliRunner
from werkzeug.test import TestResponse

from kiosk_registry.application.bulk.work_operations import ROWS_AT_ONCE, WorkOperations
from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.bulk.table import BYTE_ORDER_MARK
from kiosk_registry.entrypoints.http.bulk.schemas import KioskOperationSchema, RowProblemsSchema
from kiosk_registry.entrypoints.service import SERVICE, main
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.http.callers import Person
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, programs

Send = Callable[..., TestResponse]
AT = datetime(2026, 11, 23, 5, 41, 7, tzinfo=UTC)
HEADER = "code,name_en,name_hi,kind,district_code,lsp_id,lat,lon,status,approved_at,pin,tehsil_code,services,hours\r\n"
KEY = "import-of-the-register-1"
COMMAND = "from kiosk_registry.entrypoints.service import main; main()"


def row(number: int, **changes: str) -> str:
    cells = {
        "code": f"RJ102{number:05}",
        "name_en": f"Kendra {number}",
        "name_hi": f"केंद्र {number}",
        "kind": "URBAN",
        "district_code": "102",
        "lsp_id": "lsp_RJ11",
        "lat": "26.91241",
        "lon": "75.78731",
        "status": "ACTIVE",
        "approved_at": "2014-04-01T04:30:00Z",
        "pin": "",
        "tehsil_code": "",
        "services": "JVVNL;domicile",
        "hours": "MON 09:00-18:00",
    }
    return ",".join((cells | changes).values()) + "\r\n"


def file_of(*rows: str) -> bytes:
    return (BYTE_ORDER_MARK + HEADER + "".join(rows)).encode()


@pytest.fixture
def registry(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    """The service over a prepared database with the districts and no centres."""
    return prepared(settings, mongo, 0)


@pytest.fixture
def client(settings: KioskRegistrySettings, mongo: Mongo, registry: KioskRegistry) -> FlaskClient:
    return SERVICE.flask_app(settings, mongo, registry).test_client()


@pytest.fixture
def send(client: FlaskClient) -> Send:
    """Asks as software that keeps the register."""

    def ask(method: str, path: str, **rest: Any) -> TestResponse:
        headers = internal_headers("kiosk-registry", scopes=["kiosks:bulk"]) | rest.pop("headers", {})
        return client.open(path, method=method, headers=headers, **rest)

    return ask


def answer(response: TestResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body = response.json
    assert isinstance(body, dict)
    return body


def begun(send: Send, content: bytes, *, dry_run: bool = False, size: int = 1024 * 1024, key: str = KEY) -> str:
    """The id of an import whose file is there and which was told to run."""
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    body = {"dry_run": dry_run, "pieces": len(pieces)}
    operation = answer(send("POST", "/v1/kiosk-imports", json=body, headers={"Idempotency-Key": key}), 201)["id"]
    for number, piece in enumerate(pieces):
        answer(send("PUT", f"/v1/kiosk-imports/{operation}/pieces/{number}", data=piece, content_type="text/csv"))
    accepted = send("POST", f"/v1/kiosk-imports/{operation}/runs")
    assert answer(accepted, 202)["metadata"]["state"] == "RUNNING"
    assert accepted.headers["Location"] == f"/v1/kiosk-operations/{operation}"
    assert accepted.headers["Retry-After"] == "1"
    return str(operation)


def worked(registry: KioskRegistry, send: Send, operation: str) -> dict[str, Any]:
    """The operation at its end, worked on as the worker does."""
    while not (shown := answer(send("GET", f"/v1/kiosk-operations/{operation}")))["done"]:
        # On a busy machine a commit may take longer than is allowed: the worker tries again, and no row counts twice.
        with suppress(PyMongoError):
            registry.work_operations(WorkOperations(50, AT))
    assert KioskOperationSchema().validate(shown | {"metadata": shown["metadata"]}) == {}
    return shown


def problems_of(send: Send, operation: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    position: dict[str, Any] = {}
    while True:
        page = answer(
            send("GET", f"/v1/kiosk-operations/{operation}/problems", query_string={"limit": 150, **position})
        )
        assert RowProblemsSchema().validate(page) == {}
        items += page["items"]
        if page["next"] is None:
            return items
        position = {"cursor": page["next"]}


def counts(shown: dict[str, Any]) -> tuple[int, int, int, int]:
    added, changed, unchanged, refused = (
        shown["metadata"][name] for name in ("added", "changed", "unchanged", "refused")
    )
    return added, changed, unchanged, refused


def test_rows_add_change_and_leave_centres_and_a_file_sent_again_changes_nothing(
    registry: KioskRegistry, send: Send, mongo: Mongo
) -> None:
    first = worked(registry, send, begun(send, file_of(row(1), row(2)), size=50))
    second = file_of(row(1, name_hi="नया केंद्र", hours="", services=""), row(2), row(3))
    again = worked(registry, send, begun(send, second, key=f"{KEY}2"))
    third = worked(registry, send, begun(send, second, key=f"{KEY}3"))

    assert (counts(first), counts(again), counts(third)) == ((2, 0, 0, 0), (1, 1, 1, 0), (0, 0, 3, 0))
    assert first["response"] == {"rows": 2, "added": 2, "changed": 0, "unchanged": 0, "refused": 0, "pieces": 8}
    changed = mongo.db.kiosks.find_one({"_id": "ksk_RJ10200001"})
    assert changed is not None
    assert (changed["name_hi"], changed["version"]) == ("नया केंद्र", 2)
    assert not {"hours", "services"} & changed.keys()
    assert mongo.db.kiosks.count_documents({"sounds": "kndr"}) == 3


def test_what_a_file_changes_is_in_the_history_of_the_centre(registry: KioskRegistry, send: Send, mongo: Mongo) -> None:
    worked(registry, send, begun(send, file_of(row(3), row(4))))
    worked(registry, send, begun(send, file_of(row(3, hours=""), row(4)), key=f"{KEY}2"))

    (line,) = mongo.db.kiosk_history.find().to_list()

    assert (line["kiosk_id"], line["version"], line["act"]) == ("ksk_RJ10200003", 2, "import")
    assert line["by"] == {"person_id": None, "office": "register_keeper"}
    assert line["before"] == {"hours": [{"opens": 540, "closes": 1080}]}


def test_an_import_answers_twice_alike_to_one_key(send: Send) -> None:
    body = {"dry_run": True, "pieces": 1}
    first = send("POST", "/v1/kiosk-imports", json=body, headers={"Idempotency-Key": KEY})
    again = send("POST", "/v1/kiosk-imports", json=body, headers={"Idempotency-Key": KEY})

    assert answer(first, 201)["id"] == answer(again, 201)["id"]
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_dry_run_says_what_would_become_of_the_rows_and_writes_nothing(
    registry: KioskRegistry, send: Send, mongo: Mongo
) -> None:
    shown = worked(registry, send, begun(send, file_of(row(1), row(2, kind="CITY"), row(1)), dry_run=True))

    assert counts(shown) == (1, 0, 0, 2)
    assert mongo.db.kiosks.count_documents({}) == 0
    assert [(problem["line"], problem["column"], problem["code"]) for problem in problems_of(send, shown["id"])] == [
        (3, "kind", "not-allowed"),
        (4, "code", "twice"),
    ]


def test_no_file_goes_around_a_decision(registry: KioskRegistry, send: Send, mongo: Mongo) -> None:
    worked(registry, send, begun(send, file_of(row(1))))
    there = mongo.db.kiosks.find_one({})
    changes = file_of(row(1, status="CLOSED", lat="27.1", name_en="Other"))
    shown = worked(registry, send, begun(send, changes, key=f"{KEY}2"))

    assert counts(shown) == (0, 0, 0, 1)
    assert {problem["code"] for problem in problems_of(send, shown["id"])} == {"by-decision"}
    assert mongo.db.kiosks.find_one({}) == there


def test_a_provider_that_is_not_registered_is_refused_once_any_is(
    registry: KioskRegistry, send: Send, mongo: Mongo
) -> None:
    mongo.db.lsps.insert_one({"_id": "lsp_RJ11"})
    shown = worked(registry, send, begun(send, file_of(row(1), row(2, lsp_id="lsp_MP01")), dry_run=True))

    assert counts(shown) == (1, 0, 0, 1)
    assert [problem["code"] for problem in problems_of(send, shown["id"])] == ["unknown-lsp"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name_en": "=HYPERLINK(1)"}, "formula"),
        ({"name_en": "'=HYPERLINK(1)"}, "formula"),
        ({"name_en": "x" * 101}, "too-long"),
        ({"name_hi": "Kendra"}, "wrong-form"),
        ({"name_en": "a\u202eb"}, "unprintable"),
    ],
)
def test_a_name_that_no_register_should_have_is_refused(
    registry: KioskRegistry, send: Send, changes: dict[str, str], code: str
) -> None:
    shown = worked(registry, send, begun(send, file_of(row(1, **changes))))

    assert [problem["code"] for problem in problems_of(send, shown["id"])] == [code]


def test_a_broken_file_ends_at_its_line_and_the_rows_before_it_count(
    registry: KioskRegistry, send: Send, mongo: Mongo
) -> None:
    shown = worked(registry, send, begun(send, file_of(row(1)) + b'"never closed'))

    assert (shown["response"], shown["error"]["line"], shown["error"]["code"]) == (None, 3, "not-a-table")
    assert shown["error"]["detail_hi"]
    assert shown["metadata"]["state"] == "FAILED"
    assert mongo.db.kiosks.count_documents({}) == 1


def test_an_import_runs_when_all_its_pieces_are_there_and_then_takes_no_more(send: Send) -> None:
    body = {"dry_run": True, "pieces": 3}
    operation = answer(send("POST", "/v1/kiosk-imports", json=body, headers={"Idempotency-Key": KEY}), 201)["id"]
    address = f"/v1/kiosk-imports/{operation}"

    def put(number: int, content: bytes = b"x") -> TestResponse:
        return send("PUT", f"{address}/pieces/{number}", data=content, content_type="text/csv")

    answer(put(1))
    missing = answer(send("POST", f"{address}/runs"), 409)
    assert (missing["code"], missing["missing"]) == ("kiosk-import-pieces-missing", [0, 2])
    assert answer(put(3), 422)["code"] == "kiosk-import-piece-refused"
    assert answer(put(0, b""), 422)["code"] == "kiosk-import-piece-refused"
    answer(put(0))
    answer(put(2))
    answer(send("POST", f"{address}/runs"), 202)
    assert answer(put(0), 409)["code"] == "kiosk-import-begun"
    answer(send("POST", f"{address}/runs"), 202)


def test_an_import_that_is_not_there_is_not_found(send: Send) -> None:
    for method, path in (
        ("GET", "/v1/kiosk-operations/kop_x"),
        ("GET", "/v1/kiosk-operations/kop_x/problems"),
        ("GET", "/v1/kiosk-exports/kop_x/pieces/0"),
        ("POST", "/v1/kiosk-imports/kop_x/runs"),
    ):
        assert answer(send(method, path), 404)["code"] == "kiosk-operation-not-found"


@pytest.mark.parametrize("body", [{}, {"dry_run": "yes", "pieces": 1}, {"dry_run": True, "pieces": 33}])
def test_an_import_says_whether_it_is_dry_and_has_up_to_32_pieces(send: Send, body: dict[str, Any]) -> None:
    answer(send("POST", "/v1/kiosk-imports", json=body, headers={"Idempotency-Key": KEY}), 422)


def test_an_officer_of_a_department_may_not_touch_the_register_as_a_whole(client: FlaskClient) -> None:
    officer = Person("per_1", "officer", "revenue", frozenset({"102"}))
    headers = internal_headers("kiosk-registry", scopes=["kiosks:bulk"], person=officer)

    assert client.get("/v1/kiosk-operations/kop_x", headers=headers).status_code == 403


def exported(registry: KioskRegistry, send: Send, key: str, **filters: str) -> bytes:
    accepted = send("POST", "/v1/kiosk-exports", json=filters, headers={"Idempotency-Key": key})
    shown = worked(registry, send, answer(accepted, 202)["id"])
    pieces = []
    for number in range(shown["response"]["pieces"]):
        response = send("GET", f"/v1/kiosk-exports/{shown['id']}/pieces/{number}")
        assert (response.status_code, response.mimetype) == (200, "text/csv")
        pieces.append(response.data)
    return b"".join(pieces)


def test_an_export_is_a_file_that_an_import_finds_unchanged(registry: KioskRegistry, send: Send, mongo: Mongo) -> None:
    worked(registry, send, begun(send, file_of(row(1), row(2, status="CLOSED"), row(3))))
    content = exported(registry, send, f"{KEY}-export")

    assert content.decode().startswith(BYTE_ORDER_MARK + HEADER)
    assert "केंद्र 1" in content.decode()
    assert counts(worked(registry, send, begun(send, content, key=f"{KEY}2"))) == (0, 0, 3, 0)
    closed = exported(registry, send, f"{KEY}-closed", status="CLOSED", district="102").decode().splitlines()
    assert [line[:10] for line in closed[1:]] == ["RJ10200002"]
    mongo.db.kiosks.update_one({"_id": "ksk_RJ10200001"}, {"$set": {"name_en": "=1+1"}})
    assert ",'=1+1," in exported(registry, send, f"{KEY}-formula").decode()


def test_forty_thousand_rows_with_one_bad_in_a_hundred_are_taken_but_for_those(
    registry: KioskRegistry, send: Send, mongo: Mongo
) -> None:
    bad = set(range(100, 40_001, 100))
    content = file_of(*(row(number, kind="CITY" if number in bad else "URBAN") for number in range(1, 40_001)))
    operation = begun(send, content)
    registry.work_operations(WorkOperations(3, AT))
    half = answer(send("GET", f"/v1/kiosk-operations/{operation}"))
    assert (half["done"], half["metadata"]["rows"]) == (False, 3 * ROWS_AT_ONCE)

    shown = worked(registry, send, operation)

    assert counts(shown) == (39_600, 0, 0, 400)
    assert mongo.db.kiosks.count_documents({}) == 39_600
    assert [problem["line"] for problem in problems_of(send, operation)] == [number + 1 for number in sorted(bad)]


@pytest.mark.parametrize("point", ["F1", "F2"])
def test_an_import_whose_worker_dies_goes_on_behind_its_last_batch(
    registry: KioskRegistry,
    send: Send,
    mongo: Mongo,
    settings: KioskRegistrySettings,
    tmp_path: Path,
    point: str,
) -> None:
    content = file_of(*(row(number, kind="URBAN" if number % 500 else "CITY") for number in range(1, 2_501)))
    (tmp_path / "register.csv").write_bytes(content)
    env = environment(settings, mongo) | {"CRASH_POINT": point}
    status, said = programs.run(COMMAND, ["import-centres", str(tmp_path / "register.csv")], env, 60)
    assert status == -signal.SIGKILL, said
    assert mongo.db.kiosks.count_documents({}) == {"F1": 0, "F2": ROWS_AT_ONCE - 2}[point]
    operation = mongo.db.kiosk_operations.find_one({})
    assert operation is not None

    shown = worked(registry, send, operation["_id"])

    assert counts(shown) == (2_495, 0, 0, 5)
    assert mongo.db.kiosks.count_documents({}) == 2_495
    assert [problem["line"] for problem in problems_of(send, operation["_id"])] == [501, 1001, 1501, 2001, 2501]


def test_the_commands_bring_the_register_in_and_out(
    registry: KioskRegistry, settings: KioskRegistrySettings, mongo: Mongo, tmp_path: Path
) -> None:
    assert registry
    given, written = tmp_path / "in.csv", tmp_path / "out.csv"
    given.write_bytes(file_of(row(1), row(2, kind="CITY")))
    run = CliRunner(env=environment(settings, mongo))

    dry = run.invoke(main, ["import-centres", str(given), "--dry-run"])
    done = run.invoke(main, ["import-centres", str(given)])
    again = run.invoke(main, ["export-centres", str(written)])

    assert "2 rows: 1 added, 0 changed, 0 unchanged, 1 refused; nothing was written" in dry.stdout
    assert (done.exit_code, "2 rows: 1 added" in done.stdout) == (1, True)
    assert "line 3, kind: Use one of RURAL, URBAN. (not-allowed)" in done.stderr
    assert again.stdout.startswith("1 centres written to ")
    assert written.read_bytes() == file_of(row(1))
