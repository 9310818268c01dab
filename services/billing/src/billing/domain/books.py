"""The rules of the books: invariants I1 to I5 and I9 (docs/messaging.md), over facts that somebody else reads."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from billing.domain.ledger.accounts import (
    PSP_CLEARING,
    PSP_HELD,
    goes_back_to,
    held_owner,
    wallet_account,
    wallet_held_account,
)
from billing.domain.ledger.entries import ONCE_PER_PAYMENT, Kind
from billing.domain.payments.payment import FAILED, HOLDING, State
from billing.domain.refunds.refund import REFUND_ENDED, RefundState
from billing.domain.top_ups.top_up import TopUpState

# Examples are for finding the fault, not for listing every one.
MOST_EXAMPLES = 20

_HELD, _POSTED, _VOIDED = {Kind.HOLD}, {Kind.HOLD, Kind.POST}, {Kind.HOLD, Kind.VOID}
# The entries a payment must have in each state: by wallet, and by card or UPI. MANUAL keeps what it had.
_BY_WALLET: dict[State, list[set[Kind]]] = {
    State.POST_REQUESTED: [_HELD],
    State.POST_UNKNOWN: [_HELD],
    State.MANUAL: [_HELD],
    State.VOIDED: [_VOIDED],
    State.COMPLETED: [_POSTED],
}
_BY_PROVIDER: dict[State, list[set[Kind]]] = {
    State.AUTH_REQUESTED: [set()],
    State.AUTH_UNKNOWN: [set()],
    State.AUTH_FAILED: [set()],
    State.POST_REQUESTED: [_HELD],
    State.POST_UNKNOWN: [_HELD],
    State.POST_FAILED: [_HELD],
    State.POSTED: [_POSTED],
    State.MANUAL: [set(), _HELD, _POSTED],
    State.VOIDED: [_VOIDED],
    State.COMPLETED: [_POSTED | {Kind.CAPTURE}],
}


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

    balances: Mapping[str, int]
    states: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def in_order(self) -> bool:
        """Whether nothing is broken."""
        return not any(finding.breaks for finding in self.findings)


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What the rules need of a journal entry: legs as (account, paise)."""

    entry_id: str
    kind: Kind
    legs: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """What the rules need of a refund; `entry_id` and `legs` are those of the entry it must have once money is back."""

    refund_id: str
    state: RefundState
    paise: int
    entry_id: str
    legs: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """What the rules need of a payment, with its entries and how many events of each type it has.

    `refunding_paise` and `refunded_paise` are what it says of its refunds. `completed` and `failed` are how often the
    ending events of those names were told. `events_may_be_forgotten`: it ended so long ago that its events, once sent,
    are no longer kept.
    """

    payment_id: str
    state: State
    mode: str
    kiosk_id: str | None
    total_paise: int
    has_receipt: bool
    events_told: int
    events_may_be_forgotten: bool
    entries: Sequence[EntryFacts]
    completed: int
    failed: int
    other_events: int
    refunds: Sequence[RefundFacts] = ()
    refunding_paise: int = 0
    refunded_paise: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether it, or a refund of it, has not come to its end."""
        ended = self.state in FAILED or self.state is State.COMPLETED
        return not ended or any(refund.state not in REFUND_ENDED for refund in self.refunds)


@dataclass(frozen=True, slots=True)
class TopUpFacts:
    """What the rules need of a top-up, with its entries and how many events it has.

    `entry_id` is that of the entry it must have once the wallet has the money. For `events_may_be_forgotten` see
    payments.
    """

    top_up_id: str
    kiosk_id: str
    state: TopUpState
    paise: int
    entry_id: str
    entries: Sequence[EntryFacts]
    events: int
    events_may_be_forgotten: bool


@dataclass(frozen=True, slots=True)
class WalletFacts:
    """A stored wallet, paise."""

    kiosk_id: str
    available_paise: int
    credit_limit_paise: int


@dataclass(frozen=True, slots=True)
class SettlementFacts:
    """A closed settlement, what its lines add up to, and what its entry took from what the biller was owed; paise."""

    settlement_id: str
    net_paise: int
    lines: int
    lines_counted: int
    lines_paise: int
    entry_paise: int


@dataclass
class Audit:
    """Takes in the facts, one payment after the other, in memory that does not grow; then says what is broken.

    A payment may come again, as it stands later: what it holds then counts.
    """

    balances: Mapping[str, int]
    states: Counter[str] = field(default_factory=Counter)
    _i2: list[str] = field(default_factory=list)
    _i3: list[str] = field(default_factory=list)
    _i4: list[str] = field(default_factory=list)
    _i9: list[str] = field(default_factory=list)
    _unbalanced: list[str] = field(default_factory=list)
    _held: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By payment: of which centre's wallet it holds how much."""

    @property
    def broken(self) -> int:
        """How many breaks were found so far."""
        return sum(map(len, (self._i2, self._i3, self._i4, self._i9, self._unbalanced)))

    def look_at(self, payment: PaymentFacts) -> None:
        """One payment."""
        self.states[payment.state.value] += 1
        kinds = Counter(entry.kind for entry in payment.entries)
        if repeated := [kind for kind, count in kinds.items() if count > 1 and kind in ONCE_PER_PAYMENT]:
            self._i3.append(f"{payment.payment_id}: more than one {', '.join(repeated)}")
        if payment.has_receipt != (payment.state is State.COMPLETED):
            self._i3.append(
                f"{payment.payment_id}: {payment.state} with{'' if payment.has_receipt else 'out'} a receipt"
            )
        expected = _BY_WALLET if payment.mode == "WALLET" else _BY_PROVIDER
        if set(kinds) & ONCE_PER_PAYMENT not in expected.get(payment.state, []):
            self._i2.append(f"{payment.payment_id}: {payment.state} with {', '.join(sorted(kinds)) or 'no entry'}")
        self._look_at_held(payment)
        self._look_at_refunds(payment)
        self._look_at_events(payment)

    def look_at_top_up(self, top_up: TopUpFacts) -> None:
        """One top-up: exactly one entry, of its whole amount into its centre's wallet, and one event once credited."""
        credited = top_up.state is TopUpState.CREDITED
        right = [(PSP_CLEARING, -top_up.paise), (wallet_account(top_up.kiosk_id), top_up.paise)]
        entered = [(entry.entry_id, entry.kind, sorted(entry.legs)) for entry in top_up.entries]
        if entered != ([(top_up.entry_id, Kind.TOP_UP, sorted(right))] if credited else []):
            entered_as = ", ".join(entry.entry_id for entry in top_up.entries) or "no entry"
            self._i3.append(f"{top_up.top_up_id}: {top_up.state}, {top_up.paise} paise, with {entered_as}")
        if top_up.events != int(credited) and not top_up.events_may_be_forgotten:
            self._i4.append(f"{top_up.top_up_id}: {top_up.state} with {top_up.events} events")

    def top_ups_without_record(self, of_entries: Iterable[str], of_events: Iterable[str]) -> None:
        """Top-ups that the journal or events speak of and that are not there."""
        self._i2 += [f"{top_up_id}: entries without a top-up" for top_up_id in of_entries]
        self._i4 += [f"{top_up_id}: events without a top-up" for top_up_id in of_events]

    def entries_without_payment(self, payment_ids: Iterable[str]) -> None:
        """Payments that the journal speaks of and that are not there."""
        self._i2 += [f"{payment_id}: entries without a payment" for payment_id in payment_ids]

    def refunds_without_payment(self, payment_ids: Iterable[str]) -> None:
        """Payments that refunds speak of and that are not there."""
        self._i2 += [f"{payment_id}: refunds without a payment" for payment_id in payment_ids]

    def events_without_payment(self, payment_ids: Iterable[str]) -> None:
        """Payments that events speak of and that are not there."""
        self._i4 += [f"{payment_id}: events without a payment" for payment_id in payment_ids]

    def unbalanced(self, entry_ids: Iterable[str]) -> None:
        """Entries that do not sum to zero."""
        self._unbalanced += entry_ids

    def look_at_settlement(self, settlement: SettlementFacts) -> None:
        """One closed settlement."""
        says = (settlement.lines, settlement.net_paise, settlement.net_paise)
        are = (settlement.lines_counted, settlement.lines_paise, settlement.entry_paise)
        if says != are:
            self._i9.append(
                f"{settlement.settlement_id}: {says[0]} lines of {says[1]} told, {are[0]} of {are[1]} kept, "
                f"{are[2]} entered"
            )

    def books(
        self, *, unbalanced: Iterable[str], repeated_receipts: Mapping[str, int], wallets: Iterable[WalletFacts]
    ) -> Books:
        """The books, once every payment was looked at.

        `unbalanced` are ids of entries that do not sum to zero, `repeated_receipts` the numbers that stand on more
        than one payment, with how many.
        """
        total = sum(self.balances.values())
        self.unbalanced(unbalanced)
        i1 = [
            *(f"{entry_id} does not sum to zero" for entry_id in self._unbalanced),
            *([f"total {total}"] if total else []),
        ]
        i3 = [*self._i3, *(f"receipt {number} on {count} payments" for number, count in repeated_receipts.items())]
        return Books(
            balances=self.balances,
            states=dict(sorted(self.states.items())),
            findings=(
                Finding("I1", "every entry and the whole ledger sum to zero", _few(i1)),
                Finding(
                    "I2",
                    "captured = posted + returned + held, and no more refunded than paid, for each payment",
                    _few(self._i2),
                ),
                Finding(
                    "I3", "one entry of a kind and one receipt per payment, one entry per refund and top-up", _few(i3)
                ),
                Finding(
                    "I4",
                    "completed, refunded, credited ⇔ exactly one payment.completed, payment.refunded, wallet.topped-up",
                    _few(self._i4),
                ),
                Finding("I5", "wallets = fold of the journal", _few(self._i5(wallets))),
                Finding("I9", "a settlement = its lines = its entry, each act settled once", _few(self._i9)),
            ),
        )

    def _look_at_held(self, payment: PaymentFacts) -> None:
        total = payment.total_paise
        held_account = PSP_HELD
        if payment.mode == "WALLET" and payment.kiosk_id:
            held_account = wallet_held_account(payment.kiosk_id)
            holds = payment.state in HOLDING or payment.state is State.MANUAL
            if holds:
                self._held[payment.payment_id] = payment.kiosk_id, total
            else:
                self._held.pop(payment.payment_id, None)
        moved: Counter[Kind] = Counter()
        for entry in payment.entries:
            moved[entry.kind] += sum(paise for account, paise in entry.legs if account == held_account)
        captured, posted, returned = moved[Kind.HOLD], -moved[Kind.POST], -moved[Kind.VOID]
        held = sum(moved.values())
        taken = total if Kind.HOLD in moved else 0
        if captured != taken or held not in (0, total) or captured != posted + returned + held:
            self._i2.append(
                f"{payment.payment_id}: {payment.state}, taken {captured}, posted {posted}, returned {returned}, "
                f"held {held}"
            )

    def _look_at_refunds(self, payment: PaymentFacts) -> None:
        back = {refund.entry_id: refund.paise for refund in payment.refunds if refund.state is RefundState.REFUNDED}
        standing = sum(refund.paise for refund in payment.refunds if refund.state is not RefundState.REFUSED)
        # What each of those who were paid gives back was fixed when the refund began, and one has all of it.
        right = {r.entry_id: sorted(r.legs) for r in payment.refunds if r.state is RefundState.REFUNDED}
        made = {entry.entry_id: sorted(entry.legs) for entry in payment.entries if entry.kind is Kind.REFUND}
        if made != right:
            entered = {entry_id: sum(p for a, p in legs if goes_back_to(a)) for entry_id, legs in made.items()}
            self._i3.append(f"{payment.payment_id}: refunds {_ids(back)}, entries of refunds {_ids(entered)}")
        if any(sum(p for a, p in r.legs if goes_back_to(a)) != r.paise for r in payment.refunds):
            self._i3.append(f"{payment.payment_id}: a refund is to give back another amount than it says")
        stated = (payment.refunding_paise, payment.refunded_paise)
        if stated != (standing, sum(back.values())) or standing > payment.total_paise:
            self._i2.append(
                f"{payment.payment_id}: {payment.total_paise} paid, refunds of {standing} stand and "
                f"{sum(back.values())} are back, it says {stated[0]} and {stated[1]}"
            )
        if payment.refunds and payment.state is not State.COMPLETED:
            self._i2.append(f"{payment.payment_id}: {payment.state} with refunds")

    def _look_at_events(self, payment: PaymentFacts) -> None:
        if payment.events_may_be_forgotten:
            return
        told = payment.completed + payment.failed + payment.other_events
        right = (
            payment.completed == int(payment.state is State.COMPLETED)
            and payment.failed == int(payment.state in FAILED)
            and payment.other_events == sum(refund.state is RefundState.REFUNDED for refund in payment.refunds)
            and told == payment.events_told
        )
        if not right:
            self._i4.append(
                f"{payment.payment_id}: {payment.state}, {payment.events_told} events counted, "
                f"{payment.completed} completed, {payment.failed} failed, {payment.other_events} others"
            )

    def _i5(self, wallets: Iterable[WalletFacts]) -> list[str]:
        broken: list[str] = []
        for wallet in wallets:
            folded = self.balances.get(wallet_account(wallet.kiosk_id), 0)
            if folded != wallet.available_paise:
                broken.append(f"{wallet.kiosk_id}: wallet {wallet.available_paise}, journal {folded}")
            if wallet.available_paise < -wallet.credit_limit_paise:
                broken.append(f"{wallet.kiosk_id}: {wallet.available_paise} is below the credit limit")
        held_by: Counter[str] = Counter()
        for kiosk_id, paise in self._held.values():
            held_by[kiosk_id] += paise
        owners = {owner for account in self.balances if (owner := held_owner(account)) is not None}
        for kiosk_id in owners | set(held_by):
            account = wallet_held_account(kiosk_id)
            held, expected = self.balances.get(account, 0), held_by[kiosk_id]
            if held != expected:
                broken.append(f"{account}: {held}, payments hold {expected}")
        return broken


def _few(breaks: list[str]) -> tuple[str, ...]:
    return tuple(breaks[:MOST_EXAMPLES])


def _ids(refunds: Mapping[str, int]) -> str:
    return ", ".join(f"{entry_id} {paise}" for entry_id, paise in sorted(refunds.items())) or "none"
