"""Files in the service's own MongoDB, by GridFS."""

from typing import Any

import gridfs
from gridfs.errors import CorruptGridFile, NoFile
from pymongo import IndexModel
from pymongo.database import Database

from certificates.application.attachments.ports import NoSuchContent

BUCKET = "attachment_files"
# As GridFS makes them at its first upload; made before, so that no upload pays for it, and no reader waits.
INDEXES = {
    f"{BUCKET}.files": [IndexModel([("filename", 1), ("uploadDate", 1)])],
    f"{BUCKET}.chunks": [IndexModel([("files_id", 1), ("n", 1)], unique=True)],
}


class GridStore:
    """Implements application.attachments.ports.ContentStore. Threads may share it."""

    def __init__(self, db: Database[dict[str, Any]]) -> None:
        self._bucket = gridfs.GridFSBucket(db, BUCKET)

    def put(self, attachment_id: str, content: bytes) -> None:
        """Also over what somebody who died has left half-written."""
        self.delete(attachment_id)
        self._bucket.upload_from_stream_with_id(attachment_id, attachment_id, content)

    def get(self, attachment_id: str) -> bytes:
        """Raises NoSuchContent."""
        try:
            return bytes(self._bucket.open_download_stream(attachment_id).read())
        except (NoFile, CorruptGridFile):
            raise NoSuchContent(attachment_id) from None

    def delete(self, attachment_id: str) -> None:
        """GridFS deletes the pieces of a file that it does not know, too, before it says so."""
        try:
            self._bucket.delete(attachment_id)
        except NoFile:
            return
