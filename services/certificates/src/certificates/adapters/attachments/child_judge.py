"""Files are looked into by a process that ends with them: a bomb takes that process, and nobody else."""

import subprocess
import sys
import threading

from certificates.adapters.attachments import judgement
from certificates.domain.attachments.attachment import MediaType, Refusal
from servicekit.errors import DependencyUnavailable

AT_ONCE = 1  # in each process: the container's limit of memory (deploy/k8s) has room for one
WAITED_SECONDS = 10.0
# Of the clock: the child's own limit of processor time comes first, unless this machine has none to spare.
MOST_SECONDS = 45.0
# The largest picture that is taken needs four fifths of it.
MOST_MEMORY_BYTES = 512 * 1024 * 1024


class ChildJudge:
    """Implements application.attachments.ports.Judge. Threads may share it."""

    def __init__(self, most_memory_bytes: int = MOST_MEMORY_BYTES) -> None:
        self._most_memory_bytes = str(most_memory_bytes)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, media_type: MediaType, content: bytes) -> bytes | Refusal:
        """What to keep, or why the file is refused. Raises DependencyUnavailable while there is no time for it."""
        if not self._turns.acquire(timeout=WAITED_SECONDS):
            raise _busy()
        try:
            # -I: neither the folder it runs in nor the environment can put other code in the place of ours.
            child = subprocess.run(  # noqa: S603 - our own code, and nothing of the caller's among its arguments
                [sys.executable, "-I", "-m", judgement.__name__, media_type.value, self._most_memory_bytes],
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
            self._turns.release()
        if child.returncode == judgement.REFUSED:
            return Refusal(child.stdout.decode())
        return child.stdout if child.returncode == 0 else Refusal.UNREADABLE


def _busy() -> DependencyUnavailable:
    return DependencyUnavailable(
        "Other uploads are being looked into. Repeat the request in a moment; no piece has to be sent again.",
        retry_after_seconds=int(WAITED_SECONDS),
    )
