"""The parts of addresses: an id there is of a closed form, so that nothing else reaches a store or a log.

What does not fit is no address of ours: 404, as for an id that nothing has.
"""

from typing import Any

from werkzeug.routing import BaseConverter

from servicekit.text import without_white_space

LONGEST_PART = 128  # ours have 64 characters at most
_PART = rf"[A-Za-z0-9._:~-]{{1,{LONGEST_PART}}}"


class PathCode(BaseConverter):
    """`<payment_id>` and `<string:payment_id>`: an id as it was given out."""

    regex = _PART

    @staticmethod
    def schema(_: BaseConverter) -> dict[str, Any]:
        """What the documentation says of such a part."""
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_PART, "pattern": f"^{_PART}$"}


class PrintedPathCode(BaseConverter):
    """`<printed:token>`: what people copy from a paper; white space in it does not count, the view checks the rest."""

    regex = rf"[^/]{{1,{LONGEST_PART}}}"

    def to_python(self, value: str) -> str:
        return without_white_space(value)

    @staticmethod
    def schema(_: BaseConverter) -> dict[str, Any]:
        """What the documentation says of such a part."""
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_PART}


# What a rule without a converter means, and "string", which says the same.
CONVERTERS: dict[str, type[PathCode | PrintedPathCode]] = {
    "default": PathCode,
    "string": PathCode,
    "printed": PrintedPathCode,
}
