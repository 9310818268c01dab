"""Who may see which case, and what they are to its court: one rule, the platform's."""

from dataclasses import dataclass

from revenue_courts.domain.case import Actor, Case, Office, State
from revenue_courts.domain.courts import Court
from revenue_courts.domain.label import Label
from servicekit.access import Belonging, Reach

DEPARTMENT = "revenue"


@dataclass(frozen=True)
class Officer:
    """The acting officer, as the service identity describes them today; `post` is the designation, `office` the place
    of work, as the department has it, None where none is recorded."""

    id: str
    department: str
    districts: frozenset[str]
    post: Label
    office: str | None = None


@dataclass(frozen=True)
class Viewer:
    """The caller: what they may see, who they are, and the officer that they are, if they are one."""

    reach: Reach
    id: str
    officer: Officer | None

    def owns(self, case: Case) -> bool:
        """Whether it was filed by them: a citizen's own, or what was filed at the centre or with the software."""
        return self.officer is None and self.reach.covers(
            Belonging(client_id=case.client_id, kiosk_id=case.kiosk_id, person_id=case.person_id)
        )

    def joined(self, case: Case) -> bool:
        """Whether they follow the case as a party: by the secret on a notice."""
        return not self.reach.members.get("person_id", frozenset()).isdisjoint(case.joined)

    def may_see(self, case: Case, court: Court) -> bool:
        """Whether the case is theirs to see. A draft is nobody's but its maker's, what is held in camera is its
        parties' and its court's alone.
        """
        if case.state is State.DRAFT:
            return self.owns(case)
        if self.joined(case):
            return True
        if case.in_camera:
            return self.owns(case) or self.serves(case, court)
        return self.reach.covers(
            Belonging(
                client_id=case.client_id,
                kiosk_id=case.kiosk_id,
                person_id=case.person_id,
                departments=[DEPARTMENT],
                district_code=case.filing.district_code,
            )
        )

    def acting_in(self, court: Court) -> Actor:
        """As what they act: an officer of the court by the post that they hold now, else who filed the case."""
        officer = self.officer
        if officer is None:
            return Actor(self.id, Office.FILER)
        office = Office.READER
        if officer.post.en in court.process_posts:
            office = Office.PROCESS_SERVER
        if officer.post.en in court.reader_posts:
            office = Office.READER
        if officer.post.en in court.presiding_posts:
            office = Office.PRESIDING_OFFICER
        return Actor(officer.id, office, officer.post)

    def serves(self, case: Case, court: Court) -> bool:
        """Whether they are an officer of this court for the district of the case."""
        return self.sits_in(court) and self.officer is not None and case.filing.district_code in self.officer.districts

    def sits_in(self, court: Court) -> bool:
        """Whether they are an officer of this court: its presiding officer, reader or process server.

        Two courts of a district may have the same posts; where the court names its offices, theirs tells them apart.
        """
        officer = self.officer
        return (
            officer is not None
            and officer.department == DEPARTMENT
            and officer.post.en in court.presiding_posts | court.reader_posts | court.process_posts
            and (not court.districts or not court.districts.isdisjoint(officer.districts))
            and (not court.offices or officer.office in court.offices)
        )
