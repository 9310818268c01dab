"""A payment and the saga it goes through. Nothing here waits, calls or stores: each method returns the next payment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from billing.domain.ledger.accounts import PSP_AUTHORISED, PSP_CLEARING, PSP_HELD, wallet_account, wallet_held_account
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.payer import Payer
from billing.domain.payments.answers import Call
from billing.domain.payments.form import FIRST_LOOK_AT_FORM, LONGEST_LOOK_AT_FORM, LOOK_AT_FORM_FOR, Form
from billing.domain.payments.parts import Part
from billing.domain.payments.receipts import Receipt, receipt_number


class State(StrEnum):
    """Where a payment is. `UNKNOWN`: asked, and the answer has not been learnt; it is found out, never guessed."""

    CREATED = "CREATED"
    AUTH_REQUESTED = "AUTH_REQUESTED"
    AUTH_UNKNOWN = "AUTH_UNKNOWN"
    AUTH_FAILED = "AUTH_FAILED"
    AUTHORISED = "AUTHORISED"
    POST_REQUESTED = "POST_REQUESTED"
    POST_UNKNOWN = "POST_UNKNOWN"
    POST_FAILED = "POST_FAILED"
    VOIDED = "VOIDED"
    POSTED = "POSTED"
    COMPLETED = "COMPLETED"
    MANUAL = "MANUAL"


_S = State
# Every move there is; POSTED is the pivot: before it money can be given back, after it only forward.
_MOVES: dict[State, frozenset[State]] = {
    _S.CREATED: frozenset({_S.AUTH_REQUESTED}),
    _S.AUTH_REQUESTED: frozenset({_S.AUTHORISED, _S.AUTH_UNKNOWN, _S.AUTH_FAILED, _S.MANUAL}),
    _S.AUTH_UNKNOWN: frozenset({_S.AUTHORISED, _S.AUTH_FAILED, _S.MANUAL}),
    _S.AUTHORISED: frozenset({_S.POST_REQUESTED}),
    _S.POST_REQUESTED: frozenset({_S.POSTED, _S.POST_UNKNOWN, _S.POST_FAILED, _S.MANUAL}),
    _S.POST_UNKNOWN: frozenset({_S.POSTED, _S.POST_FAILED, _S.MANUAL}),
    _S.POST_FAILED: frozenset({_S.VOIDED, _S.MANUAL}),
    _S.POSTED: frozenset({_S.COMPLETED, _S.MANUAL}),
    _S.VOIDED: frozenset(),
    _S.AUTH_FAILED: frozenset(),
    _S.COMPLETED: frozenset(),
}
# Where the saga itself has nothing more to do. Of these only MANUAL, a pause, is ever left: by what its state before
# could have moved to, when an answer comes late.
ENDED = frozenset({State.VOIDED, State.AUTH_FAILED, State.COMPLETED, State.MANUAL})
FAILED = frozenset({State.AUTH_FAILED, State.VOIDED})
# While one of these lasts, the payer's money is held and neither spent nor returned.
HOLDING = frozenset({State.AUTHORISED, State.POST_REQUESTED, State.POST_UNKNOWN, State.POST_FAILED})


class IllegalMove(Exception):
    """The code asked for a move the saga does not have: a bug, never a caller's mistake."""


@dataclass(frozen=True)
class Move:
    """One line of a payment's history: the state it came to, when, and the call that led to it, where one did."""

    state: State
    at: datetime
    call: Call | None = None


@dataclass(frozen=True)
class Failure:
    """Why a payment ended without being made: `biller-refused`, `authorisation-declined` or `expired`."""

    code: str
    detail: str
    money_returned: bool


