"""The health of all desks is measured, and a desk that falls behind is told."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from certificates.application.officers.ports import DeskQueue, Queues
from certificates.application.standing.ports import Desk, DeskHealths, DeskTimes
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.sla.desk_health import DeskDelayed, DeskHealth, warning_of
from servicekit.access import EVERYTHING
from servicekit.ids import event_id


@dataclass(frozen=True)
class WatchDesks:
    """The command: as it is at `at`."""

    at: datetime
    request_id: str


@dataclass(frozen=True)
class WatchDesksHandler:
    """Measures from what is stored, so that a run that was cut off leaves nothing wrong behind.

    A warning is told when it begins or changes, and again after the desk was well in between.
    """

    rulebook: Rulebook
    queues: Queues
    desk_times: DeskTimes
    healths: DeskHealths

    def __call__(self, command: WatchDesks) -> int:
        """How many desks were told of."""
        waiting = {
            Desk(queue.type_code, queue.step, queue.district_code): queue
            for queue in self.queues.count(EVERYTHING, (), civil_date(command.at))
        }
        since = command.at - timedelta(days=self.rulebook.warnings.window_days)
        decided = dict(self.desk_times.by_officer(since))
        before = {Desk(h.type_code, h.step, h.district_code): h for h in self.healths.all()}
        told = 0
        for desk in {*waiting, *decided, *before}:
            health = self._health(desk, waiting.get(desk), decided.get(desk, {}), command.at)
            if health is None:
                continue
            last = before.get(desk)
            warning = warning_of(health, self.rulebook.warnings)
            begins = warning is not None and (last is None or last.warning is not warning)
            health = replace(health, warning=warning, told=(last.told if last else 0) + begins)
            told += self.healths.put(health, DeskDelayed(event_id(), health) if begins else None, command.request_id)
        return told

    def _health(self, desk: Desk, queue: DeskQueue | None, decided: dict[str, int], at: datetime) -> DeskHealth | None:
        application_type = self.rulebook.types.get(desk.type_code)
        steps = [] if application_type is None else [s for s in application_type.steps if s.name == desk.step]
        if not steps:
            return None
        window = timedelta(days=self.rulebook.warnings.window_days)
        return DeskHealth(
            type_code=desk.type_code,
            step=desk.step,
            district_code=desk.district_code,
            department=steps[0].department,
            limit_days=steps[0].working_days,
            waiting=queue.waiting if queue else 0,
            late=queue.late if queue else 0,
            oldest_since=queue.oldest_since if queue else None,
            by_officer=decided,
            working_days=self.rulebook.calendar.working_days(civil_date(at - window), civil_date(at)),
            as_of=at,
        )
