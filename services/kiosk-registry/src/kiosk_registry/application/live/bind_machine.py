"""Binds a centre to a machine."""

from dataclasses import dataclass

from kiosk_registry.application.live.errors import HeartbeatCentreUnknown
from kiosk_registry.application.live.ports import Lives
from kiosk_registry.domain.live.life import Life
from servicekit.access import Belonging, Reach


@dataclass(frozen=True)
class BindMachine:
    """`reach` is the caller's: an administration binds in its own districts."""

    kiosk_id: str
    district_code: str
    machine: str
    reach: Reach


@dataclass(frozen=True)
class BindMachineHandler:
    """The machine before is retired; binding the same one again changes nothing."""

    lives: Lives

    def __call__(self, command: BindMachine) -> Life:
        """Raises HeartbeatCentreUnknown, also for a centre outside of the caller's districts."""
        within = command.reach.covers(Belonging(district_code=command.district_code))
        life = self.lives.bind(command.kiosk_id, command.machine) if within else None
        if life is None:
            raise HeartbeatCentreUnknown("There is no such centre in your districts.")
        return life
