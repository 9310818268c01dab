"""Papers as files, sent as a client does it: begun, in pieces, completed."""

import hashlib
from typing import Any

from tests.support import files
from tests.support.world import Caller, json_of
from werkzeug.test import TestResponse

from certificates.domain.attachments.attachment import LEAST_PIECE_BYTES

# Three pieces of the smallest size, the last of them short.
PHOTOGRAPH = files.picture("PNG", size=(130, 100), mode="RGB", compress_level=0)


def announced(content: bytes, media_type: str = "image/png", **changed: Any) -> dict[str, Any]:
    return {
        "media_type": media_type,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "piece_bytes": LEAST_PIECE_BYTES,
        **changed,
    }


def put(by: Caller, attachment_id: str, number: int, piece: bytes) -> TestResponse:
    return by.http.put(
        f"/v1/attachments/{attachment_id}/pieces/{number}",
        data=piece,
        content_type="application/octet-stream",
        headers=by.headers,
    )


def begun(by: Caller, content: bytes = PHOTOGRAPH, **changed: Any) -> dict[str, Any]:
    return json_of(by.post("/v1/attachments", announced(content, **changed)), 201)


def sent(by: Caller, content: bytes = PHOTOGRAPH, **changed: Any) -> dict[str, Any]:
    attachment = begun(by, content, **changed)
    size = attachment["piece_bytes"]
    for number in range(attachment["pieces"]):
        attachment = json_of(
            put(by, attachment["attachment_id"], number, content[number * size : (number + 1) * size]), 200
        )
    return attachment


def complete(by: Caller, attachment: dict[str, Any]) -> TestResponse:
    return by.post(f"/v1/attachments/{attachment['attachment_id']}/completions", None)


def uploaded(by: Caller, content: bytes = PHOTOGRAPH, **changed: Any) -> dict[str, Any]:
    return json_of(complete(by, sent(by, content, **changed)), 200)
