"""Page cursors that a client can keep and send back, but neither read into nor change."""

from typing import Any, cast

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.fields import Code, Coded

_LONGEST_CURSOR = 1024  # characters; ours hold a sort key and an id
_FIX = "Use the value of `next` unchanged, or leave it out."


class CursorText(Code):
    """`?cursor` of a list, still signed; Cursor decodes it."""

    def __init__(self, **rest: Any) -> None:
        error = Coded("invalid-cursor", _FIX)
        super().__init__(r"[A-Za-z0-9._-]+", longest=_LONGEST_CURSOR, error=error, **rest)


class _Position(dict[str, Any]):
    """What a cursor said. Lists of one service sign alike: a member that is not there is another list's cursor."""

    def __missing__(self, member: str) -> Any:
        raise _refused("The cursor belongs to another list.")


class Cursor:
    """Signs positions in a list with the service's CURSOR_SECRET."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="page-cursor")

    def encode(self, position: dict[str, Any]) -> str:
        """Opaque text for `position` (plain JSON values); the same position gives the same text."""
        return self._serializer.dumps(position)

    def decode(self, text: str) -> dict[str, Any]:
        """The position that `encode` was given; raises ValidationFailed at ?cursor for anything else, and for a member
        that the position does not have, when that is read: it was given by another list."""
        try:
            position = self._serializer.loads(text)
        except BadData as error:
            raise _refused("The cursor is not one that this service gave out.") from error
        return _Position(cast("dict[str, Any]", position))


def _refused(detail: str) -> ValidationFailed:
    return ValidationFailed(detail, errors=[FieldProblem("?cursor", "invalid-cursor", _FIX)])


def cursor() -> Cursor:
    """The app's Cursor, inside a request."""
    return cast("Cursor", current_app.extensions["servicekit.cursor"])
