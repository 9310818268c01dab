"""The register as a CSV file, in and out: long work, begun here and done by the worker."""

from dataclasses import asdict
from typing import Any

from flask import Response, request

from kiosk_registry.application.bulk.begin_export import BeginExport
from kiosk_registry.application.bulk.begin_import import BeginImport
from kiosk_registry.application.bulk.errors import (
    ImportBegun,
    ImportPieceRefused,
    ImportPiecesMissing,
    OperationNotFound,
)
from kiosk_registry.application.bulk.receive_piece import ReceivePiece
from kiosk_registry.application.bulk.run_import import RunImport
from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.domain.bulk.operation import MOST_PIECE_BYTES, Operation, State
from kiosk_registry.entrypoints.http.blueprints import bulk
from kiosk_registry.entrypoints.http.bulk import schemas
from servicekit.http import Role, application, cursor, idempotency_claim, mark_replayed
from servicekit.ids import public_id
from servicekit.instants import utc_now

BULK = "kiosks:bulk"
# The register as a whole is the state's; software that keeps it acts for the state.
STATE = frozenset({Role.STATE_ADMIN, Role.MACHINE})
KEY_RETENTION_DAYS = 7
RETRY_AFTER_SECONDS = "1"
CSV = "text/csv"
_FILE = {"type": "string", "format": "binary"}
_PIECE = {"schema": {**_FILE, "maxLength": MOST_PIECE_BYTES}}
_OPERATION_ID = {
    "in": "path",
    "name": "operation_id",
    "description": "From the answer that began it.",
    "example": "kop_01a2117a73e07c0fa29ee9f787e4850a",
}
_NUMBER = {"in": "path", "name": "number", "description": "Of the piece, from 0.", "example": 1}

Accepted = tuple[dict[str, Any], int, dict[str, str]]


@bulk.route("/v1/kiosk-imports", methods=["POST"])
@bulk.requires(BULK, roles=STATE)
@bulk.keyed("begin-kiosk-import", retention_days=KEY_RETENTION_DAYS)
@bulk.arguments(schemas.KioskImportRequestSchema)
@bulk.response(201, schemas.KioskOperationSchema, headers=["Location"])
def begin_kiosk_import(body: dict[str, Any]) -> Accepted:
    """Begin an import of centres from a CSV file

    Then send the pieces of the file, and have it run. A row adds a centre, or changes what is told of one: its names,
    kind, PIN, tehsil, services and hours. What only a decision changes (status, place, district, LSP) must be as it is.
    Rows are told apart by code, so that a file may be sent again.
    """
    once = application(KioskRegistry).begin_import(
        BeginImport(public_id("kop"), body["dry_run"], body["pieces"], idempotency_claim(), utc_now())
    )
    mark_replayed(once.replayed)
    return _shown(once.value), 201, {"Location": f"/v1/kiosk-operations/{once.value}"}


@bulk.route(
    "/v1/kiosk-imports/<string:operation_id>/pieces/<int:number>", methods=["PUT"], parameters=[_OPERATION_ID, _NUMBER]
)
@bulk.requires(BULK, roles=STATE)
@bulk.reads_up_to(MOST_PIECE_BYTES)
@bulk.raises(OperationNotFound, ImportBegun, ImportPieceRefused)
@bulk.doc(requestBody={"required": True, "content": {CSV: _PIECE}})
@bulk.response(200, schemas.KioskOperationSchema)
def put_kiosk_import_piece(operation_id: str, number: int) -> dict[str, Any]:
    """Send a piece of the file

    In any order; one that comes again replaces the first. A piece may end anywhere, in a row too.
    """
    application(KioskRegistry).receive_piece(ReceivePiece(operation_id, number, request.get_data()))
    return _shown(operation_id)


@bulk.route("/v1/kiosk-imports/<string:operation_id>/runs", methods=["POST"], parameters=[_OPERATION_ID])
@bulk.requires(BULK, roles=STATE)
@bulk.repeatable("an import runs once, however often it is told to")
@bulk.raises(OperationNotFound, ImportPiecesMissing)
@bulk.response(202, schemas.KioskOperationSchema, headers=["Location", "Retry-After"])
def run_kiosk_import(operation_id: str) -> Accepted:
    """Have an import run

    Ask at Location how far it is. It survives a restart of the service and goes on where it was.
    """
    application(KioskRegistry).run_import(RunImport(operation_id))
    return _shown(operation_id), 202, _whereabouts(operation_id)


