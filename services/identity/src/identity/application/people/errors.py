"""What can go wrong with people and their rights, on the command line or by events; and how people are told."""

from typing import Any


class Told:
    """Adds the detail in Hindi to the service error it is mixed into."""

    def __init__(self, detail: str, detail_hi: str, **told: Any) -> None:
        super().__init__(detail, detail_hi=detail_hi, **told)  # type: ignore[call-arg] # the service error's


class CommandRefused(Exception):
    """A command of the command line that cannot be carried out; the message says why. Never seen over HTTP."""


class UnknownPerson(CommandRefused):
    """Nobody is recorded under this id."""


class PersonRefused(CommandRefused):
    """Nobody can be recorded by this number, or none can be recorded at all."""


class UnknownRight(CommandRefused):
    """The person has no right of this id."""


class RightRefused(CommandRefused):
    """The right is there with other words, the person acts as that already, or what ended is to be changed."""


class ChangedMeanwhile(CommandRefused):
    """Somebody else changed the person's rights again and again; repeat the command."""
