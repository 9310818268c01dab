"""What can go wrong with people and their rights. All are of the command line or of events; none is seen over HTTP."""


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