@dataclass(frozen=True)
class Payment:
    """One payment. `version` counts its moves: each is stored only if nobody made another move meanwhile.

    `credits` are the ledger legs of who is paid; they sum to `total_paise` and were fixed when the payment began.
    `bill_key` stands for what is paid: only one payment of it may be under way or completed at a time. `part` says
    what it pays a part of. `district_code` is the register's word of where the centre stands (LGD code); None where
    there is no centre, or billing has not been told. `person_id` is the citizen who paid for themselves, or for whom
    it was paid: `assistance_id` is then their consent (ADR 0044), and `agreed_once` the same where it is for one
    payment: while there is one that has not failed, there is no other.
    `resume_at` is when the sweeper looks at it again (None: never), `deadline_at` when people take over.
    `events_told` counts its events, which is their sequence.
    `fee_window` names the window in which an examination's fee was tendered, which was at `created_at`; `form` is what
    the body says of the form that was paid for, where it says something.
    `unsent`: the last attempt certainly did not reach the other side, so it may be made again, or given up.
    `due_on` is the bill's last day, in India, where the biller names one. `queued_at` is when its biller was first
    found to be down; then it waits until `queue_until` and is given back (None: of a release that
    had no such limit).
    `refunded_paise` went back; `refunding_paise` is that and what is on its way: refunds alone change the two.
    """

    payment_id: str
    transaction_token: str
    client_id: str
    kiosk_id: str | None
    channel: str
    mode: str
    instrument: str | None
    biller_id: str
    category: str
    bill_id: str
    bill_ref: str
    bill_key: str
    customer_params: Mapping[str, str]
    application_id: str | None
    bill_paise: int
    service_charge_paise: int
    fee_order: str
    fee_order_hi: str
    credits: tuple[Leg, ...]
    request_id: str
    state: State
    version: int
    history: tuple[Move, ...]
    created_at: datetime
    deadline_at: datetime
    resume_at: datetime | None
    attempts: int = 0
    unsent: bool = False
    events_told: int = 0
    authorisation_id: str | None = None
    biller_reference: str | None = None
    receipt: Receipt | None = None
    failure: Failure | None = None
    part: Part | None = None
    person_id: str | None = None
    assistance_id: str | None = None
    agreed_once: str | None = None
    district_code: str | None = None
    fee_window: str | None = None
    form: Form | None = None
    due_on: date | None = None
    queue_until: datetime | None = None
    queued_at: datetime | None = None
    refunding_paise: int = 0
    refunded_paise: int = 0

    @property
    def payer(self) -> Payer:
        """Whose it is."""
        return Payer(self.client_id, self.kiosk_id, self.person_id)

    @property
    def total_paise(self) -> int:
        """What the payer pays: bill and service charge."""
        return self.bill_paise + self.service_charge_paise

    @property
    def refundable_paise(self) -> int:
        """What can still be given back."""
        return self.total_paise - self.refunding_paise if self.state is State.COMPLETED else 0

    @property
    def by_wallet(self) -> bool:
        """Whether a centre's wallet pays, where the hold itself is the authorisation."""
        return self.mode == "WALLET"

    @property
    def is_queued(self) -> bool:
        """Whether it waits for a biller that is down, and the biller certainly does not have it.

        Not while somebody tries again, nor after they died over it: then the biller may have it, and is asked first.
        """
        return self.queued_at is not None and self.state is State.POST_REQUESTED and self.unsent

    @property
    def reached(self) -> State:
        """How far the saga came: its state, or the one before people were given it. No move leads back from there."""
        return self.history[-2].state if self.state is State.MANUAL else self.state

    @property
    def gave_up(self) -> bool:
        """Whether it failed because the other side had not seen it, which may have been too early to say."""
        return self.failure is not None and self.failure.code == "expired"

    @property
    def authorisation_request_id(self) -> str:
        """The name under which the provider knows this authorisation, however often it is asked."""
        return f"{self.payment_id}:auth"

    @property
    def post_request_id(self) -> str:
        """The name under which the biller knows this payment, however often it is sent."""
        return f"{self.payment_id}:post"

    def move(self, at: datetime, *states: State, **changes: Any) -> Self:
        """The payment after moving through `states` in turn. Raises IllegalMove for a move that does not exist.

        A move ends the waiting of the state before: attempts start again, and an end state is not looked at unless
        `changes` say when. From MANUAL it goes on as from the state before.
        """
        current = self.reached
        for state in states:
            if state not in _MOVES[current]:
                raise IllegalMove(f"{self.payment_id}: {current} → {state}")
            current = state
        if current in ENDED:
            changes = {"resume_at": None} | changes
        return replace(
            self,
            **({"attempts": 0, "unsent": False} | changes),
            state=current,
            version=self.version + len(states),
            history=(*self.history, *(Move(state, at) for state in states)),
        )

    def led_by(self, call: Call, since: int) -> Self:
        """The payment whose first move after its `since` earlier ones was led to by this call; the same without one."""
        if len(self.history) == since:
            return self
        before, first, after = self.history[:since], self.history[since], self.history[since + 1 :]
        return replace(self, history=(*before, replace(first, call=call), *after))

    def posted(self, at: datetime, biller_reference: str, *, resume_at: datetime, form: Form | None = None) -> Self:
        """The biller took the payment. One the wallet paid is complete with that; a card has yet to be captured.

        Whoever records this captures at once; the sweeper does only if that has not ended by `resume_at`.
        """
        moved = self.move(at, State.POSTED, biller_reference=biller_reference, resume_at=resume_at, form=form)
        return moved.completed(at) if self.by_wallet else moved

    def completed(self, at: datetime) -> Self:
        """Everything is done: the receipt exists from now on. A form that is incomplete is asked about again."""
        receipt = Receipt(number=receipt_number(self.transaction_token, at), issued_at=at)
        look_at = at + FIRST_LOOK_AT_FORM if self.form is Form.INCOMPLETE else None
        return self.move(at, State.COMPLETED, receipt=receipt, resume_at=look_at)

    def form_told(self, at: datetime, form: Form | None) -> Self:
        """What is known of the form after asking about it; None: nothing was told."""
        if form is Form.COMPLETE:
            return replace(self, form=form, resume_at=None, attempts=0)
        waited = at - self.history[-1].at
        wait = min(max(waited, FIRST_LOOK_AT_FORM), LONGEST_LOOK_AT_FORM)
        return replace(self, resume_at=at + wait if waited < LOOK_AT_FORM_FOR else None, attempts=0)

    def refused(self, at: datetime, failure: Failure, *, resume_at: datetime) -> Self:
        """It will not be posted. A wallet has its money back at once; a card's authorisation is voided next.

        Whoever records this voids at once; the sweeper does only if that has not ended by `resume_at`.
        """
        if self.by_wallet:
            return self.move(at, State.POST_FAILED, State.VOIDED, failure=failure)
        return self.move(at, State.POST_FAILED, failure=failure, resume_at=resume_at)

    def _held_from(self) -> tuple[str, str]:
        if self.kiosk_id and self.by_wallet:
            return wallet_account(self.kiosk_id), wallet_held_account(self.kiosk_id)
        return PSP_AUTHORISED, PSP_HELD

    def hold_entry(self, at: datetime) -> JournalEntry:
        """The payer's money set aside: a pending entry."""
        source, held = self._held_from()
        return self._entry(Kind.HOLD, at, Leg(source, -self.total_paise), Leg(held, self.total_paise))

    def post_entry(self, at: datetime) -> JournalEntry:
        """The hold posted: to the biller, and the charges to their heads."""
        _, held = self._held_from()
        return self._entry(Kind.POST, at, Leg(held, -self.total_paise), *self.credits)

    def void_entry(self, at: datetime) -> JournalEntry:
        """The hold voided: everything back to where it came from."""
        source, held = self._held_from()
        return self._entry(Kind.VOID, at, Leg(held, -self.total_paise), Leg(source, self.total_paise))

    def capture_entry(self, at: datetime) -> JournalEntry:
        """The provider now owes us the money it had authorised."""
        return self._entry(
            Kind.CAPTURE, at, Leg(PSP_CLEARING, -self.total_paise), Leg(PSP_AUTHORISED, self.total_paise)
        )

    def _entry(self, kind: Kind, at: datetime, *legs: Leg) -> JournalEntry:
        resolves = f"{self.payment_id}:{Kind.HOLD}" if kind in (Kind.POST, Kind.VOID) else None
        return JournalEntry(
            entry_id=f"{self.payment_id}:{kind}",
            kind=kind,
            at=at,
            legs=legs,
            payment_id=self.payment_id,
            kiosk_id=self.kiosk_id,
            resolves=resolves,
        )
