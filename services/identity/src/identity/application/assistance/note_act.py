"""Note that something was done by an assistance, so that its person is told."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.assistance.ports import NewNotices
from identity.domain.assistance.notices import Notice, NoticeKind


@dataclass(frozen=True, kw_only=True)
class NoteAct:
    """`operation` is the method and the path's template, `certain` whether it is known that it was done."""

    act_id: str
    assistance_id: str
    operation: str
    certain: bool
    at: datetime


@dataclass(frozen=True)
class NoteActHandler:
    """Inside the transaction that records the event as handled."""

    notices: NewNotices

    def __call__(self, command: NoteAct) -> None:
        """A notice waits to be sent; a repeat makes none."""
        notice = Notice(
            id=command.act_id,
            assistance_id=command.assistance_id,
            kind=NoticeKind.DONE if command.certain else NoticeKind.PERHAPS_DONE,
            operation=command.operation,
            at=command.at,
        )
        self.notices.add([notice])
