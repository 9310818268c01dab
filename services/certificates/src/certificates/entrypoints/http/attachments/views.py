"""What attachments look like from outside."""

from collections.abc import Sequence
from typing import Any

from certificates.domain.attachments.attachment import REFUSALS, Attachment
from servicekit.instants import rfc3339


def attachment_details(attachment: Attachment, missing: Sequence[int]) -> dict[str, Any]:
    """An attachment; neither its keys nor where it is kept."""
    refused = attachment.refused
    return {
        "attachment_id": attachment.id,
        "state": attachment.state,
        "media_type": attachment.media_type,
        "size_bytes": attachment.size_bytes,
        "sha256": attachment.sha256,
        "piece_bytes": attachment.piece_bytes,
        "pieces": attachment.pieces,
        "missing": list(missing),
        "refused": refused and {"code": refused, "en": REFUSALS[refused].en, "hi": REFUSALS[refused].hi},
        "application_id": attachment.application_id,
        "code": attachment.code,
        "created_at": rfc3339(attachment.created_at),
        "expires_at": rfc3339(attachment.expires_at) if attachment.expires_at else None,
    }
