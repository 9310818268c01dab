"""Looks for one-time codes of the sandbox: what would have gone to a phone is shown where the stack is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Code = dict[str, str]


@dataclass
class CodeWatch:
    """`codes` says what was sent, the newest last (`Stack.sign_in_codes`); `tell` is called with what came since."""

    codes: Callable[[], Sequence[Code]]
    tell: Callable[[Sequence[Code]], None]
    _told: Sequence[Code] = field(init=False)

    def __post_init__(self) -> None:
        # Those of an earlier run are old.
        self._told = self.codes()

    def look(self) -> None:
        """Tell what is new."""
        codes = self.codes()
        if new := [code for code in codes if code not in self._told]:
            self.tell(new)
        self._told = codes
