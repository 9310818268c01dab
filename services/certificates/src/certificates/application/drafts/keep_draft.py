"""A form is saved before it is submitted, and resumed, also on another device. Only its type is checked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from certificates.application.attachments.ports import Sealing
from certificates.application.drafts.errors import DraftNotFound, TooManyDrafts
from certificates.application.drafts.ports import Drafts
from certificates.application.viewer import Viewer
from certificates.domain.applications.expire import last_day
from certificates.domain.drafts.draft import MOST_DRAFTS, Draft
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import IST, ONE_DAY
from servicekit.errors import FieldProblem, StaleVersion, ValidationFailed
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition

FORM = "form"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a draft says. `applicant` is personal data: never log it."""

    application_type: str
    district_code: str | None
    applicant: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class BeginDraft:
    """The command; id and time are minted by the route."""

    draft_id: str
    content: Content
    viewer: Viewer
    client_id: str
    kiosk_id: str | None
    person_id: str | None
    assistance_id: str | None
    at: datetime
    claim: Claim


@dataclass(frozen=True)
class DraftKeeper:
    """Keeps drafts sealed, each for whoever saved it, until it is submitted or its term is over."""

    rulebook: Rulebook
    drafts: Drafts
    sealing: Sealing

    def begin(self, command: BeginDraft) -> Once[str]:
        """Safe to repeat with the same claim. Raises ValidationFailed, TooManyDrafts, IdempotencyKeyReused."""
        if earlier := self.drafts.find(command.claim):
            return earlier
        self._check(command.content)
        if self.drafts.count(command.viewer.reach, command.at, MOST_DRAFTS) >= MOST_DRAFTS:
            raise TooManyDrafts(
                f"You have {MOST_DRAFTS} drafts; submit some of them.",
                detail_hi=f"आपके {MOST_DRAFTS} प्रारूप हैं; उनमें से कुछ जमा करें।",
            )
        draft = Draft(
            id=command.draft_id,
            client_id=command.client_id,
            kiosk_id=command.kiosk_id,
            person_id=command.person_id,
            assistance_id=command.assistance_id,
            type_code=command.content.application_type,
            district_code=command.content.district_code,
            sealed_key="",
            sealed=b"",
            version=1,
            created_at=command.at,
            saved_at=command.at,
            expires_at=self._end(command.at),
        )
        return self.drafts.once(command.claim, self._sealed(draft, command.content))

    def save(
        self, draft_id: str, content: Content, viewer: Viewer, precondition: Precondition, at: datetime
    ) -> tuple[Draft, Mapping[str, Any]]:
        """The draft with this content in place of what it said; its term begins anew.

        Raises ValidationFailed, DraftNotFound, StaleVersion, also when somebody else saves it at this moment.
        """
        draft = self._own(draft_id, viewer, at)
        self._check(content)
        precondition.check(draft.version)
        again = replace(
            draft,
            type_code=content.application_type,
            district_code=content.district_code,
            version=draft.version + 1,
            saved_at=at,
            expires_at=self._end(at),
        )
        if not self.drafts.save(self._sealed(again, content)):
            raise StaleVersion("The draft was saved or submitted by somebody else just now; read it again.")
        return again, content.applicant

    def get(self, draft_id: str, viewer: Viewer, at: datetime) -> tuple[Draft, Mapping[str, Any]]:
        """The draft, and its form as it was saved. Raises DraftNotFound, DependencyUnavailable."""
        draft = self._own(draft_id, viewer, at)
        applicant: Mapping[str, Any] = json.loads(self.sealing.open(draft, FORM, draft.sealed))
        return draft, applicant

    def page(self, viewer: Viewer, at: datetime, after: str | None, limit: int) -> tuple[Sequence[Draft], str | None]:
        """One page of the viewer's drafts, the youngest first, and the id after which the next begins (None: none)."""
        drafts = self.drafts.page(viewer.reach, at, after, limit + 1)
        return drafts[:limit], drafts[limit - 1].id if len(drafts) > limit else None

    def _own(self, draft_id: str, viewer: Viewer, at: datetime) -> Draft:
        draft = self.drafts.get(draft_id, at)
        if draft is None or not viewer.owns(draft):
            raise DraftNotFound("There is no such draft among yours.")
        return draft

    def _check(self, content: Content) -> None:
        problems = []
        if content.application_type not in self.rulebook.types:
            problems.append(FieldProblem("/application_type", "unknown", "There is no such application type."))
        if content.district_code is not None and content.district_code not in self.rulebook.districts:
            problems.append(
                FieldProblem("/district_code", "unknown", "Must be the LGD code of a district of Rajasthan.")
            )
        if problems:
            raise ValidationFailed("The type or the district is not one that can be applied for.", errors=problems)

    def _end(self, at: datetime) -> datetime | None:
        end = last_day(self.rulebook.draft_terms, at)
        return None if end is None else datetime.combine(end[0] + ONE_DAY, time(), IST)

    def _sealed(self, draft: Draft, content: Content) -> Draft:
        keyed = replace(draft, sealed_key=self.sealing.new_key(draft.id))
        return replace(keyed, sealed=self.sealing.seal(keyed, FORM, json.dumps(content.applicant).encode()))
