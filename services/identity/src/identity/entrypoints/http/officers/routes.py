"""The administration orders an officer's transfer or leave: rights move with effective dates, in one transaction."""

from typing import Any

from identity.application.people.errors import ChangedMeanwhile, RightRefused, UnknownPerson, UnknownRight
from identity.application.people.move_officer import OfficerOnLeave, TransferOfficer
from identity.bootstrap import Identity
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.people.rights import Right
from identity.entrypoints.http.officers.errors import MoveRefused, NoSuchPost, UnusableMove
from identity.entrypoints.http.officers.schemas import MadeRightsSchema, OfficerLeaveSchema, OfficerTransferSchema
from servicekit.access import Role
from servicekit.http import Blueprint, application, caller
from servicekit.instants import utc_now

_ADMINISTRATION = [Role.DISTRICT_ADMIN, Role.STATE_ADMIN]
_AGAIN = "the same order again changes nothing"

officers = Blueprint("officers", description="Officers who are transferred or on leave, for the administration.")


@officers.route("/v1/officer-transfers", methods=["POST"])
@officers.requires("rights:write", roles=_ADMINISTRATION)
@officers.repeatable(_AGAIN)
@officers.raises(NoSuchPost, MoveRefused, UnusableMove)
@officers.arguments(OfficerTransferSchema)
@officers.response(200, MadeRightsSchema)
def transfer_officer(body: dict[str, Any]) -> dict[str, Any]:
    """Transfer an officer

    From `since` on the officer acts in the new post, where there is one, and the successor in the old. The district's
    administration moves officers within its districts. Nobody gives a post to themselves.
    """
    post = body["post"]
    if post and "districts" in post:
        post = {**post, "districts": frozenset(post["districts"])}
    return _made(TransferOfficer(**_common(body), post=post or None, successor_id=body["successor_id"]))


@officers.route("/v1/officer-leaves", methods=["POST"])
@officers.requires("rights:write", roles=_ADMINISTRATION)
@officers.repeatable(_AGAIN)
@officers.raises(NoSuchPost, MoveRefused, UnusableMove)
@officers.arguments(OfficerLeaveSchema)
@officers.response(200, MadeRightsSchema)
def record_officer_leave(body: dict[str, Any]) -> dict[str, Any]:
    """Record an officer's leave

    From `since` until `until` the post is the substitute's, or nobody's; afterwards the officer's again. An officer who
    comes back earlier is given a right, and the substitute's is ended.
    """
    return _made(OfficerOnLeave(**_common(body), until=body["until"], substitute_id=body["substitute_id"]))


def _common(body: dict[str, Any]) -> dict[str, Any]:
    person = caller().person
    assert person is not None  # the roles are people's
    return {
        "person_id": body["person_id"],
        "right_id": body["right_id"],
        "since": body["since"],
        "because": body["order"],
        "by": person.id,
        "districts": person.districts if person.role == Role.DISTRICT_ADMIN else None,
        "at": utc_now(),
    }


def _made(command: TransferOfficer | OfficerOnLeave) -> dict[str, Any]:
    try:
        made = application(Identity).move_officer(command)
    except (UnknownPerson, UnknownRight) as error:
        raise NoSuchPost(str(error)) from error
    except (RightRefused, ChangedMeanwhile) as error:
        raise MoveRefused(str(error)) from error
    except InvalidDefinition as error:
        raise UnusableMove(str(error)) from error
    return {"items": [_shown(person_id, right) for person_id, right in made]}


def _shown(person_id: str, right: Right) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "right_id": right.id,
        "districts": sorted(right.districts),
        "begins_at": right.begins_at,
        "ends_at": right.ends_at,
    }
