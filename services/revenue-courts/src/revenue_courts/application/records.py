"""The record of a case goes to the court that hears the appeal, and comes back, in that court's own transaction."""

from dataclasses import replace

from revenue_courts.application.ports import Changes
from revenue_courts.domain.calendar import Calendar
from revenue_courts.domain.case import Act, Actor, Case, Change, Office, RecordAway
from revenue_courts.domain.deed import Deed
from revenue_courts.domain.moves import allowed, move

_SENDS = frozenset({Act.REGISTER, Act.RESTORE})


def record_moved(
    changes: Changes, appeal: Case, deed: Deed, event_ids: tuple[str, str], calendar: Calendar
) -> Change | None:
    """What becomes of the case that `appeal` is against, after `deed` was done in the appeal; None for nothing.

    A record that is away already, for the appeal of another party, stays where it is.
    """
    if appeal.filing.against is None or deed.act not in _SENDS | {Act.DISPOSE}:
        return None
    earlier = changes.by_number(appeal.filing.against)
    if earlier is None:
        return None
    act = Act.SEND_RECORD if deed.act in _SENDS else Act.RETURN_RECORD
    away = earlier.record_away
    if act not in allowed(earlier) or (act is Act.RETURN_RECORD and away is not None and away.case_id != appeal.id):
        return None
    return move(
        earlier,
        replace(
            deed,
            act=act,
            by=Actor(deed.by.id, Office.HIGHER_COURT, deed.by.post),
            event_ids=event_ids,
            text=None,
            matter=RecordAway(court_code=appeal.court_code, case_id=appeal.id),
        ),
        calendar,
    )
