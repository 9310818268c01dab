"""The books: invariants I1 to I5 over one database, as rows that people and the crash tests read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One invariant: its number, what it says, and examples of what breaks it (none: it holds)."""

    invariant: str
    says: str
    breaks: tuple[str, ...]


@dataclass(frozen=True)
class Books:
    """`balances` is the trial balance: account → paise, folded from the journal; it sums to zero.

    `states` counts the payments in each state.
    """

    balances: dict[str, int]
    states: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def in_order(self) -> bool:
        """Whether nothing is broken."""
        return not any(finding.breaks for finding in self.findings)
