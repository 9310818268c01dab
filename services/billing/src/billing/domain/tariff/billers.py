"""Who can be paid, and what a biller asks for. The shape follows the Bharat BillPay biller master (MDM)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from billing.domain.money import rupees
from billing.domain.tariff.exam_fees import ExamFee, FeeTable
from billing.domain.tariff.problems import Problem

# No parameter may be longer, so that a biller's pattern always runs over a bounded text.
LONGEST_PARAM = 64
# By channel (Bharat BillPay's names), the modes that a biller may offer there. Cash is taken only where a person takes
# it, and the centre's wallet pays for it; an unattended machine takes no UPI.
MODES_OF_CHANNELS = {
    "AGT": frozenset({"WALLET", "CARD", "UPI"}),
    "KIOSK": frozenset({"CARD"}),
    "INT": frozenset({"CARD", "UPI"}),
    "MOB": frozenset({"CARD", "UPI"}),
}


class Exactness(StrEnum):
    """Which amounts a bill accepts (Bharat BillPay's amount options)."""

    EXACT = "EXACT"
    EXACT_AND_ABOVE = "EXACT_AND_ABOVE"
    EXACT_AND_BELOW = "EXACT_AND_BELOW"
    ANY = "ANY"
    RANGE = "RANGE"


class Fetching(StrEnum):
    """Whether a biller must, may or cannot be asked what is due (Bharat BillPay's fetch requirement)."""

    MANDATORY = "MANDATORY"
    OPTIONAL = "OPTIONAL"
    NOT_SUPPORTED = "NOT_SUPPORTED"


class Listing(StrEnum):
    """How the bills that a biller lists may be paid: one at a time, the oldest first, or in any choice."""

    SINGLE = "SINGLE"
    LIST = "LIST"
    SELECTIVE = "SELECTIVE"


class Flow(StrEnum):
    """How a biller is paid: after a fetch, after a validation of customer and amount, or without asking it first."""

    FETCH_AND_PAY = "FETCH_AND_PAY"
    VALIDATE_AND_PAY = "VALIDATE_AND_PAY"
    DIRECT = "DIRECT"


class Pattern(Protocol):
    """A regular expression whose match takes time in proportion to the text."""

    @property
    def pattern(self) -> str:
        """The expression, as the biller's file has it."""

    def fullmatch(self, text: str) -> object | None:
        """Something true if the whole text matches."""


@dataclass(frozen=True)
class CustomerParam:
    """One thing a biller needs to find its customer, such as the K number of a connection.

    `choices`, where there are any, are the only values it may have.
    """

    name: str
    label: str
    label_hi: str
    numeric: bool
    min_length: int
    max_length: int
    pattern: Pattern | None = None
    optional: bool = False
    choices: tuple[str, ...] = ()

    def read(self, value: str) -> str:
        """The value as the biller writes it: the letter case of a code that has only one does not count."""
        if self.pattern is None and not self.choices:
            return value
        return next((form for form in (value, value.upper(), value.lower()) if self._fits(form)), value)

    def problem_with(self, value: str) -> Problem | None:
        """What is wrong with `value`, never repeating it: it may identify a person."""
        if self.choices and value not in self.choices:
            return Problem(self.name, "not-a-choice", f"{self.label} is one of: {', '.join(self.choices)}.")
        if not self.min_length <= len(value) <= self.max_length:
            lengths = (
                f"{self.min_length}"
                if self.min_length == self.max_length
                else (f"{self.min_length} to {self.max_length}")
            )
            return Problem(self.name, "wrong-length", f"{self.label} has {lengths} characters.")
        if self.numeric and not (value.isascii() and value.isdigit()):
            return Problem(self.name, "not-numeric", f"{self.label} consists of the digits 0 to 9 only.")
        if self.pattern and not self.pattern.fullmatch(value):
            return Problem(self.name, "wrong-form", f"{self.label} does not have the form this biller uses.")
        return None

    def _fits(self, value: str) -> bool:
        if self.choices:
            return value in self.choices
        return bool(self.pattern and self.pattern.fullmatch(value))


@dataclass(frozen=True)
class Amounts:
    """What a payer may name as the amount where no bill does, paise."""

    minimum_paise: int
    maximum_paise: int
    multiple_paise: int = 1

    def problem_with(self, paise: int) -> Problem | None:
        """Why the biller would not take this amount, or None."""
        if paise < self.minimum_paise:
            return Problem("amount", "amount-too-low", f"At least {rupees(self.minimum_paise)} can be paid.")
        if paise > self.maximum_paise:
            return Problem("amount", "amount-too-high", f"At most {rupees(self.maximum_paise)} can be paid.")
        if paise % self.multiple_paise:
            return Problem("amount", "amount-not-a-multiple", f"Pay a multiple of {rupees(self.multiple_paise)}.")
        return None


@dataclass(frozen=True, slots=True)
class Renumbered:
    """The number that an account has from `from_day` (IST) on."""

    new: str
    from_day: date


@dataclass(frozen=True)
class Biller:
    """A biller as published to clients. `limits` gives, per channel and mode, the most one payment may be (paise).

    `amounts` bounds what a payer names where no bill does; `fee_table` computes it instead. `exam_fees` is what its
    orders set, for everybody to read: where we do not compute them, the body does, and it is fetched. `renumbered` has
    the retired values of the first customer parameter, which is the account. `facts_unset` names what is not known of
    it; `sandbox` marks one that exists in the sandbox only. `department` is whose file it is in.
    """

    biller_id: str
    name: str
    name_hi: str
    category: str
    coverage: str
    internal: bool
    pending_supported: bool
    customer_params: tuple[CustomerParam, ...]
    limits: Mapping[str, Mapping[str, int]]
    bharat_connect_id: str | None = None
    fetch: Fetching = Fetching.MANDATORY
    validates: bool = False
    listing: Listing = Listing.SELECTIVE
    amounts: Amounts | None = None
    has_plans: bool = False
    fee_table: FeeTable | None = None
    exam_fees: tuple[ExamFee, ...] = ()
    facts_unset: tuple[str, ...] = ()
    sandbox: bool = False
    renumbered: Mapping[str, Renumbered] = field(default_factory=dict)
    department: str = ""

    @property
    def flow(self) -> Flow:
        """How it is paid unless the payer names an amount, where it may."""
        return Flow.FETCH_AND_PAY if self.fetch is not Fetching.NOT_SUPPORTED else self.flow_unfetched

    @property
    def flow_unfetched(self) -> Flow:
        """How it is paid without a fetch."""
        return Flow.VALIDATE_AND_PAY if self.validates else Flow.DIRECT

    @property
    def takes_a_named_amount(self) -> bool:
        """Whether a payer may, or has to, name the amount."""
        return self.amounts is not None and not self.internal and self.fee_table is None

    def successor(self, values: Mapping[str, str], on: date) -> str | None:
        """The number that the account in `values` has on that day, if the one given is retired by then."""
        number = values.get(self.customer_params[0].name, "")
        newest = None
        while (known := self.renumbered.get(number)) and known.from_day <= on:
            number = newest = known.new
        return newest

    def read(self, values: Mapping[str, str]) -> dict[str, str]:
        """A caller's customer parameters as the biller writes them: one customer is then known by one text."""
        known = {param.name: param for param in self.customer_params}
        return {name: known[name].read(value) if name in known else value for name, value in values.items()}

    def problems_with(self, values: Mapping[str, str]) -> list[Problem]:
        """Everything wrong with a caller's customer parameters; empty when they may be sent to the biller."""
        known = {param.name: param for param in self.customer_params}
        problems = [
            Problem(name, "unknown-field", f"{self.biller_id} does not ask for this parameter.")
            for name in values
            if name not in known
        ]
        for name, param in known.items():
            if name not in values:
                if not param.optional:
                    problems.append(Problem(name, "required", f"{param.label} is required."))
            elif problem := param.problem_with(values[name]):
                problems.append(problem)
        return problems

    def problem_with_named_amount(self, paise: int | None) -> Problem | None:
        """Why the payer's amount (None: none was named) does not go with this biller, or None."""
        if paise is None:
            if self.takes_a_named_amount and self.fetch is Fetching.NOT_SUPPORTED:
                return Problem("amount", "required", f"{self.biller_id} lists no bills: name the amount.")
            return None
        if not self.takes_a_named_amount or self.amounts is None:
            return Problem("amount", "not-used", f"{self.biller_id} says itself what is due: leave the amount out.")
        return self.amounts.problem_with(paise)

    def problem_with_mode(self, channel: str, mode: str) -> Problem | None:
        """Why this way of paying is not open on this channel, or None."""
        modes = self.limits.get(channel, {})
        if mode in modes:
            return None
        offered = ", ".join(modes) or "none"
        return Problem("mode", "mode-not-offered", f"On this channel {self.biller_id} takes: {offered}.")

    def problem_with_limit(self, channel: str, mode: str, paise: int) -> Problem | None:
        """Why this is too much for one payer to pay in one payment by this mode, charges included, or None."""
        most = self.limits[channel][mode]
        if paise <= most:
            return None
        return Problem(
            "amount", "over-limit", f"One payment by {mode} may be {rupees(most)} at most, service charge included."
        )
