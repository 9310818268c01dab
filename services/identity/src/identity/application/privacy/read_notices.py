"""Notices, as people are shown them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from identity.application.people.ports import People
from identity.application.privacy.errors import NoticeNotFound, PersonErased
from identity.domain.people.person import Person
from identity.domain.privacy.notices import Notice, Notices, current

_INDIA = ZoneInfo("Asia/Kolkata")  # a notice begins with a day of ours


def known_person(people: People, person_id: str) -> Person:
    """Who has this id. Raises PersonErased for who was erased: the token may live some minutes longer."""
    person = people.get(person_id)
    if person is None or person.erased_at is not None:
        raise PersonErased("Nobody is kept under this token any more. Sign in again to begin anew.")
    return person


@dataclass(frozen=True)
class NoticeReader:
    """Finds notices."""

    notices: Notices

    def current(self, notice_id: str, at: datetime) -> Notice:
        """The version in force. Raises NoticeNotFound."""
        notice = current(self.notices.get(notice_id, ()), at.astimezone(_INDIA).date())
        if notice is None:
            raise NoticeNotFound("There is no notice of this name that is in force.")
        return notice

    def version(self, notice_id: str, version: int) -> Notice:
        """That version, in force or not. Raises NoticeNotFound."""
        for notice in self.notices.get(notice_id, ()):
            if notice.version == version:
                return notice
        raise NoticeNotFound("There is no notice of this name with that version.")
