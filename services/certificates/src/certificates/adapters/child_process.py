"""Files of strangers are looked into by a process that ends with them: a bomb takes that process, and nobody else."""

import subprocess
import sys
import threading

from servicekit.errors import DependencyUnavailable

AT_ONCE = 1  # in each process: the container's limit of memory (deploy/k8s) has room for one
WAITED_SECONDS = 10.0
# Of the clock: the child's own limit of processor time comes first, unless this machine has none to spare.
MOST_SECONDS = 45.0
_turns = threading.BoundedSemaphore(AT_ONCE)


def look_into(content: bytes, module: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    """Runs a module of ours over the content. Raises DependencyUnavailable while there is no time for it."""
    if not _turns.acquire(timeout=WAITED_SECONDS):
        raise _busy()
    try:
        # -I: neither the folder it runs in nor the environment can put other code in the place of ours.
        return subprocess.run(  # noqa: S603 - our own code, and nothing of the caller's among its arguments
            [sys.executable, "-I", "-m", module, *arguments],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _busy() from None
    finally:
        _turns.release()


def _busy() -> DependencyUnavailable:
    return DependencyUnavailable(
        "Other files are being looked into. Repeat the request in a moment; nothing that arrived is lost.",
        retry_after_seconds=int(WAITED_SECONDS),
    )
