"""The route of likenesses."""

from typing import Any

from certificates.application.applications.errors import ApplicationNotFound
from certificates.application.likenesses.read_likenesses import Like
from certificates.bootstrap import Certificates
from certificates.domain.label import Label
from certificates.domain.likenesses.likeness import Sign
from certificates.entrypoints.http.applications.routes import APPLICATION_ID
from certificates.entrypoints.http.blueprint import blueprint, viewer
from certificates.entrypoints.http.likenesses import schemas
from servicekit.http import Role, application
from servicekit.instants import rfc3339

_SAID = {
    Sign.SAME_RECORD: Label("It names the same record", "इसमें वही अभिलेख बताया गया है"),
    Sign.SAME_NAME: Label("The name is written alike", "नाम एक जैसा लिखा है"),
    Sign.NAME_SOUNDS_ALIKE: Label("The name sounds alike", "नाम सुनने में एक जैसा है"),
    Sign.SAME_DATE: Label("A date is the same", "एक तिथि समान है"),
}


@blueprint.route("/v1/applications/<string:application_id>/likenesses", parameters=[APPLICATION_ID])
@blueprint.requires("applications:read", roles=[Role.OFFICER])
@blueprint.raises(ApplicationNotFound)
@blueprint.response(200, schemas.LikenessesSchema)
def list_application_likenesses(application_id: str) -> dict[str, Any]:
    """Other applications of the state that may be about the same, each with its reasons.

    For the officer to look at: nothing is refused for it. Names are compared as they sound in either script; twins, who
    share all but their names, are not alike.
    """
    likes = application(Certificates).likenesses.of(application_id, viewer())
    return {"items": [_shown(like) for like in likes], "next": None}


def _shown(like: Like) -> dict[str, Any]:
    other = like.application
    return {
        "application_id": other.id,
        "application_type": other.type_code,
        "district_code": other.district_code,
        "status": other.state.value,
        "submitted_at": rfc3339(other.submitted_at),
        "certificate_id": other.certificate_id,
        "reasons": [{"code": sign.value, "en": _SAID[sign].en, "hi": _SAID[sign].hi} for sign in like.signs],
    }
