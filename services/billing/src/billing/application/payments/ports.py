"""What the use cases of payments need from outside, named by the need."""

from datetime import datetime
from typing import Protocol

from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.answers import Answer
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.payments.payment import Payment
from billing.domain.payments.saga import Change
from servicekit.idempotency import Claim, Once


class BillerPayments(Protocol):
    """Billers outside, as they are paid. Paying is idempotent on the payment's post_request_id."""

    def pay(self, payment: Payment) -> Answer:
        """Send the payment; never raises for what the network does."""

    def inquire(self, payment: Payment) -> Answer:
        """What became of the payment; NOT_SENT here means only that nobody could be asked."""


class PaymentProvider(Protocol):
    """The payment service provider for cards and UPI. Every call is idempotent on its request id and never raises."""

    def authorise(self, payment: Payment) -> Answer:
        """Ask for the payer's money to be set aside; SUCCESS refers to the authorisation."""

    def find_authorisation(self, payment: Payment) -> Answer:
        """What became of the authorisation."""

    def capture(self, payment: Payment) -> Answer:
        """Take the money that was set aside."""

    def void(self, payment: Payment) -> Answer:
        """Let go of the money that was set aside."""


class Payments(Protocol):
    """The payments, with the journal, wallets, breaks and events that change together with them."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        """What an earlier request with this key made. Raises IdempotencyKeyReused."""

    def begin(self, claim: Claim, payment: Payment, hold: JournalEntry | None) -> Once[str]:
        """Store a new payment with its hold, once per claim. A repeat changes nothing and names the first.

        Raises IdempotencyKeyReused, BillAlreadyPaid, WalletTooLow, WalletNotOpen, and AmountNotAccepted for a part that
        is too much beside the other payments of its due.
        """

    def paying(self, bill_key: str) -> Payment | None:
        """The payment that has this bill: one under way or completed."""

    def record(self, before: Payment, change: Change) -> bool:
        """Store a move, if `before` is still how the payment stands; False when somebody else moved it.

        A change that only waits (same state) also loses against anyone who took or resumed the payment meanwhile.
        """

    def get(self, payment_id: str) -> Payment | None:
        """One payment."""

    def by_token(self, token: str) -> Payment | None:
        """The payment with this transaction token."""

    def take_due(self, at: datetime, resume_at: datetime) -> Payment | None:
        """Take one payment whose time has come and set when it is looked at next; None when there is none.

        The payment still says whether its last attempt was `unsent`; the store forgets that at once, because the
        taker may send now and die. Two callers never take the same one at the same time.
        """

    def resume_now(self, payment_id: str, at: datetime) -> bool:
        """Have the sweeper look at a payment at once: one that it would look at some time, or one that has failed.

        False for any other. Safe to repeat.
        """


class Breaks(Protocol):
    """Payments in the hands of people, inside one transaction."""

    def open(self, opened: Break) -> None:
        """Hand a payment to operations; a repeat leaves the first as people have it."""

    def is_known(self, payment_id: str, kind: BreakKind) -> bool:
        """Whether people have or had a break of this kind of the payment."""
