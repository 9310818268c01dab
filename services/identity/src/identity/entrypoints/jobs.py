"""Identity's time-driven work."""

from identity.application.privacy.enforce_retention import EnforceRetention
from identity.application.privacy.run_erasures import RunErasures
from identity.application.privacy.tell_breaches import TellBreaches
from identity.bootstrap import Identity
from identity.entrypoints import assistance_events
from identity.entrypoints.signing_key_commands import LOOK_EVERY_SECONDS, keep_signing_keys
from servicekit.instants import utc_now
from servicekit.service import Job

# Erasures wait for hours; a minute later is soon enough. A breach is told without delay (rule 7(1)).
ERASURES_EVERY_SECONDS = 60.0
BREACHES_EVERY_SECONDS = 10.0
RETENTION_EVERY_SECONDS = 3600.0


def run_erasures(identity: Identity) -> None:
    """Erases everybody whose time has come and whom nothing holds back."""
    identity.privacy.run_erasures(RunErasures(utc_now()))


def tell_breaches(identity: Identity) -> None:
    """Tells everybody affected, and says where the Board's time is over."""
    identity.privacy.tell_breaches(TellBreaches(utc_now()))


def enforce_retention(identity: Identity) -> None:
    """Deletes what was kept as long as its order says."""
    identity.privacy.enforce_retention(EnforceRetention(utc_now()))


JOBS = [
    *assistance_events.JOBS,
    Job("signing-keys", LOOK_EVERY_SECONDS, keep_signing_keys),
    Job("run-erasures", ERASURES_EVERY_SECONDS, run_erasures),
    Job("tell-breaches", BREACHES_EVERY_SECONDS, tell_breaches),
    Job("enforce-retention", RETENTION_EVERY_SECONDS, enforce_retention),
]
