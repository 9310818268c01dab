"""The inbox: a message is handled in the same transaction that records it, so it takes effect once."""

from datetime import datetime
from typing import Any

from pymongo import IndexModel

COLLECTION = "inbox"
# Longer than any redelivery we plan for (a replay of a month, a stream kept for a week): it must still count as a
# duplicate.
HANDLED_ROWS_KEPT_SECONDS = 90 * 24 * 3600
INDEXES = [IndexModel([("handled_at", 1)], name="forget_handled", expireAfterSeconds=HANDLED_ROWS_KEPT_SECONDS)]


def inbox_id(queue: str, message_id: str) -> str:
    """The row's key: one per consumer and message."""
    return f"{queue}|{message_id}"


def inbox_row(row_id: str, handled_at: datetime) -> dict[str, Any]:
    """The stored form of one handled message."""
    return {"_id": row_id, "handled_at": handled_at}
