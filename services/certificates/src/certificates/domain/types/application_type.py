"""What may be applied for. Each type is read from a file of its own, so that a new type is a new file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from certificates.domain.label import Label
from certificates.domain.sla.calendar import is_later_than
from certificates.domain.types.check import Group, check_form
from certificates.domain.types.form import Answers, Condition, FormField, FormProblem, FormValue, Rule
from certificates.domain.types.rules import LateReport, Rung


class OfficeLevel(StrEnum):
    """At which level of the state an office stands."""

    STATE = "state"
    DIVISION = "division"
    DISTRICT = "district"
    SUBDIVISION = "subdivision"
    TEHSIL = "tehsil"
    BLOCK = "block"
    POLICE_STATION = "police-station"
    LOCAL = "local"


class Template(StrEnum):
    """The layout of the paper: a certificate, an extract of a register, an entry in one."""

    CERTIFICATE = "certificate"
    EXTRACT = "register-extract"
    REGISTRATION = "registration"


@dataclass(frozen=True)
class Paper:
    """A paper that people bring."""

    code: str
    label: Label


@dataclass(frozen=True)
class RequiredDocument:
    """A document that the operator must see at the counter, when all of `needed_when` hold.

    Where there are `any_of`, one of these will do, and `label` says what it is to prove.
    """

    code: str
    label: Label
    any_of: tuple[Paper, ...] = ()
    needed_when: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Amendment:
    """An entry that the act changes, and which field it is of the record, by the record's type."""

    entry: str
    fields: Mapping[str, str]


@dataclass(frozen=True)
class AmendingRows:
    """The group whose rows say what is changed: its field that chooses the entry, and the one with the new value."""

    group: str
    entry: str
    value: str


@dataclass(frozen=True)
class Record:
    """The issued record that an application acts on: the fields with its number and day of issue, and its types.

    What is named by a number of ours is looked up; a record of another register is named by other fields. Where there
    are `amends`, the approval of the act issues a new certificate of the record's type in place of the old one; their
    entries are those of `rows`, or without these the act's own fields.
    """

    number: str
    issued_on: str
    types: tuple[str, ...]
    amends: tuple[Amendment, ...] = ()
    rows: AmendingRows | None = None


@dataclass(frozen=True)
class Appeal:
    """Where somebody turns whose application is refused or late: in so many days, to the officer, if one is known."""

    stage: str
    title: Label
    within_days: int
    source: Label
    officer: Label | None = None


@dataclass(frozen=True)
class FeeRule:
    """The fee from `effective_from` on, until the next rule; `paise` may be 0.

    `order_hi` is the order's name in Hindi, or `order` again where nobody has written it. A late report has a fee of
    its own: the rule holds when more than `after_days` days have passed since the event that is reported; where there
    are `after_years`, these say it exactly and `after_days` about.
    """

    effective_from: date
    paise: int
    head: str
    order: str
    order_hi: str
    after_days: int = 0
    after_years: int = 0


@dataclass(frozen=True)
class WithdrawalRule:
    """Whether the fee goes back when the applicant withdraws; from `effective_from` on, until the next rule.

    `undecided_only`: it does so only while no officer has decided a step.
    """

    effective_from: date
    fee_returned: bool
    order: str
    order_hi: str
    undecided_only: bool = False


@dataclass(frozen=True)
class Post:
    """A post of the state. `name` as identity records it; `order` says why it decides, where that is known."""

    name: Label
    order: Label | None = None


@dataclass(frozen=True)
class Step:
    """One decision among those an application needs: who makes it, and within how many working days.

    Whoever decides holds one of `posts`; without posts every officer of the department may. `office_level` and
    `jurisdiction`, which says to people whose office it is, are None where they are not known; so is
    `working_days_order`, and the days are then the office's own target.
    """

    name: str
    label: Label
    role: str
    department: str
    working_days: int
    posts: tuple[Post, ...] = ()
    office_level: OfficeLevel | None = None
    jurisdiction: Label | None = None
    working_days_order: Label | None = None


@dataclass(frozen=True, kw_only=True)
class ApplicationType:
    """One thing that may be applied for.

    `signer` is the post that signs by rule, one of those of the last step. The certificate's number begins
    with `prefix`; `doctype` is its document type in DigiLocker. `validity_months` says how long the certificate is
    valid; None is for ever. `fees` are in order of `after_days` and date, `steps` in order of work. `event` is the date
    field of the event that is reported by the application; without a report it is empty. `holder` are the fields that
    name those whom the certificate is about. `fees` may be empty: no order sets one yet, and the type is not open.
    `unset` says in words what was not found. `record` is that of an act on an issued one. `withdrawals` are in order of
    date, and mostly empty: no order says that the fee of a withdrawn application goes back.
    """

    code: str
    title: Label
    prefix: str
    doctype: str
    legal_basis: Label
    signer: Label
    validity_months: int | None
    form: tuple[FormField, ...]
    documents: tuple[RequiredDocument, ...]
    fees: tuple[FeeRule, ...]
    steps: tuple[Step, ...]
    event: str = ""
    rules: tuple[Rule, ...] = ()
    holder: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    record: Record | None = None
    template: Template = Template.CERTIFICATE
    appeals: tuple[Appeal, ...] = ()
    unset: tuple[Label, ...] = ()
    withdrawals: tuple[WithdrawalRule, ...] = ()

    @property
    def asked(self) -> tuple[FormField | Group, ...]:
        """All that the form asks for by name: its fields and its groups."""
        return (*self.form, *self.groups)

    def withdrawal_rule_on(self, day: date) -> WithdrawalRule | None:
        """The rule of withdrawals in force on `day`, if there is one."""
        return next((rule for rule in reversed(self.withdrawals) if rule.effective_from <= day), None)

    def fees_on(self, day: date) -> list[FeeRule]:
        """The fee rules in force on `day`, that of a report in time first; empty before the type is open."""
        in_force = {rule.after_days: rule for rule in self.fees if rule.effective_from <= day}
        return list(in_force.values()) if 0 in in_force else []

    def fee_of(self, values: Mapping[str, FormValue], today: date) -> FeeRule:
        """The fee of an application with that form, lodged on a day on which the type is open.

        A year counts from its last day: nobody pays for a delay that may not have been.
        """
        happened = Answers(self.form, values).span(self.event)
        return [
            rule
            for rule in self.fees_on(today)
            if rule.after_days == 0
            or (happened and is_later_than(happened.last, today, days=rule.after_days, years=rule.after_years))
        ][-1]

    def step(self, name: str) -> Step:
        """The step of that name. Raises KeyError when there is none: a step that is in use may not be renamed."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def step_after(self, name: str) -> Step | None:
        """The step that follows `name`, or None when it is the last one."""
        next_place = self.steps.index(self.step(name)) + 1
        return self.steps[next_place] if next_place < len(self.steps) else None

    def check_form(self, values: Mapping[str, object], today: date) -> tuple[dict[str, FormValue], list[FormProblem]]:
        """The form as it is stored, and everything that is wrong with it, unknown fields included."""
        return check_form(self.form, self.groups, self.rules, values, today)

    def permissions_of_late_reports(self) -> tuple[Rung, ...]:
        """Who must permit a late report, in order of time."""
        return next((rule.rungs for rule in self.rules if isinstance(rule, LateReport)), ())
