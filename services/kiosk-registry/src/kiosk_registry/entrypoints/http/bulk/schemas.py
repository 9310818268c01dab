"""The wire of imports and exports."""

from marshmallow import Schema, fields, validate

from kiosk_registry.domain.bulk.operation import MOST_PIECES, OperationKind, State
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.entrypoints.http.fields import Count, text, whole
from servicekit.fields import Code, Instant, StrictInteger
from servicekit.http import Coded, CursorText

DEFAULT_PROBLEMS = 50
MOST_PROBLEMS = 200  # of the API's conventions


class KioskImportRequestSchema(Schema):
    """An import to begin."""

    dry_run = fields.Boolean(
        required=True,
        truthy={True},
        falsy={False},
        metadata={"description": "true: say what would become of the rows, and change nothing.", "example": True},
    )
    pieces = StrictInteger(
        required=True,
        validate=validate.Range(min=1, max=MOST_PIECES),
        metadata={"description": "In how many pieces the file comes, of 1 MiB at most each.", "example": 1},
    )


class KioskExportRequestSchema(Schema):
    """An export to begin: all centres, or those that both filters meet."""

    district = Code(
        r"[1-9][0-9]{0,2}",
        longest=3,
        error=Coded("unknown-district", "Use a district_code of GET /v1/districts."),
        metadata={"description": "LGD code, as GET /v1/districts lists them.", "example": "102"},
    )
    status = fields.String(
        validate=validate.OneOf([status.value for status in Status]), metadata={"example": Status.ACTIVE.value}
    )


class RowCountsSchema(Schema):
    """What became of the rows of a file; after a dry run, what would."""

    rows = whole("Rows behind it.", 40_000)
    added = whole("Centres that were not there.", 120)
    changed = whole("Centres of which something else is told now.", 35)
    unchanged = whole("Rows that say what is so already.", 39_445)
    refused = whole("Rows that are not acceptable; the problems say why.", 400)
    pieces = whole("Of an export, those that can be read; of an import, those of its file.", 8)


class KioskOperationMetadataSchema(RowCountsSchema):
    """What an operation does, and how far it is."""

    kind = text("What is done.", "IMPORT", validate=validate.OneOf([kind.value for kind in OperationKind]))
    state = text("How far it is.", "RUNNING", validate=validate.OneOf([state.value for state in State]))
    dry_run = fields.Boolean(required=True, metadata={"description": "Whether it changes nothing."})
    begun_at = Instant(required=True, metadata={"description": "When it was begun, UTC."})
    ended_at = Instant(
        required=True, allow_none=True, metadata={"description": "When it ended, UTC; null while it has not."}
    )


class KioskOperationErrorSchema(Schema):
    """Why an import ended before the end of its file; the rows before that line count."""

    line = whole("The line from which on the file is no table.", 1)
    code = text("Stable code.", "columns")
    detail = text("What to do.", "The first line names the columns, with commas between them.")
    detail_hi = text("The same in Hindi.", "पहली पंक्ति में स्तंभों के नाम हों।")


class KioskOperationSchema(Schema):
    """Long work on the register."""

    id = text("The operation's id.", "kop_01a2117a73e07c0fa29ee9f787e4850a")
    done = fields.Boolean(required=True, metadata={"description": "Whether it came to an end, good or bad."})
    metadata = fields.Nested(KioskOperationMetadataSchema, required=True)
    response = fields.Nested(
        RowCountsSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What came of it; null before it is done, and where it failed."},
    )
    error = fields.Nested(
        KioskOperationErrorSchema, required=True, allow_none=True, metadata={"description": "Why it failed; else null."}
    )


class RowProblemSchema(Schema):
    """Why a row is not acceptable."""

    line = whole("The line of the file on which the row begins; the header is line 1.", 17)
    column = fields.String(
        required=True, allow_none=True, metadata={"description": "The column; null for the row as a whole."}
    )
    code = text("Stable code.", "unknown-district")
    detail = text("What to do.", "Use a district_code of GET /v1/districts.")
    detail_hi = text("The same in Hindi.", "GET /v1/districts का district_code लिखें।")


class RowProblemsSchema(Schema):
    """What was wrong with rows, in order of the file."""

    items = fields.List(fields.Nested(RowProblemSchema), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Send it as ?cursor for the next page; null at the end so far."},
    )


class RowProblemsQuerySchema(Schema):
    """Which part of the list."""

    limit = Count(load_default=DEFAULT_PROBLEMS, validate=validate.Range(min=1, max=MOST_PROBLEMS))
    cursor = CursorText(metadata={"description": "`next` of the page before."})