@bulk.route("/v1/kiosk-exports", methods=["POST"])
@bulk.requires(BULK, roles=STATE)
@bulk.keyed("begin-kiosk-export", retention_days=KEY_RETENTION_DAYS)
@bulk.arguments(schemas.KioskExportRequestSchema)
@bulk.response(202, schemas.KioskOperationSchema, headers=["Location", "Retry-After"])
def begin_kiosk_export(body: dict[str, Any]) -> Accepted:
    """Begin an export of centres to a CSV file

    When it is done, read its pieces in order of their numbers; put together they are the file, as an import takes it.
    No cell is a formula for a spreadsheet.
    """
    once = application(KioskRegistry).begin_export(
        BeginExport(public_id("kop"), body.get("district"), body.get("status"), idempotency_claim(), utc_now())
    )
    mark_replayed(once.replayed)
    return _shown(once.value), 202, _whereabouts(once.value)


@bulk.route("/v1/kiosk-exports/<string:operation_id>/pieces/<int:number>", parameters=[_OPERATION_ID, _NUMBER])
@bulk.requires(BULK, roles=STATE)
@bulk.raises(OperationNotFound)
@bulk.response(200, _FILE, content_type=CSV)
def get_kiosk_export_piece(operation_id: str, number: int) -> Response:
    """Read a piece of an export's file

    As soon as it is made; each begins with a row, the first with the header.
    """
    content = application(KioskRegistry).operations.exported(operation_id, number)
    response = Response(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{operation_id}.{number}.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@bulk.route("/v1/kiosk-operations/<string:operation_id>", parameters=[_OPERATION_ID])
@bulk.requires(BULK, roles=STATE)
@bulk.raises(OperationNotFound)
@bulk.response(200, schemas.KioskOperationSchema)
def get_kiosk_operation(operation_id: str) -> dict[str, Any]:
    """How far an import or an export is

    Kept for seven days.
    """
    return _shown(operation_id)


@bulk.route("/v1/kiosk-operations/<string:operation_id>/problems", parameters=[_OPERATION_ID])
@bulk.requires(BULK, roles=STATE)
@bulk.raises(OperationNotFound)
@bulk.arguments(schemas.RowProblemsQuerySchema, location="query")
@bulk.response(200, schemas.RowProblemsSchema)
def list_kiosk_import_problems(query: dict[str, Any], operation_id: str) -> dict[str, Any]:
    """What was wrong with rows of an import

    In order of the file, the first 10,000. No cell is repeated in it.
    """
    after = cursor().after(query.get("cursor"), {"operation": operation_id}, int) or 0
    listed = application(KioskRegistry).operations.problems(operation_id, after, query["limit"] + 1)
    page = listed[: query["limit"]]
    following = cursor().encode({"operation": operation_id, "after": page[-1][0]}) if len(listed) > len(page) else None
    return {"items": [asdict(problem) for _, problem in page], "next": following}


def _shown(operation_id: str) -> dict[str, Any]:
    return operation_details(application(KioskRegistry).operations.get(operation_id))


def _whereabouts(operation_id: str) -> dict[str, str]:
    return {"Location": f"/v1/kiosk-operations/{operation_id}", "Retry-After": RETRY_AFTER_SECONDS}


def operation_details(operation: Operation) -> dict[str, Any]:
    """The members of KioskOperationSchema."""
    counts = {"rows": operation.rows_done, **asdict(operation.counts), "pieces": operation.pieces}
    return {
        "id": operation.id,
        "done": operation.done,
        "metadata": {
            **counts,
            "kind": operation.kind.value,
            "state": operation.state.value,
            "dry_run": operation.dry_run,
            "begun_at": operation.begun_at,
            "ended_at": operation.ended_at,
        },
        "response": counts if operation.state is State.DONE else None,
        "error": asdict(operation.failure) if operation.failure else None,
    }
