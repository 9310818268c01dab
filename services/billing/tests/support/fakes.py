"""Fakes for the unit level. FakePayments passes the same suite as MongoPayments (tests/service/test_payments_store)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from billing.application.bills.ports import FetchedBills
from billing.application.payments.errors import BillAlreadyPaid, part_refused
from billing.application.wallets.errors import WalletNotOpen, WalletTooLow
from billing.domain.centres import Centre
from billing.domain.ledger.entries import JournalEntry, wallet_changes
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.breaks import Break, Resolution
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.payments.saga import Change
from billing.domain.tariff.billers import Biller, Problem
from servicekit.errors import IdempotencyKeyReused
from servicekit.idempotency import Claim, Once


@dataclass
class FakePayments:
    """application.payments.ports.Payments in memory."""

    wallets: dict[str, int] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    journal: dict[str, JournalEntry] = field(default_factory=dict)
    events: list[tuple[str, State]] = field(default_factory=list)
    breaks: dict[tuple[str, str], Break] = field(default_factory=dict)
    resolved: dict[tuple[str, str], Resolution] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)

    def find_claim(self, claim: Claim) -> Once[str] | None:
        known = self.claims.get((claim.client_id, claim.operation, claim.key))
        if known is None:
            return None
        fingerprint, payment_id = known
        if fingerprint != claim.fingerprint:
            raise IdempotencyKeyReused("another body")
        return Once(payment_id, replayed=True)

    def begin(self, claim: Claim, payment: Payment, hold: JournalEntry | None) -> Once[str]:
        if earlier := self.find_claim(claim):
            return earlier
        if self.paying(payment.bill_key):
            raise BillAlreadyPaid("held")
        if payment.part and (problem := self._problem_with_part(payment, payment.part)):
            raise part_refused(problem)
        if hold:
            self._write(hold)
        self.payments[payment.payment_id] = payment
        self.claims[claim.client_id, claim.operation, claim.key] = (claim.fingerprint, payment.payment_id)
        return Once(payment.payment_id, replayed=False)

    def record(self, before: Payment, change: Change) -> bool:
        stored, after = self.payments[before.payment_id], change.payment
        same = (stored.state, stored.version) == (before.state, before.version)
        if not same or (after.version == before.version and stored.resume_at != before.resume_at):
            return False
        for entry in change.entries:
            self._write(entry)
        if change.event_id:
            told = [payment_id for payment_id, _ in self.events].count(after.payment_id)
            assert after.events_told == told + 1, "an event's sequence is not the next"
            self.events.append((after.payment_id, after.state))
        if change.resolved and self.breaks.pop((after.payment_id, change.resolved.kind), None):
            self.resolved[after.payment_id, change.resolved.kind] = change.resolved
        if change.opened:
            self.breaks.setdefault((after.payment_id, change.opened.kind), change.opened)
        self.payments[after.payment_id] = after
        return True

    def get(self, payment_id: str) -> Payment | None:
        return self.payments.get(payment_id)

    def by_token(self, token: str) -> Payment | None:
        return next((p for p in self.payments.values() if p.transaction_token == token), None)

    def is_paid(self, bill_key: str) -> bool:
        payment = self.paying(bill_key)
        return payment is not None and payment.state is State.COMPLETED

    def _problem_with_part(self, payment: Payment, part: Part) -> Problem | None:
        others = [
            (other, other.part)
            for other in self.payments.values()
            if other.part
            and other.part.due_key == part.due_key
            and other.state not in FAILED
            and not (other.receipt and other.receipt.issued_at < part.counted_from)
        ]
        due_paise = max([part.due_paise, *(theirs.due_paise for _, theirs in others)])
        others_paise = sum(other.bill_paise for other, _ in others)
        return part.problem_with(payment.bill_paise, others_paise=others_paise, due_paise=due_paise)

    def paying(self, bill_key: str) -> Payment | None:
        return next((p for p in self.payments.values() if p.bill_key == bill_key and p.state not in FAILED), None)

    def take_due(self, at: datetime, resume_at: datetime) -> Payment | None:
        due = [p for p in self.payments.values() if p.resume_at and p.resume_at <= at]
        if not due:
            return None
        payment = min(due, key=lambda p: p.resume_at or at)
        taken = replace(payment, resume_at=resume_at)
        self.payments[payment.payment_id] = replace(taken, unsent=False)
        return taken

    def resume_now(self, payment_id: str, at: datetime) -> bool:
        payment = self.payments.get(payment_id)
        if payment is None or (payment.resume_at is None and payment.state not in FAILED):
            return False
        self.payments[payment_id] = replace(payment, resume_at=at)
        return True

    def balances(self) -> Counter[str]:
        """Every account, folded from the journal."""
        folded: Counter[str] = Counter()
        for entry in self.journal.values():
            for leg in entry.legs:
                folded[leg.account] += leg.paise
        return folded

    def _write(self, entry: JournalEntry) -> None:
        assert entry.entry_id not in self.journal, f"{entry.entry_id} twice"
        resolved = [e.resolves for e in self.journal.values() if e.resolves]
        assert entry.resolves not in resolved, f"{entry.resolves} resolved twice"
        for kiosk_id, paise in wallet_changes(entry).items():
            if kiosk_id not in self.wallets:
                raise WalletNotOpen("none")
            if self.wallets[kiosk_id] + paise < 0:
                raise WalletTooLow("too low")
            self.wallets[kiosk_id] += paise
        self.journal[entry.entry_id] = entry


@dataclass
class FakeCentres:
    """application.centres.ports.Centres and CentresTold in memory."""

    centres: dict[str, Centre] = field(default_factory=dict)

    def get(self, kiosk_id: str) -> Centre | None:
        return self.centres.get(kiosk_id)

    def keep(self, centre: Centre) -> None:
        self.centres[centre.kiosk_id] = centre

    def keep_district(self, kiosk_id: str, district_code: str) -> None:
        self.centres.setdefault(kiosk_id, Centre(kiosk_id, district_code))


@dataclass
class FakeBillers:
    """Billers that do what `next_answers` say (then SUCCESS), remember what reached them and answer inquiries.

    `taken` is the truth: request id → the outcome the biller itself recorded; idempotent on the request id.
    """

    next_answers: list[Outcome] = field(default_factory=list)
    taken: dict[str, Outcome] = field(default_factory=dict)
    received: Counter[str] = field(default_factory=Counter)
    can_be_asked: bool = True

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> FetchedBills:
        raise NotImplementedError

    def pay(self, payment: Payment) -> Answer:
        request_id = payment.post_request_id
        if request_id in self.taken:
            self.received[request_id] += 1
            return Answer(self.taken[request_id], "ref", "refused")
        answer = self.next_answers.pop(0) if self.next_answers else Outcome.SUCCESS
        if answer is Outcome.NOT_SENT:
            return Answer(answer)
        if answer is Outcome.NEVER_SEEN:  # lost on the way: the caller cannot tell this from UNKNOWN
            return Answer(Outcome.UNKNOWN)
        self.received[request_id] += 1
        # An answer that got lost belongs to a payment that was taken.
        self.taken[request_id] = Outcome.SUCCESS if answer is Outcome.UNKNOWN else answer
        return Answer(answer, "ref", "refused")

    def inquire(self, payment: Payment) -> Answer:
        if not self.can_be_asked:
            return Answer(Outcome.NOT_SENT)
        return Answer(self.taken.get(payment.post_request_id, Outcome.NEVER_SEEN), "ref", "refused")


@dataclass
class FakeProvider:
    """A payment service provider with the same manners; authorisations end captured or voided, once."""

    next_answers: list[Outcome] = field(default_factory=list)
    taken: dict[str, Outcome] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)

    def authorise(self, payment: Payment) -> Answer:
        if payment.payment_id in self.taken:
            return Answer(self.taken[payment.payment_id], f"aut_{payment.payment_id}", "declined")
        answer = self.next_answers.pop(0) if self.next_answers else Outcome.SUCCESS
        if answer is Outcome.NOT_SENT:
            return Answer(answer)
        if answer is Outcome.NEVER_SEEN:
            return Answer(Outcome.UNKNOWN)
        self.taken[payment.payment_id] = Outcome.SUCCESS if answer is Outcome.UNKNOWN else answer
        return Answer(answer, f"aut_{payment.payment_id}", "declined")

    def find_authorisation(self, payment: Payment) -> Answer:
        outcome = self.taken.get(payment.payment_id, Outcome.NEVER_SEEN)
        return Answer(outcome, f"aut_{payment.payment_id}", "declined")

    def capture(self, payment: Payment) -> Answer:
        return self._end(payment, "captured")

    def void(self, payment: Payment) -> Answer:
        return self._end(payment, "voided")

    def _end(self, payment: Payment, how: str) -> Answer:
        answer = self.next_answers.pop(0) if self.next_answers else Outcome.SUCCESS
        if answer in (Outcome.NOT_SENT, Outcome.NEVER_SEEN):
            return Answer(Outcome.NOT_SENT)
        done = self.ended.setdefault(payment.payment_id, how)
        assert done == how, f"{payment.payment_id} was {done} and is now to be {how}"
        return Answer(Outcome.UNKNOWN if answer is Outcome.UNKNOWN else Outcome.SUCCESS)
