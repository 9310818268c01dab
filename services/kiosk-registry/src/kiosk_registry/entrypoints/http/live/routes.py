"""Heartbeats, the machine of a centre, and how centres and districts are."""

from typing import Any

from flask import Response, jsonify

from kiosk_registry.application.live.bind_machine import BindMachine
from kiosk_registry.application.live.errors import (
    HeartbeatCentreClosed,
    HeartbeatCentreUnknown,
    MachineClockWrong,
    MachineNotBound,
    MachineRetired,
)
from kiosk_registry.application.live.record_heartbeat import RecordHeartbeat
from kiosk_registry.bootstrap import KioskRegistry, outdated_members
from kiosk_registry.domain.live.life import BEAT_SECONDS
from kiosk_registry.entrypoints.http.blueprints import READ, live
from kiosk_registry.entrypoints.http.live import schemas
from servicekit.http import Role, application, caller
from servicekit.instants import utc_now

REPORT, BIND = "kiosks:report", "kiosks:bind"
ADMINISTRATION = frozenset({Role.DISTRICT_ADMIN, Role.STATE_ADMIN})
WATCHERS = ADMINISTRATION | {Role.AUDITOR, Role.OFFICER, Role.LSP, Role.OPERATOR, Role.STAFF, Role.MACHINE}
KIOSK_ID = {"in": "path", "name": "kiosk_id", "description": "Permanent id.", "example": "ksk_RJ10200001"}


@live.route("/v1/kiosks/<string:kiosk_id>/heartbeats", methods=["POST"], parameters=[KIOSK_ID])
@live.requires(REPORT, roles=[Role.MACHINE])
@live.repeatable("a heartbeat takes the place of the one before")
@live.raises(HeartbeatCentreUnknown, HeartbeatCentreClosed, MachineRetired, MachineNotBound, MachineClockWrong)
@live.arguments(schemas.HeartbeatRequestSchema)
@live.response(200, schemas.HeartbeatSchema)
def send_heartbeat(body: dict[str, Any], kiosk_id: str) -> dict[str, Any]:
    """Say that a centre is there

    From the centre's own software, every minute. The first machine that speaks is the centre's; another one is bound by
    the district. A clock more than ten minutes off is refused with what the time is.
    """
    older = application(KioskRegistry).record_heartbeat(
        RecordHeartbeat(kiosk_id, caller().kiosk_id, body["machine"], body["components"], body["sent_at"], utc_now())
    )
    return {"next_in_seconds": BEAT_SECONDS, "outdated": [outdated_members(item) for item in older]}


@live.route("/v1/kiosks/<string:kiosk_id>/machine", methods=["PUT"], parameters=[KIOSK_ID])
@live.requires(BIND, roles=ADMINISTRATION)
@live.raises(HeartbeatCentreUnknown)
@live.arguments(schemas.MachineRequestSchema)
@live.response(200, schemas.MachineSchema)
def bind_machine(body: dict[str, Any], kiosk_id: str) -> dict[str, Any]:
    """Bind a centre to a machine

    The one before is retired: it may speak for the centre no more.
    """
    registry = application(KioskRegistry)
    district_code = registry.kiosks.kiosk(kiosk_id, utc_now())["district_code"]
    life = registry.bind_machine(BindMachine(kiosk_id, district_code, body["machine"], caller().reach))
    return {"kiosk_id": life.kiosk_id, "machine": life.machine}


@live.route("/v1/kiosks/<string:kiosk_id>/liveness", parameters=[KIOSK_ID])
@live.requires(READ, roles=WATCHERS)
@live.response(200, schemas.LivenessSchema)
def get_kiosk_liveness(kiosk_id: str) -> Response:
    """Whether a centre is there

    By its last heartbeat; where it is silent, also what on its machine is too old.
    """
    return jsonify(application(KioskRegistry).live.of(kiosk_id, utc_now()))


@live.route("/v1/kiosk-liveness")
@live.requires(READ, roles=WATCHERS)
@live.response(200, schemas.StateLivenessSchema)
def list_district_liveness() -> Response:
    """How many centres are there

    Per district and in the state, and which districts are dark.
    """
    return jsonify(application(KioskRegistry).live.districts(utc_now()))
