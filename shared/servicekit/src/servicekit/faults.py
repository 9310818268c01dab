"""Named places at which a fault test kills the process, to prove what survives a crash exactly there."""

import os
import signal


def crash_point(name: str, *message_ids: str) -> None:
    """Kill this process (SIGKILL: no handler, no flush) if CRASH_POINT is `name`; otherwise do nothing.

    CRASH_ONCE_FILE: only the first arrival dies: the file is created exclusively as the process goes, so the restarted
    process passes. CRASH_MESSAGE_ID: only where that message is among those in hand. CRASH_SIGNAL=STOP: it does not
    die but stands still until it is sent SIGCONT. Production never sets CRASH_POINT.
    """
    if os.environ.get("CRASH_POINT") != name:
        return
    if os.environ.get("CRASH_MESSAGE_ID", "") not in ("", *message_ids):
        return
    once_file = os.environ.get("CRASH_ONCE_FILE")
    if once_file:
        try:
            os.close(os.open(once_file, os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGSTOP if os.environ.get("CRASH_SIGNAL") == "STOP" else signal.SIGKILL)
