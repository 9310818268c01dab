"""One step of a sign-in or a recovery in a process of its own, which a crash point may kill: its name, its
members as JSON, and the instant."""

import json
import os
import sys
from datetime import datetime
from typing import Any

from identity.application.recovery.open_recovery import OpenRecovery
from identity.application.sign_in.act_as import ActAs
from identity.application.sign_in.check_code import CheckCode
from identity.application.sign_in.end_sign_in import EndSignIn
from identity.application.sign_in.enrol_factor import EnrolFactor
from identity.application.sign_in.prove_factor import ProveFactor
from identity.application.sign_in.recover_number import RecoverNumber
from identity.bootstrap import Identity, bootstrap
from identity.domain.factors.factors import Kind
from identity.domain.recovery.recovery import By
from identity.entrypoints.service import SERVICE
from identity.settings import Settings


def step(identity: Identity, name: str, members: dict[str, Any], at: datetime) -> None:
    """Do it, at an instant."""
    match name:
        case "check":
            proof = {name: members.pop(name) for name in ("ticket", "device", "code")}
            sign_in, choices = identity.check_code(CheckCode(**proof, at=at))
            right_id = choices.rights[0].id if choices.rights else None
            identity.act_as(ActAs(**members, sign_in=sign_in, right_id=right_id, challenge=b"c" * 32, at=at))
        case "enrol":
            identity.enrol_factor(EnrolFactor(**members, kind=Kind.TOTP, credential="", at=at))
        case "prove":
            identity.prove_factor(ProveFactor(**members, kind=Kind.TOTP, credential="", at=at))
        case "end":
            identity.end_sign_in(EndSignIn(**members, at=at))
        case "recover":
            identity.recover_number(RecoverNumber(**members, at=at))
        case "open":
            identity.open_recovery(OpenRecovery(**members, by=By(client_id="cli_counter"), at=at))


if __name__ == "__main__":
    settings = Settings.load(os.environ)
    with SERVICE.connect(settings) as mongo:
        step(bootstrap(settings, mongo), sys.argv[1], json.loads(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
