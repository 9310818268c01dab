"""Who may do and see what: the roles, and the one rule by which an object is somebody's to see (ADR 0042).

A route says which roles it is for; the chassis refuses the others. What of the objects behind it the caller may see is
its reach: services ask it about one object, or filter by it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What a caller acts as: people as identity granted it to them, clients that act for nobody as a machine."""

    CITIZEN = "citizen"
    OPERATOR = "operator"
    STAFF = "staff"
    LSP = "lsp"
    OFFICER = "officer"
    DISTRICT_ADMIN = "district_admin"
    STATE_ADMIN = "state_admin"
    AUDITOR = "auditor"
    MACHINE = "machine"
    SERVICE = "service"


COUNTER = frozenset({Role.OPERATOR, Role.STAFF})
"""The people of a centre."""
EVERYBODY = frozenset(Role) - {Role.SERVICE}
"""Every role from outside: for what is nobody's own."""
PEOPLE = EVERYBODY - {Role.MACHINE}
"""Whoever signed in: for what is a person's own, whatever they act as."""
# Who there was before people signed in. A route that does not say whom it is for is for these, and fails a test.
UNDECLARED = frozenset({Role.MACHINE, Role.OFFICER})

NAMES: Mapping[Role, tuple[str, str]] = {
    Role.CITIZEN: ("citizens", "नागरिक"),
    Role.OPERATOR: ("centre operators", "केंद्र संचालक"),
    Role.STAFF: ("centre staff", "केंद्र कर्मचारी"),
    Role.LSP: ("local service providers", "स्थानीय सेवा प्रदाता"),
    Role.OFFICER: ("officers", "अधिकारी"),
    Role.DISTRICT_ADMIN: ("the district administration", "ज़िला प्रशासन"),
    Role.STATE_ADMIN: ("the state administration", "राज्य प्रशासन"),
    Role.AUDITOR: ("auditors", "लेखा परीक्षक"),
    Role.MACHINE: ("software that acts for nobody", "किसी व्यक्ति के लिए काम न करने वाले सॉफ़्टवेयर"),
    Role.SERVICE: ("the platform's own services", "प्लेटफ़ॉर्म की अपनी सेवाएँ"),
}
"""For people, in English and Hindi."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """Whose one object is: by which client and at which centre it was made, whose own it is, and where it is a case.

    `departments` has each whose case it is or will be; None where it is of no department's in particular.
    `district_code` is an LGD code. `lsp_id` is the provider whose the centre was when it was made.
    """

    client_id: str | None = None
    kiosk_id: str | None = None
    person_id: str | None = None
    departments: Collection[str] | None = None
    district_code: str | None = None
    lsp_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The objects that somebody may see: those each of whose members named here has one of the values.

    No member: all there are. A member without values: none at all.
    """

    members: Mapping[str, frozenset[str | None]]

    def covers(self, what: Belonging) -> bool:
        """Whether this object is among them."""
        return all(self._fits(name, values, what) for name, values in self.members.items())

    def as_query(self) -> dict[str, Any]:
        """The same as a filter of MongoDB, over documents that keep the members under these very names."""
        return {
            name: {"$in": sorted(values, key=lambda value: value or "")} if len(values) != 1 else next(iter(values))
            for name, values in self.members.items()
        }

    @staticmethod
    def _fits(name: str, values: frozenset[str | None], what: Belonging) -> bool:
        if name == "department":
            return what.departments is None or not values.isdisjoint(what.departments)
        return getattr(what, name) in values


NOTHING = Reach({"client_id": frozenset()})
EVERYTHING = Reach({})


def reach(
    role: str,
    *,
    client_id: str,
    kiosk_id: str | None = None,
    person_id: str | None = None,
    department: str | None = None,
    districts: Collection[str] = (),
    lsp_id: str | None = None,
) -> Reach:
    """What a caller may see: the rule, for all of the platform.

    | who | sees |
    |---|---|
    | citizen | what is their own |
    | operator, staff; software of a centre | what was made at the centre |
    | local service provider | what was made at a centre while it was theirs |
    | other software | what this client made for nobody in particular |
    | officer | cases of the department in the districts; of what has no department, all in the districts |
    | district administration | what is in the districts |
    | auditor, state administration | everything |
    | anybody else | nothing |

    A citizen's own things are not their app's: software with the app's id does not see them.
    """
    members: Mapping[str, frozenset[str | None]] = NOTHING.members
    match role:
        case Role.CITIZEN:
            members = {"person_id": _this(person_id)}
        case Role.OPERATOR | Role.STAFF:
            members = {"kiosk_id": _this(kiosk_id)}
        case Role.LSP:
            members = {"lsp_id": _this(lsp_id)}
        case Role.MACHINE if kiosk_id:
            members = {"kiosk_id": _this(kiosk_id)}
        case Role.MACHINE:
            members = {"client_id": _this(client_id), "person_id": frozenset({None})}
        case Role.OFFICER:
            members = {"department": _this(department), "district_code": frozenset(districts)}
        case Role.DISTRICT_ADMIN:
            members = {"district_code": frozenset(districts)}
        case Role.STATE_ADMIN | Role.AUDITOR:
            members = EVERYTHING.members
    return Reach(members)


def _this(value: str | None) -> frozenset[str | None]:
    """Only this value. None at all where a token that should name one does not: unset must never match unset."""
    return frozenset({value}) if value else frozenset()
