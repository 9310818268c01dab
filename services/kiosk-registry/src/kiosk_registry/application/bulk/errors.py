"""What may be wrong with an import or an export."""

from servicekit.errors import Conflict, NotFound, ValidationFailed


class OperationNotFound(NotFound):
    """There is no import or export with this id; they are kept for seven days."""

    slug = "kiosk-operation-not-found"
    title = "There is no such import or export"
    title_hi = "ऐसा कोई आयात या निर्यात नहीं है"


class ImportBegun(Conflict):
    """The import runs already or has ended, so that its file can no longer change; begin another one."""

    slug = "kiosk-import-begun"
    title = "The import has begun already"
    title_hi = "आयात पहले ही शुरू हो चुका है"


class ImportPiecesMissing(Conflict):
    """Not all pieces of the file are there; `missing` names those to send."""

    slug = "kiosk-import-pieces-missing"
    title = "Pieces of the file are missing"
    title_hi = "फ़ाइल के कुछ टुकड़े नहीं आए हैं"


class ImportPieceRefused(ValidationFailed):
    """The piece is empty, too large, or has a number that the import did not announce."""

    slug = "kiosk-import-piece-refused"
    title = "This piece of the file cannot be taken"
    title_hi = "फ़ाइल का यह टुकड़ा नहीं लिया जा सकता"
