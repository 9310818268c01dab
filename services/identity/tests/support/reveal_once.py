"""Reads one number for a purpose in a process of its own, which a crash point may kill: reference."""

import os
import sys

from identity.application.vault.detokenise_identifier import DetokeniseIdentifier
from identity.bootstrap import bootstrap
from identity.domain.vault.records import Actor
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.instants import utc_now

settings = Settings.load(os.environ)
with SERVICE.connect(settings) as mongo:
    shown = bootstrap(settings, mongo).vault.detokenise(
        DetokeniseIdentifier(
            reference=sys.argv[1],
            purpose="benefit-transfer",
            scopes=frozenset({"vault-purpose:benefit-transfer"}),
            reading_id="rdg_of_the_process_that_dies",
            actor=Actor(client_id="cli_benefits"),
            at=utc_now(),
        )
    )
    sys.stdout.write(shown.identifier.number)
