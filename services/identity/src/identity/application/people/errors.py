"""How people are told what went wrong."""

from typing import Any


class Told:
    """Adds the detail in Hindi to the service error it is mixed into."""

    def __init__(self, detail: str, detail_hi: str, **told: Any) -> None:
        super().__init__(detail, detail_hi=detail_hi, **told)  # type: ignore[call-arg] # the service error's
