"""A person takes the request for erasure back."""

from dataclasses import dataclass
from datetime import datetime

from identity.application.privacy.errors import ErasureBegun
from identity.application.privacy.ports import Erasures
from identity.application.privacy.read_erasures import ErasureReader
from identity.domain.privacy.erasures import Erasure, State


@dataclass(frozen=True, kw_only=True)
class WithdrawErasure:
    """Whose request, and which; `event_id` is minted by the caller."""

    erasure_id: str
    person_id: str
    event_id: str
    request_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class WithdrawErasureHandler:
    """The change and the word to the services in one transaction."""

    erasures: Erasures
    reader: ErasureReader

    def __call__(self, command: WithdrawErasure) -> Erasure:
        """The request, closed. A repeat changes nothing. Raises PersonErased, ErasureNotFound, ErasureBegun."""
        before = self.reader.of_person(command.person_id, command.erasure_id)
        self.erasures.withdraw(before, command.at, command.event_id, command.request_id)
        erasure = self.reader.of_person(command.person_id, command.erasure_id)
        if erasure.state is not State.WITHDRAWN:
            raise ErasureBegun("The erasure has begun and cannot be taken back.")
        return erasure
