"""Those who run a centre change it, or ask for it; the district decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk_registry.application.openings.ports import Places
from kiosk_registry.application.running.errors import CentreChangeNotPossible, DecidedByAnother, SiteTaken
from kiosk_registry.application.running.ports import CentreChanges, CentreMoved, RunningCentres
from kiosk_registry.application.running.read_changes import CentreChangeReader
from kiosk_registry.application.running.viewer import CentreViewer
from kiosk_registry.domain.calendar import civil_day
from kiosk_registry.domain.openings.eligibility import site_problems
from kiosk_registry.domain.openings.rules import Rulebook
from kiosk_registry.domain.places.distances import metres_between
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.hours import Interval
from kiosk_registry.domain.running.acts import Deed, NotNow, NotYours, SamePerson, allowed, change, require_allowed
from kiosk_registry.domain.running.centre import Act, Office, RunningCentre, Site
from servicekit.errors import FieldProblem, ValidationFailed
from servicekit.idempotency import Claim, Once
from servicekit.versions import Precondition

OFFICES = {
    Office.OPERATOR: ("the centre's operator", "केंद्र संचालक"),
    Office.LSP: ("the local service provider", "स्थानीय सेवा प्रदाता"),
    Office.DISTRICT: ("the district administration", "ज़िला प्रशासन"),
}
# Nearer than this two centres are in one room; an order may ask for more (`apart_m` of the rules).
ONE_ROOM_M = 11


@dataclass(frozen=True, kw_only=True)
class ChangeCentre:
    """The command; ids and time are minted by the route.

    `hours`, `services` and `site` are those of their acts; `position` is a geo-tag taken at other premises; `reason` is
    the code of a refusal's reason.
    """

    kiosk_id: str
    viewer: CentreViewer
    act: Act
    hours: tuple[Interval, ...] | None
    services: tuple[str, ...] | None
    site: Site | None
    position: Place | None
    reason: str | None
    remarks: str | None
    precondition: Precondition
    event_id: str
    at: datetime
    request_id: str
    claim: Claim


@dataclass(frozen=True)
class ChangeCentreHandler:
    """Changes by compare-and-set: of two who act at once, exactly one does."""

    centres: RunningCentres
    reader: CentreChangeReader
    rulebook: Rulebook
    places: Places

    def __call__(self, command: ChangeCentre) -> Once[str]:
        """Safe to repeat with the same claim: the first change stands.

        Raises CentreOfOthers, CentreChangeNotPossible, DecidedByAnother, SiteTaken, ValidationFailed,
        StaleVersion, IdempotencyKeyReused.
        """
        if (replay := self.centres.find(command.claim)) is not None:
            return replay
        centre = self.reader.get(command.kiosk_id, command.viewer)
        command.precondition.check(centre.version)
        try:
            require_allowed(centre, command.act, command.viewer.actor)
        except NotNow:
            raise _not_possible(centre) from None
        except NotYours as error:
            raise _of_another(error.offices) from None
        except SamePerson:
            raise DecidedByAnother(
                "You asked for it; another person decides.",
                detail_hi="यह आपने माँगा है; निर्णय कोई अन्य व्यक्ति करेगा।",
                offices=[Office.DISTRICT.value],
            ) from None
        deed = Deed(
            act=command.act,
            by=command.viewer.actor,
            at=command.at,
            event_id=command.event_id,
            reason=command.reason,
            remarks=command.remarks,
            hours=command.hours,
            services=command.services,
            site=command.site,
            facts=self._facts(command, centre),
        )
        changed = change(centre, deed)

        def effect(changes: CentreChanges) -> None:
            changes.save(changed, command.request_id)

        try:
            return self.centres.once(command.claim, command.kiosk_id, effect)
        except CentreMoved:
            raise _not_possible(self.centres.get(command.kiosk_id) or centre) from None

    def _facts(self, command: ChangeCentre, centre: RunningCentre) -> dict[str, Any]:
        """What was asked or seen, for the history. Raises ValidationFailed, SiteTaken."""
        asked = centre.asked
        if command.act is Act.REFUSE and command.reason not in self.rulebook.reasons:
            codes = ", ".join(self.rulebook.reasons)
            raise _refused("/reason", "unknown-reason", f"Must be one of: {codes}.", f"इनमें से एक दें: {codes}।")
        if command.act is Act.ASK_PREMISES and command.site is not None:
            self._require_site(command.site, centre, command.at)
            return _site_facts(command.site)
        if command.act is Act.APPROVE and asked is not None:
            if asked.site is None:
                if command.position is not None:
                    raise _refused("/position", "not-allowed", "A closure has none.", "बंद करने के साथ इसे न दें।")
                return {"asked": asked.act.value}
            self._require_site(asked.site, centre, command.at)
            return {"asked": asked.act.value, **self._tagged(command, asked.site)}
        return {"asked": asked.act.value} if asked and command.act in (Act.REFUSE, Act.TAKE_BACK) else {}

    def _require_site(self, site: Site, centre: RunningCentre, at: datetime) -> None:
        broken = [
            FieldProblem(problem.pointer, problem.code, problem.en, problem.hi)
            for problem in site_problems(
                site.place,
                district=self.places.district(centre.district_code),
                pin_area=self.places.pin_area(site.pin),
            )
        ]
        if broken:
            raise ValidationFailed("The premises are not acceptable; `errors` says why.", errors=broken)
        apart_m = max(self.rulebook.on(civil_day(at)).apart_m or 0, ONE_ROOM_M)
        if self.centres.neighbour_within(site.place, apart_m, centre.kiosk_id):
            raise SiteTaken(
                f"Another centre lies within {apart_m} m; name other premises.",
                detail_hi=f"{apart_m} मी के भीतर दूसरा केंद्र है; दूसरा स्थान दें।",
            )

    def _tagged(self, command: ChangeCentre, site: Site) -> dict[str, Any]:
        rules = self.rulebook.on(civil_day(command.at))
        if command.position is None:
            raise _refused("/position", "required", "Take the geo-tag at the premises.", "स्थान पर जियो-टैग लें।")
        metres = metres_between(command.position, site.place)
        if metres > rules.field_tag_within_m:
            raise _refused(
                "/position",
                "not-at-the-premises",
                f"Lies {metres} m from the premises asked for, more than {rules.field_tag_within_m} m; refuse if they "
                "are elsewhere.",
                f"यह माँगे गए स्थान से {metres} मी दूर है, {rules.field_tag_within_m} मी से अधिक; स्थान अलग हो तो अस्वीकार करें।",
            )
        return {"metres_from_premises": metres}


def _site_facts(site: Site) -> dict[str, Any]:
    return {
        "pin": site.pin,
        "kind": site.kind.value,
        "lat": site.place.lat,
        "lon": site.place.lon,
        "photographs": dict(site.photographs),
    }


def _refused(pointer: str, code: str, en: str, hi: str) -> ValidationFailed:
    return ValidationFailed("The change is not acceptable.", errors=[FieldProblem(pointer, code, en, hi)])


def _of_another(offices: frozenset[Office]) -> DecidedByAnother:
    names = [OFFICES[office] for office in sorted(offices)]
    return DecidedByAnother(
        f"This is for {' or '.join(en for en, _ in names)}.",
        detail_hi=f"यह कार्य इनका है: {' या '.join(hi for _, hi in names)}।",
        offices=sorted(office.value for office in offices),
    )


def _not_possible(centre: RunningCentre) -> CentreChangeNotPossible:
    acts = allowed(centre)
    listed, listed_hi = ", ".join(acts) or "nothing", ", ".join(acts) or "कुछ नहीं"
    return CentreChangeNotPossible(
        f"The centre is {centre.status.value}; what can be done now: {listed}.",
        detail_hi=f"केंद्र की स्थिति {centre.status.value} है; अब ये हो सकते हैं: {listed_hi}।",
        status=centre.status.value,
        allowed=[
            {"act": act.value, "offices": sorted(office.value for office in offices)} for act, offices in acts.items()
        ],
    )
