"""Erasure of a person (section 12(3)): asked for, held back for reasons of law, run when the last reason ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from identity.domain.privacy.notices import Words

HOLDS_OFFICE = "holds-office"
OWN_ANSWER = "identity"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why data may not be erased yet: a closed list, which is data. `order` is the law; `since` None where unset."""

    id: str
    words: Words
    order: str
    since: date | None


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One thing that holds an erasure back. `subject` is its id, such as an application's; never a name.

    `until` None: nobody can say yet; it ends when its service answers without it.
    """

    reason: str
    subject: str
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether it is in force."""
        return self.until is None or at < self.until


@dataclass(frozen=True, kw_only=True)
class Answer:
    """All that one service has against an erasure; its next answer takes the place of this one.

    `keeps` are reasons for which something stays there after it; they hold nothing back.
    """

    holds: tuple[Hold, ...]
    answered_at: datetime
    keeps: tuple[str, ...] = ()


class State(StrEnum):
    """Where an erasure is. Until ERASING the person may take it back."""

    REQUESTED = "requested"
    ERASING = "erasing"
    ERASED = "erased"
    WITHDRAWN = "withdrawn"


class Stage(StrEnum):
    """What an erasure that was requested waits for."""

    COOLING_OFF = "cooling-off"
    WAITING_FOR_ANSWERS = "waiting-for-answers"
    HELD = "held"
    DUE = "due"


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """A person's request. `runs_after` ends the time in which the person may think again.

    `version` counts the changes: who runs it must have seen the last answer.
    """

    id: str
    person_id: str
    state: State
    requested_at: datetime
    runs_after: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
    version: int = 1
    closed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a person is told of an erasure: the stage, what is in its way, and when it runs; None: nobody knows yet."""

    stage: Stage
    holds: tuple[tuple[str, Hold], ...]
    unanswered: tuple[str, ...]
    runs_at: datetime | None


def outlook(erasure: Erasure, asked: tuple[str, ...], own: tuple[Hold, ...], at: datetime) -> Outlook:
    """How an erasure that was requested stands. `asked` are the services that must have answered; `own` holds of ours.

    Silence holds back as a reason does: what a service has not said it does not hold may be lost with the person.
    """
    given = [(OWN_ANSWER, hold) for hold in own]
    given += [(service, hold) for service, answer in sorted(erasure.answers.items()) for hold in answer.holds]
    holds = tuple((service, hold) for service, hold in given if hold.holds(at))
    unanswered = tuple(service for service in asked if service not in erasure.answers)
    known = not unanswered and all(hold.until is not None for _, hold in holds)
    ends = [erasure.runs_after, *(hold.until for _, hold in holds if hold.until is not None)]
    if holds:
        stage = Stage.HELD
    elif at < erasure.runs_after:
        stage = Stage.COOLING_OFF
    else:
        stage = Stage.WAITING_FOR_ANSWERS if unanswered else Stage.DUE
    return Outlook(stage=stage, holds=holds, unanswered=unanswered, runs_at=max(ends) if known else None)
