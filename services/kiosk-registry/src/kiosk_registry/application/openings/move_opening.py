"""An office, or the applicant, moves an application for a centre; the last move opens the centre."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kiosk_registry.application.openings.errors import (
    AnotherOffice,
    AnotherPerson,
    AppealTooLate,
    MoveNotPossible,
    OpeningNotFound,
)
from kiosk_registry.application.openings.ports import Activation, Changes, VersionMoved
from kiosk_registry.application.openings.submit_opening import SubmitOpeningHandler, require_eligible
from kiosk_registry.application.openings.viewer import Viewer
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.openings.moves import (
    REFUSALS,
    Deed,
    NotNow,
    NotYours,
    SamePerson,
    TooLate,
    allowed,
    move,
)
from kiosk_registry.domain.openings.opening import Act, Actor, Change, Form, Office, Opening, State
from kiosk_registry.domain.openings.rules import Rules
from kiosk_registry.domain.places.distances import metres_between
from kiosk_registry.domain.places.districts import Place
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition

OFFICES: Mapping[Office, tuple[str, str]] = {
    Office.APPLICANT: ("the applicant", "आवेदक"),
    Office.LSP: ("the local service provider", "स्थानीय सेवा प्रदाता"),
    Office.DISTRICT: ("the district administration", "ज़िला प्रशासन"),
    Office.STATE: ("the state administration", "राज्य प्रशासन"),
}


@dataclass(frozen=True, kw_only=True)
class MoveOpening:
    """The command; ids and time are minted by the route.

    `reason` is the code of a refusal's reason; `position` a geo-tag taken in the field, `documents_seen` what was seen
    there; `form` a resubmission's, None leaves it as it is; `device_id` the device that is bound.
    """

    opening_id: str
    viewer: Viewer
    act: Act
    reason: str | None
    remarks: str | None
    position: Place | None
    documents_seen: frozenset[str]
    form: Form | None
    device_id: str | None
    precondition: Precondition
    event_id: str
    approved_event_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class MoveOpeningHandler:
    """Moves by compare-and-set: of two officers who decide at once, exactly one does."""

    facts: SubmitOpeningHandler

    def __call__(self, command: MoveOpening) -> Once[str]:
        """Safe to repeat with the same claim: the first move stands.

        Raises OpeningNotFound, MoveNotPossible, AnotherOffice, AnotherPerson, AppealTooLate, NotEligible,
        ValidationFailed, DeviceTaken, PremisesTaken, StaleVersion, IdempotencyKeyReused.
        """
        openings = self.facts.openings
        if (replay := openings.find(command.claim)) is not None:
            return replay
        read = openings.get(command.opening_id)
        if read is None or not command.viewer.may_see(read):
            raise OpeningNotFound("There is no such application for a centre that you may see.")
        command.precondition.check(read.version)
        if command.form is not None and command.form != read.form:
            require_eligible(self.facts, command.form, command.at)

        def effect(changes: Changes) -> None:
            opening = changes.get(command.opening_id)
            if opening is None or opening.version != read.version:
                raise VersionMoved
            change = self._change(command, opening, changes)
            activation = None
            if change.opening.state is State.ACTIVE:
                lsp = self.facts.lsps.get(opening.lsp_id)
                activation = Activation(
                    credit_limit_paise=lsp.credit_limit_paise if lsp else 0, event_id=command.approved_event_id
                )
            changes.save(change, command.request_id, activation)

        try:
            return openings.once(command.claim, command.opening_id, effect)
        except VersionMoved:
            raise _not_possible(openings.get(command.opening_id) or read) from None

    def _change(self, command: MoveOpening, opening: Opening, changes: Changes) -> Change:
        rules = self.facts.rulebook.on(civil_day(opening.submitted_at))
        deed = Deed(
            act=command.act,
            by=Actor(command.viewer.person_id, command.viewer.office),
            at=command.at,
            event_id=command.event_id,
            reason=command.reason,
            remarks=command.remarks,
            facts={},
            form=command.form,
            device_id=command.device_id,
        )
        try:
            move(opening, deed, rules)
            deed = replace(deed, facts=self._seen(command, opening, rules))
            if command.act is Act.BIND_DEVICE:
                deed = replace(deed, kiosk_id=changes.new_kiosk_id(opening.district_code))
            return move(opening, deed, rules)
        except NotNow:
            raise _not_possible(opening) from None
        except NotYours as error:
            en, hi = OFFICES[error.office]
            raise AnotherOffice(
                f"This is for {en}.", detail_hi=f"यह कार्य इनका है: {hi}।", office=error.office.value
            ) from None
        except SamePerson:
            raise AnotherPerson(
                "You had a part in this application before; another person must do this.",
                detail_hi="आप इस आवेदन में पहले भाग ले चुके हैं; यह किसी अन्य व्यक्ति को करना होगा।",
            ) from None
        except TooLate:
            days = rules.appeal_days
            raise AppealTooLate(
                f"An appeal is heard within {days} days of the refusal.",
                detail_hi=f"अपील अस्वीकृति के {days} दिनों के भीतर ही सुनी जाती है।",
            ) from None

    def _seen(self, command: MoveOpening, opening: Opening, rules: Rules) -> dict[str, Any]:
        """What the act needs of its own, for the history. Raises ValidationFailed for what is missing or wrong."""
        if command.act in REFUSALS and command.reason not in self.facts.rulebook.reasons:
            raise _refused("/reason", "unknown-reason", f"Must be one of: {', '.join(self.facts.rulebook.reasons)}.",
                           f"इनमें से एक दें: {', '.join(self.facts.rulebook.reasons)}।")  # fmt: skip
        match command.act:
            case Act.VERIFY:
                return self._verified(command, opening, rules)
            case Act.BIND_DEVICE:
                if command.device_id is None:
                    raise _refused("/device_id", "required", "Name the device.", "उपकरण का नाम दें।")
                return {"device_id": command.device_id}
            case _:
                return {}

    def _verified(self, command: MoveOpening, opening: Opening, rules: Rules) -> dict[str, Any]:
        if command.position is None:
            raise _refused("/position", "required", "Take the geo-tag at the premises.", "स्थान पर जियो-टैग लें।")
        metres = metres_between(command.position, opening.form.premises.place)
        if metres > rules.field_tag_within_m:
            raise _refused(
                "/position",
                "not-at-the-premises",
                f"Lies {metres} m from the premises applied with, more than {rules.field_tag_within_m} m; send the "
                "application back if the premises are elsewhere.",
                f"यह आवेदन के स्थान से {metres} मी दूर है, {rules.field_tag_within_m} मी से अधिक; स्थान अलग हो तो आवेदन लौटाएँ।",
            )
        if missing := [code for code in rules.documents if code not in command.documents_seen]:
            raise _refused(
                "/documents_seen",
                "missing",
                f"These must be seen too: {', '.join(missing)}.",
                f"ये भी देखने होंगे: {', '.join(missing)}।",
            )
        return {"metres_from_premises": metres, "documents_seen": sorted(command.documents_seen)}


def _refused(pointer: str, code: str, en: str, hi: str) -> ValidationFailed:
    return ValidationFailed("The move is not acceptable.", errors=[FieldProblem(pointer, code, en, hi)])


def _not_possible(opening: Opening) -> MoveNotPossible:
    now = allowed(opening)
    listed = ", ".join(f"{act.value} ({OFFICES[office][0]})" for act, office in now.items()) or "nothing"
    listed_hi = ", ".join(f"{act.value} ({OFFICES[office][1]})" for act, office in now.items()) or "कुछ नहीं"
    return MoveNotPossible(
        f"The application is {opening.state.value}; what can be done now: {listed}.",
        detail_hi=f"आवेदन की स्थिति {opening.state.value} है; अब ये हो सकते हैं: {listed_hi}।",
        state=opening.state.value,
        allowed=[{"act": act.value, "office": office.value} for act, office in now.items()],
    )
