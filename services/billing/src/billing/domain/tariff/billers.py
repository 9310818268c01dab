"""Who can be paid, and what a biller asks for. The shape follows the Bharat BillPay biller master (MDM)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from billing.domain.money import rupees

# No parameter may be longer, so that a biller's pattern always runs over a bounded text.
LONGEST_PARAM = 64


class Exactness(StrEnum):
    """Which amounts a bill accepts (Bharat BillPay's amount options)."""

    EXACT = "EXACT"
    EXACT_AND_ABOVE = "EXACT_AND_ABOVE"
    EXACT_AND_BELOW = "EXACT_AND_BELOW"
    ANY = "ANY"
    RANGE = "RANGE"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one value a caller gave: a stable code and a sentence for people."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True)
class CustomerParam:
    """One thing a biller needs to find its customer, such as the K number of a connection."""

    name: str
    label: str
    label_hi: str
    numeric: bool
    min_length: int
    max_length: int
    pattern: re.Pattern[str] | None = None
    optional: bool = False

    def read(self, value: str) -> str:
        """The value as the biller writes it: the letter case of a code that has only one does not count."""
        if self.pattern is None:
            return value
        return next((form for form in (value, value.upper(), value.lower()) if self.pattern.fullmatch(form)), value)

    def problem_with(self, value: str) -> Problem | None:
        """What is wrong with `value`, never repeating it: it may identify a person."""
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


@dataclass(frozen=True)
class Biller:
    """A biller as published to clients. `limits` gives, per channel and mode, the most one payment may be (paise)."""

    biller_id: str
    name: str
    name_hi: str
    category: str
    coverage: str
    internal: bool
    pending_supported: bool
    customer_params: tuple[CustomerParam, ...]
    limits: Mapping[str, Mapping[str, int]]

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
