"""Attachments are looked into by a process of their own."""

from certificates.adapters.attachments import judgement
from certificates.adapters.child_process import look_into
from certificates.domain.attachments.attachment import MediaType, Refusal

# The largest picture that is taken needs four fifths of it.
MOST_MEMORY_BYTES = 512 * 1024 * 1024


class ChildJudge:
    """Implements application.attachments.ports.Judge. Threads may share it."""

    def __init__(self, most_memory_bytes: int = MOST_MEMORY_BYTES) -> None:
        self._most_memory_bytes = str(most_memory_bytes)

    def __call__(self, media_type: MediaType, content: bytes) -> bytes | Refusal:
        """What to keep, or why the file is refused. Raises DependencyUnavailable while there is no time for it."""
        child = look_into(content, judgement.__name__, media_type.value, self._most_memory_bytes)
        if child.returncode == judgement.REFUSED:
            return Refusal(child.stdout.decode())
        return child.stdout if child.returncode == 0 else Refusal.UNREADABLE
