"""HTTP the same way in every service; routes import everything they need from here."""

from servicekit.access import COUNTER, EVERYBODY, PEOPLE, Role
from servicekit.fields import Coded
from servicekit.http.blueprint import Blueprint
from servicekit.http.callers import Actor, Caller, Person
from servicekit.http.conditional import etag, precondition
from servicekit.http.context import application, caller, request_id
from servicekit.http.cursor import Cursor, CursorText, cursor
from servicekit.http.keyed import idempotency_claim, mark_replayed

__all__ = [
    "COUNTER",
    "EVERYBODY",
    "PEOPLE",
    "Actor",
    "Blueprint",
    "Caller",
    "Coded",
    "Cursor",
    "CursorText",
    "Person",
    "Role",
    "application",
    "caller",
    "cursor",
    "etag",
    "idempotency_claim",
    "mark_replayed",
    "precondition",
    "request_id",
]
