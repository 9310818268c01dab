"""Kinds of cases: what may be brought before a revenue court, under which law."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from revenue_courts.domain.label import Label
from revenue_courts.domain.notice import ServiceOutcome


class Form(StrEnum):
    """What a case begins with."""

    PLAINT = "plaint"
    APPLICATION = "application"
    APPEAL = "appeal"
    REVISION = "revision"
    REVIEW = "review"


# These are against an order that was passed before.
AGAINST_AN_ORDER = frozenset({Form.APPEAL, Form.REVISION, Form.REVIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseKind:
    """`limitation_days` count from the order that is complained of; None: unset. The court fee of every kind is unset.

    `reliefs` are what may be asked for, by code.
    """

    code: str
    form: Form
    act: Label
    section: str
    subject: Label
    reliefs: Mapping[str, Label]
    limitation_days: int | None


@dataclass(frozen=True, slots=True)
class Codes:
    """The lists that officers choose from: a code is kept, its text is shown."""

    purposes: Mapping[str, Label]
    adjournments: Mapping[str, Label]
    defects: Mapping[str, Label]
    disposals: Mapping[str, Label]
    services: Mapping[str, ServiceOutcome]
