"""Fakes for the unit level. They pass the suites of what they stand for (tests/service/test_*_store, test_told_stores,
test_partner_fakes); FakeRecords has no rule of its own to pass one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from billing.application.bills.ports import BillFetch, FeeDemand, FetchedBills, Plan
from billing.application.books.ports import Mark
from billing.application.disputes.errors import AlreadyDisputed, DisputeEnded, TooMuchEvidence
from billing.application.ownership import owns
from billing.application.payments.errors import BillAlreadyPaid, part_refused
from billing.application.refunds.request_refund import refundable_changed
from billing.application.wallets.errors import WalletNotOpen, WalletTooLow
from billing.domain.books import PaymentFacts, SettlementFacts, TopUpFacts, WalletFacts
from billing.domain.breaks.ending import Proposal, StoredBreak
from billing.domain.centres import Centre
from billing.domain.disputes.dispute import MOST_EVIDENCE, Dispute, Evidence, with_evidence
from billing.domain.ledger.entries import JournalEntry, wallet_changes
from billing.domain.ledger.wallet import Wallet
from billing.domain.payer import Payer
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from billing.domain.payments.form import Form
from billing.domain.payments.parts import Part
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.payments.saga import Change
from billing.domain.refunds.refund import Destination, Refund, RefundState, shares
from billing.domain.refunds.saga import RefundChange
from billing.domain.tariff.billers import Biller
from billing.domain.tariff.bills import Bill
from billing.domain.tariff.problems import Problem
from billing.domain.top_ups.saga import TopUpChange
from billing.domain.top_ups.top_up import TopUp
from servicekit.access import Belonging, Reach
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
    # How one person proposed that a break ends.
    proposals: dict[tuple[str, str], Proposal] = field(default_factory=dict)
    ended: dict[tuple[str, str], Break] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    # Payments that were given back in full and let go of their bills.
    freed: set[str] = field(default_factory=set)
    # Sweepers take payments in several threads.
    _taking: Lock = field(default_factory=Lock)

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return _claimed(self.claims, claim)

    def begin(self, claim: Claim, payment: Payment, hold: JournalEntry | None) -> Once[str]:
        if earlier := self.find_claim(claim):
            return earlier
        if self.paying(payment.bill_key):
            raise BillAlreadyPaid("held")
        if payment.part and (problem := self._problem_with_part(payment, payment.part)):
            raise part_refused(problem)
        if hold:
            self.write(hold)
        self.payments[payment.payment_id] = payment
        self.claims[claim.client_id, claim.operation, claim.key] = (claim.fingerprint, payment.payment_id)
        return Once(payment.payment_id, replayed=False)

    def record(self, before: Payment, change: Change) -> bool:
        stored, after = self.payments[before.payment_id], change.payment
        same = (stored.state, stored.version) == (before.state, before.version)
        if not same or (after.version == before.version and stored.resume_at != before.resume_at):
            return False
        if not self.may_end(after.payment_id, change.resolved):
            return False
        for entry in change.entries:
            self.write(entry)
        if change.event_id:
            told = [payment_id for payment_id, _ in self.events].count(after.payment_id)
            assert after.events_told == told + 1, "an event's sequence is not the next"
            self.events.append((after.payment_id, after.state))
        self.end_break(after.payment_id, change.resolved)
        if change.opened:
            self.breaks.setdefault((after.payment_id, change.opened.kind), change.opened)
        self.payments[after.payment_id] = after
        return True

    def may_end(self, subject_id: str, resolution: Resolution | None) -> bool:
        """Whether the break that two people end is still open with the proposal that they saw."""
        if resolution is None or resolution.proposal_id is None:
            return True
        proposal = self.proposals.get((subject_id, resolution.kind))
        stands = proposal is not None and proposal.proposal_id == resolution.proposal_id
        return stands and (subject_id, resolution.kind) in self.breaks

    def end_break(self, subject_id: str, resolution: Resolution | None) -> None:
        """Takes a break from people; of one that they do not have it changes nothing."""
        if resolution and (opened := self.breaks.pop((subject_id, resolution.kind), None)):
            self.resolved[subject_id, resolution.kind] = resolution
            self.ended[subject_id, resolution.kind] = opened

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
            and other.payment_id not in self.freed
            and not (other.receipt and other.receipt.issued_at < part.counted_from)
        ]
        due_paise = max([part.due_paise, *(theirs.due_paise for _, theirs in others)])
        others_paise = sum(other.bill_paise for other, _ in others)
        return part.problem_with(payment.bill_paise, others_paise=others_paise, due_paise=due_paise)

    def paying(self, bill_key: str) -> Payment | None:
        holding = (p for p in self.payments.values() if p.state not in FAILED and p.payment_id not in self.freed)
        return next((p for p in holding if p.bill_key == bill_key), None)

    def take_due(self, at: datetime, resume_at: datetime) -> Payment | None:
        with self._taking:
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

    def write(self, entry: JournalEntry) -> None:
        """Writes an entry with what it does to wallets, as a transaction of the real store does."""
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
class FakeRefunds:
    """application.refunds.ports.Refunds in memory, beside the payments they are of."""

    payments: FakePayments
    refunds: dict[str, Refund] = field(default_factory=dict)
    # Sweepers take refunds in several threads.
    _taking: Lock = field(default_factory=Lock)

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return _claimed(self.payments.claims, claim)

    def begin(self, claim: Claim, refund: Refund, payment: Payment) -> Once[str]:
        if earlier := self.find_claim(claim):
            return earlier
        self.reserve(refund, payment)
        self.payments.claims[claim.client_id, claim.operation, claim.key] = (claim.fingerprint, refund.refund_id)
        return Once(refund.refund_id, replayed=False)

    def reserve(self, refund: Refund, payment: Payment) -> None:
        """Reserves the amount and keeps the refund."""
        stands = self.payments.payments[payment.payment_id]
        if stands.state is not State.COMPLETED or stands.refunding_paise != payment.refunding_paise:
            raise refundable_changed(stands)
        if refund.destination is Destination.WALLET and refund.kiosk_id not in self.payments.wallets:
            raise WalletNotOpen("none")
        earlier = [
            leg
            for each in self.of_payment(payment.payment_id)
            if each.state is not RefundState.REFUSED
            for leg in each.debits
        ]
        self.payments.payments[payment.payment_id] = replace(
            stands, refunding_paise=stands.refunding_paise + refund.paise
        )
        self.refunds[refund.refund_id] = replace(refund, debits=shares(payment.credits, earlier, refund.paise))

    def record(self, before: Refund, change: RefundChange) -> bool:
        stored, after = self.refunds[before.refund_id], change.refund
        if stored.version != before.version:
            return False
        if after.version == before.version and stored.resume_at != before.resume_at:
            return False
        if not self.payments.may_end(after.refund_id, change.resolved):
            return False
        payment = self.payments.payments[after.payment_id]
        if change.event_id:
            payment = replace(
                payment, refunded_paise=payment.refunded_paise + after.paise, events_told=payment.events_told + 1
            )
            if after.frees_the_bill and payment.refunded_paise == payment.total_paise:
                self.payments.freed.add(payment.payment_id)
        if change.released:
            payment = replace(payment, refunding_paise=payment.refunding_paise - after.paise)
        if change.entry:
            self.payments.write(change.entry)
        self.payments.payments[payment.payment_id] = payment
        self.payments.end_break(after.refund_id, change.resolved)
        if change.opened:
            self.payments.breaks.setdefault((after.refund_id, change.opened.kind), change.opened)
        self.refunds[after.refund_id] = after
        return True

    def get(self, refund_id: str) -> Refund | None:
        return self.refunds.get(refund_id)

    def of_payment(self, payment_id: str) -> list[Refund]:
        return [refund for refund in self.refunds.values() if refund.payment_id == payment_id]

    def take_due(self, at: datetime, resume_at: datetime) -> Refund | None:
        with self._taking:
            due = [refund for refund in self.refunds.values() if refund.resume_at and refund.resume_at <= at]
            if not due:
                return None
            refund = min(due, key=lambda each: each.resume_at or at)
            taken = replace(refund, resume_at=resume_at)
            self.refunds[refund.refund_id] = replace(taken, unsent=False)
            return taken


@dataclass
class FakeAutomaticRefunds:
    """application.refunds.ports.AutomaticRefunds in memory."""

    refunds: FakeRefunds

    def payment(self, payment_id: str) -> Payment | None:
        return self.refunds.payments.get(payment_id)

    def answered(self, cause: str) -> bool:
        return cause in {each.cause for each in self.refunds.refunds.values()}

    def begin(self, refund: Refund, payment: Payment) -> None:
        self.refunds.reserve(refund, payment)


@dataclass
class FakeDisputes:
    """application.disputes.ports.Disputes in memory, beside the refunds that decisions begin."""

    refunds: FakeRefunds
    disputes: dict[str, Dispute] = field(default_factory=dict)

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return self.refunds.find_claim(claim)

    def open(self, claim: Claim, dispute: Dispute) -> Once[str]:
        if earlier := self.find_claim(claim):
            return earlier
        if any(each.is_open and each.payment_id == dispute.payment_id for each in self.disputes.values()):
            raise AlreadyDisputed("one is open")
        return self._keep(claim, dispute)

    def add(self, dispute_id: str, evidence: Sequence[Evidence]) -> None:
        stands = self.disputes[dispute_id]
        if not stands.is_open:
            raise DisputeEnded("decided")
        all_of_it = with_evidence(stands.evidence, evidence)
        if len(all_of_it) > MOST_EVIDENCE:
            raise TooMuchEvidence("enough")
        self.disputes[dispute_id] = replace(stands, evidence=all_of_it)

    def decide(self, claim: Claim, dispute: Dispute, refund: Refund | None, payment: Payment) -> Once[str]:
        if earlier := self.find_claim(claim):
            return earlier
        stands = self.disputes[dispute.dispute_id]
        if not stands.is_open or stands.version != dispute.version - 1:
            raise DisputeEnded("decided")
        if refund:
            self.refunds.reserve(refund, payment)
        return self._keep(claim, replace(dispute, evidence=stands.evidence))

    def _keep(self, claim: Claim, dispute: Dispute) -> Once[str]:
        self.disputes[dispute.dispute_id] = dispute
        claims = self.refunds.payments.claims
        claims[claim.client_id, claim.operation, claim.key] = (claim.fingerprint, dispute.dispute_id)
        return Once(dispute.dispute_id, replayed=False)

    def get(self, dispute_id: str) -> Dispute | None:
        return self.disputes.get(dispute_id)

    def of_payment(self, payment_id: str) -> Sequence[Dispute]:
        rows = [dispute for dispute in self.disputes.values() if dispute.payment_id == payment_id]
        return sorted(rows, key=lambda each: (each.opened.at, each.dispute_id))

    def page(self, reach: Reach, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> Sequence[Dispute]:
        rows = [
            each
            for each in self.disputes.values()
            if each.is_open == is_open
            and reach.covers(
                Belonging(
                    client_id=each.client_id,
                    kiosk_id=each.kiosk_id,
                    person_id=each.person_id,
                    district_code=each.district_code,
                )
            )
            and (after is None or (each.opened.at, each.dispute_id) > after)
        ]
        return sorted(rows, key=lambda each: (each.opened.at, each.dispute_id))[:limit]


@dataclass
class FakeTopUps:
    """application.top_ups.ports.TopUps in memory, beside the wallets and the journal that they write to."""

    payments: FakePayments
    top_ups: dict[str, TopUp] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """Top-ups that an event was told of."""

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return _claimed(self.payments.claims, claim)

    def begin(self, claim: Claim, top_up: TopUp) -> Once[str]:
        if earlier := self.find_claim(claim):
            return earlier
        if top_up.kiosk_id not in self.payments.wallets:
            raise WalletNotOpen("none")
        self.top_ups[top_up.top_up_id] = top_up
        self.payments.claims[claim.client_id, claim.operation, claim.key] = (claim.fingerprint, top_up.top_up_id)
        return Once(top_up.top_up_id, replayed=False)

    def record(self, before: TopUp, change: TopUpChange) -> bool:
        stored, after = self.top_ups[before.top_up_id], change.top_up
        if stored.version != before.version:
            return False
        if after.version == before.version and stored.resume_at != before.resume_at:
            return False
        if not self.payments.may_end(after.top_up_id, change.resolved):
            return False
        if change.entry:
            self.payments.write(change.entry)
        if change.event_id:
            assert after.top_up_id not in self.told, "told twice"
            self.told.append(after.top_up_id)
        self.payments.end_break(after.top_up_id, change.resolved)
        if change.opened:
            self.payments.breaks.setdefault((after.top_up_id, change.opened.kind), change.opened)
        self.top_ups[after.top_up_id] = after
        return True

    def get(self, top_up_id: str) -> TopUp | None:
        return self.top_ups.get(top_up_id)

    def of_kiosk(self, kiosk_id: str, *, before: tuple[datetime, str] | None, limit: int) -> list[TopUp]:
        theirs = [top_up for top_up in self.top_ups.values() if top_up.kiosk_id == kiosk_id]
        theirs.sort(key=lambda top_up: (top_up.created_at, top_up.top_up_id), reverse=True)
        return [top_up for top_up in theirs if not before or (top_up.created_at, top_up.top_up_id) < before][:limit]

    def take_due(self, at: datetime, resume_at: datetime) -> TopUp | None:
        due = [top_up for top_up in self.top_ups.values() if top_up.resume_at and top_up.resume_at <= at]
        if not due:
            return None
        top_up = min(due, key=lambda each: each.resume_at or at)
        taken = replace(top_up, resume_at=resume_at)
        self.top_ups[top_up.top_up_id] = replace(taken, unsent=False)
        return taken


@dataclass
class FakeCentres:
    """application.centres.ports.Centres and CentresTold in memory."""

    centres: dict[str, Centre] = field(default_factory=dict)

    def get(self, kiosk_id: str) -> Centre | None:
        return self.centres.get(kiosk_id)

    def keep(self, centre: Centre) -> None:
        known = self.centres.get(centre.kiosk_id)
        self.centres[centre.kiosk_id] = replace(centre, lsp_id=known.lsp_id if known else None)

    def keep_district(self, kiosk_id: str, district_code: str) -> None:
        self.centres.setdefault(kiosk_id, Centre(kiosk_id, district_code))

    def keep_provider(self, kiosk_id: str, lsp_id: str) -> None:
        self.centres[kiosk_id] = replace(self.centres[kiosk_id], lsp_id=lsp_id)


@dataclass
class FakeBills:
    """application.bills.ports.Bills in memory."""

    fetches: dict[str, BillFetch] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)

    def find_claim(self, claim: Claim) -> Once[str] | None:
        return _claimed(self.claims, claim)

    def add(self, claim: Claim, fetch: BillFetch) -> Once[str]:
        if earlier := self.find_claim(claim):
            return earlier
        self.keep(fetch)
        self.claims[claim.client_id, claim.operation, claim.key] = (claim.fingerprint, fetch.bill_fetch_id)
        return Once(fetch.bill_fetch_id, replayed=False)

    def keep(self, fetch: BillFetch) -> None:
        """Keeps a fetch that no request made."""
        self.fetches[fetch.bill_fetch_id] = fetch

    def get_fetch(self, bill_fetch_id: str) -> BillFetch | None:
        return self.fetches.get(bill_fetch_id)

    def get(self, bill_id: str, payer: Payer) -> Bill | None:
        for fetch in self.fetches.values():
            for bill in fetch.bills:
                if bill.bill_id == bill_id and owns(payer, fetch.payer):
                    return bill
        return None


@dataclass
class FakeDemands:
    """application.bills.ports.FeeDemands and NewFeeDemands in memory."""

    demands: dict[str, FeeDemand] = field(default_factory=dict)

    def of_application(self, application_id: str) -> FeeDemand | None:
        return self.demands.get(application_id)

    def add(self, demand: FeeDemand) -> None:
        self.demands.setdefault(demand.application_id, demand)


@dataclass
class FakeWallets:
    """application.wallets.ports.NewWallets and SandboxWallets in memory."""

    wallets: dict[str, Wallet] = field(default_factory=dict)
    approved: dict[str, datetime] = field(default_factory=dict)
    journal: dict[str, JournalEntry] = field(default_factory=dict)

    def open(self, kiosk_id: str, *, credit_limit_paise: int, approved_at: datetime) -> None:
        wallet = self._opened(kiosk_id)
        if kiosk_id not in self.approved:
            self.approved[kiosk_id] = approved_at
            self.wallets[kiosk_id] = replace(wallet, credit_limit_paise=credit_limit_paise)

    def fund(self, kiosk_id: str, entry: JournalEntry) -> bool:
        if entry.entry_id in self.journal:
            return False
        wallet = self._opened(kiosk_id)
        available_paise = wallet.available_paise + wallet_changes(entry)[kiosk_id]
        self.wallets[kiosk_id] = replace(wallet, available_paise=available_paise)
        self.journal[entry.entry_id] = entry
        return True

    def wallet(self, kiosk_id: str) -> Wallet | None:
        return self.wallets.get(kiosk_id)

    def approved_at(self, kiosk_id: str) -> datetime | None:
        return self.approved.get(kiosk_id)

    def _opened(self, kiosk_id: str) -> Wallet:
        empty = Wallet(kiosk_id, available_paise=0, held_paise=0, credit_limit_paise=0)
        return self.wallets.setdefault(kiosk_id, empty)


@dataclass
class FakeBreaks:
    """application.payments.ports.Breaks in memory."""

    breaks: dict[tuple[str, str], Break] = field(default_factory=dict)

    def open(self, opened: Break) -> None:
        self.breaks.setdefault((opened.payment_id or "", opened.kind), opened)

    def is_known(self, payment_id: str, kind: BreakKind) -> bool:
        return (payment_id, kind) in self.breaks

    def of(self, payment_id: str) -> list[Break]:
        return [opened for (of_payment, _), opened in self.breaks.items() if of_payment == payment_id]


@dataclass
class FakeStoredBreaks:
    """application.breaks.ports.StoredBreaks: the breaks of payments, refunds and top-ups that others opened."""

    payments: FakePayments

    def get(self, break_id: str) -> StoredBreak | None:
        return next((row for row in self._rows() if row.break_id == break_id), None)

    def page(self, *, is_open: bool, after: tuple[datetime, str] | None, limit: int) -> list[StoredBreak]:
        rows = [row for row in self._rows() if row.is_open == is_open]
        rows.sort(key=lambda row: (row.due_at, row.break_id))
        return [row for row in rows if after is None or (row.due_at, row.break_id) > after][:limit]

    def propose(self, break_id: str, proposal: Proposal) -> bool:
        key = self._open_key(break_id)
        if key:
            self.payments.proposals[key] = proposal
        return key is not None

    def close(self, break_id: str, resolution: Resolution) -> bool:
        key = self._open_key(break_id)
        if key is None or not self.payments.may_end(key[0], resolution):
            return False
        self.payments.end_break(key[0], resolution)
        return True

    def _open_key(self, break_id: str) -> tuple[str, str] | None:
        return next((key for key, opened in self.payments.breaks.items() if _break_id(opened) == break_id), None)

    def _rows(self) -> Iterator[StoredBreak]:
        for key, opened in (self.payments.breaks | self.payments.ended).items():
            resolution = None if key in self.payments.breaks else self.payments.resolved[key]
            yield StoredBreak(
                break_id=_break_id(opened),
                kind=opened.kind,
                payment_id=opened.payment_id,
                refund_id=opened.refund_id,
                top_up_id=opened.top_up_id,
                detail=opened.detail,
                opened_at=opened.opened_at,
                due_at=opened.due_at,
                owner="operations",
                is_open=resolution is None,
                proposal=self.payments.proposals.get(key),
                approved_by=resolution.approved_by if resolution else None,
                resolved_at=resolution.resolved_at if resolution else None,
                resolved_by=resolution.resolved_by if resolution else None,
            )


@dataclass
class FakeMarks:
    """application.books.ports.Marks in memory."""

    mark: Mark = field(default_factory=Mark)

    def read(self) -> Mark:
        return self.mark

    def advance(self, before: Mark, after: Mark) -> None:
        assert self.mark == before
        self.mark = after

    def keep_open(self, mark: Mark, still: Set[str]) -> None:
        self.mark = replace(mark, open=still)

    def forget(self) -> None:
        self.mark = Mark()


@dataclass
class FakeRecords:
    """application.books.ports.Records and Snapshot that tell what a test puts in.

    `checked_at` is when the books were said to be checked; strays are known once payments were read to the end.
    """

    folded: Mapping[str, int] = field(default_factory=dict)
    unbalanced: list[str] = field(default_factory=list)
    receipts: Mapping[str, int] = field(default_factory=dict)
    stored_wallets: list[WalletFacts] = field(default_factory=list)
    stored_payments: list[PaymentFacts] = field(default_factory=list)
    stored_top_ups: list[TopUpFacts] = field(default_factory=list)
    stray: tuple[list[str], list[str], list[str]] = ([], [], [])
    stray_top_ups: tuple[list[str], list[str]] = ([], [])
    checked_at: datetime | None = None
    is_open: bool = False

    def window_end(self, since: datetime | None, before: datetime) -> datetime | None:
        del since, before
        return None

    def settlements(self) -> Iterable[SettlementFacts]:
        return []

    @contextmanager
    def snapshot(self, mark: Mark, until: datetime | None = None) -> Iterator["FakeRecords"]:
        assert (mark, until) == (Mark(), None), "nothing is in windows here"
        self.is_open = True
        yield self
        self.is_open = False

    def balances(self) -> Mapping[str, int]:
        return self.folded

    def unbalanced_entries(self) -> Iterable[str]:
        return self.unbalanced

    def repeated_receipts(self) -> Mapping[str, int]:
        return self.receipts

    def wallets(self) -> Iterable[WalletFacts]:
        for wallet in self.stored_wallets:
            assert self.is_open, "read after the snapshot"
            yield wallet

    def payments(self, at: datetime) -> Iterator[PaymentFacts]:
        yield from self.stored_payments
        self.checked_at = at

    def strays(self) -> tuple[list[str], list[str], list[str]]:
        return self.stray if self.checked_at else ([], [], [])

    def top_ups(self, at: datetime) -> Iterator[TopUpFacts]:
        del at
        yield from self.stored_top_ups

    def strays_of_top_ups(self) -> tuple[list[str], list[str]]:
        return self.stray_top_ups


@dataclass
class FakeBillers:
    """Billers that do what `next_answers` say (then SUCCESS), remember what reached them and answer inquiries.

    `looked_up` are the customers whose bills were asked for; what is told of each is `listed`.
    `taken` is the truth: request id → the outcome the biller itself recorded; idempotent on the request id. An inquiry
    is answered by `next_inquiries` first: UNKNOWN and NOT_SENT are what becomes of an answer on its way. `validated` is
    what they were asked to validate, `form` what they say of the forms whose fees they took. In an `outage` of "the
    biller" nothing is passed on to it, and the network says so; in one of "the network" nobody can be asked either.
    """

    next_answers: list[Outcome] = field(default_factory=list)
    next_inquiries: list[Outcome] = field(default_factory=list)
    taken: dict[str, Outcome] = field(default_factory=dict)
    received: Counter[str] = field(default_factory=Counter)
    can_be_asked: bool = True
    listed: FetchedBills = field(default_factory=lambda: FetchedBills(()))
    looked_up: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    validated: list[tuple[str, Mapping[str, str], int]] = field(default_factory=list)
    offered: tuple[Plan, ...] = ()
    form: Form | None = None
    outage: str | None = None

    def fetch(self, biller: Biller, customer_params: Mapping[str, str]) -> FetchedBills:
        self.looked_up.append((biller.biller_id, customer_params))
        return self.listed

    def validate(self, biller: Biller, customer_params: Mapping[str, str], paise: int) -> str:
        self.validated.append((biller.biller_id, customer_params, paise))
        return f"validated-{len(self.validated)}"

    def plans(self, biller: Biller, circle: str) -> tuple[Plan, ...]:
        self.looked_up.append((biller.biller_id, {"circle": circle}))
        return self.offered

    def pay(self, payment: Payment) -> Answer:
        if self.outage:
            return Answer(Outcome.NOT_SENT, down=True)
        request_id = payment.post_request_id
        answer = self.next_answers.pop(0) if self.next_answers else self.taken.get(request_id, Outcome.SUCCESS)
        if answer is Outcome.NOT_SENT:
            return Answer(answer)
        if answer is Outcome.NEVER_SEEN:  # lost on the way: the caller cannot tell this from UNKNOWN
            return Answer(Outcome.UNKNOWN)
        self.received[request_id] += 1
        # An answer that got lost belongs to a payment that was taken.
        self.taken.setdefault(request_id, Outcome.SUCCESS if answer is Outcome.UNKNOWN else answer)
        return Answer(Outcome.UNKNOWN) if answer is Outcome.UNKNOWN else self._told(request_id)

    def inquire(self, payment: Payment) -> Answer:
        if self.outage == "the network" or not self.can_be_asked:
            return Answer(Outcome.NOT_SENT, down=True)
        if self.next_inquiries:
            return Answer(self.next_inquiries.pop(0))
        return self._told(payment.post_request_id)

    def _told(self, request_id: str) -> Answer:
        answer = _told(self.taken.get(request_id, Outcome.NEVER_SEEN), "ref", "refused")
        return replace(answer, form=self.form if answer.outcome is Outcome.SUCCESS else None)


@dataclass
class FakeProvider:
    """A payment service provider with the same manners.

    An authorisation has an id of the provider's own, by which alone it is captured or voided, once; whatever else is
    asked of it is REFUSED, and noted in `refused`.
    """

    next_answers: list[Outcome] = field(default_factory=list)
    next_inquiries: list[Outcome] = field(default_factory=list)
    taken: dict[str, Outcome] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    can_be_asked: bool = True
    # Of refunds: the truth by the refund's request id, how often each arrived, and how the next are answered.
    given_back: dict[str, Outcome] = field(default_factory=dict)
    refunds_received: Counter[str] = field(default_factory=Counter)
    next_refunds: list[Outcome] = field(default_factory=list)

    # Of charges likewise.
    charged: dict[str, Outcome] = field(default_factory=dict)
    charges_received: Counter[str] = field(default_factory=Counter)
    next_charges: list[Outcome] = field(default_factory=list)

    def charge(self, top_up: TopUp) -> Answer:
        request_id = top_up.provider_request_id
        known = self.charged.get(request_id, Outcome.SUCCESS)
        answer = self.next_charges.pop(0) if self.next_charges else known
        if answer is Outcome.NOT_SENT:
            return Answer(answer)
        if answer is Outcome.NEVER_SEEN:  # lost on the way: the caller cannot tell this from UNKNOWN
            return Answer(Outcome.UNKNOWN)
        self.charges_received[request_id] += 1
        self.charged.setdefault(request_id, Outcome.SUCCESS if answer is Outcome.UNKNOWN else answer)
        return Answer(answer) if answer is Outcome.UNKNOWN else self._charge_told(request_id)

    def find_charge(self, top_up: TopUp) -> Answer:
        if not self.can_be_asked:
            return Answer(Outcome.NOT_SENT)
        return self._charge_told(top_up.provider_request_id)

    def _charge_told(self, request_id: str) -> Answer:
        return _told(self.charged.get(request_id, Outcome.NEVER_SEEN), f"chg_{request_id}", "declined")

    def refund(self, refund: Refund) -> Answer:
        request_id = refund.provider_request_id
        known = self.given_back.get(request_id, Outcome.SUCCESS)
        answer = self.next_refunds.pop(0) if self.next_refunds else known
        if answer is Outcome.NOT_SENT:
            return Answer(answer)
        if answer is Outcome.NEVER_SEEN:  # lost on the way: the caller cannot tell this from UNKNOWN
            return Answer(Outcome.UNKNOWN)
        self.refunds_received[request_id] += 1
        self.given_back.setdefault(request_id, Outcome.SUCCESS if answer is Outcome.UNKNOWN else answer)
        return Answer(answer) if answer is Outcome.UNKNOWN else self._refund_told(request_id)

    def find_refund(self, refund: Refund) -> Answer:
        if not self.can_be_asked:
            return Answer(Outcome.NOT_SENT)
        return self._refund_told(refund.provider_request_id)

    def _refund_told(self, request_id: str) -> Answer:
        return _told(self.given_back.get(request_id, Outcome.NEVER_SEEN), f"ref_{request_id}", "account-closed")

    def authorise(self, payment: Payment) -> Answer:
        taken = self.taken.get(payment.payment_id, Outcome.SUCCESS)
        answer = self.next_answers.pop(0) if self.next_answers else taken
        if answer is Outcome.NOT_SENT:
            return Answer(answer)
        if answer is Outcome.NEVER_SEEN:
            return Answer(Outcome.UNKNOWN)
        self.taken.setdefault(payment.payment_id, Outcome.SUCCESS if answer is Outcome.UNKNOWN else answer)
        return Answer(Outcome.UNKNOWN) if answer is Outcome.UNKNOWN else self._known(payment)

    def find_authorisation(self, payment: Payment) -> Answer:
        if not self.can_be_asked:
            return Answer(Outcome.NOT_SENT)
        if self.next_inquiries:
            return Answer(self.next_inquiries.pop(0))
        return self._known(payment)

    def capture(self, payment: Payment) -> Answer:
        return self._end(payment, "captured")

    def void(self, payment: Payment) -> Answer:
        return self._end(payment, "voided")

    def _known(self, payment: Payment) -> Answer:
        outcome = self.taken.get(payment.payment_id, Outcome.NEVER_SEEN)
        return _told(outcome, self._id_of(payment), "declined")

    def _end(self, payment: Payment, how: str) -> Answer:
        answer = self.next_answers.pop(0) if self.next_answers else Outcome.SUCCESS
        if answer in (Outcome.NOT_SENT, Outcome.NEVER_SEEN):
            return Answer(Outcome.NOT_SENT)
        if problem := self._problem_with_ending(payment, how):
            self.refused.append(problem)
            return Answer(Outcome.REFUSED, reason=problem)
        self.ended[payment.payment_id] = how
        return Answer(Outcome.UNKNOWN if answer is Outcome.UNKNOWN else Outcome.SUCCESS)

    def _problem_with_ending(self, payment: Payment, how: str) -> str | None:
        outcome = self.taken.get(payment.payment_id)
        if outcome is None or payment.authorisation_id != self._id_of(payment):
            return "unknown-authorisation"
        done = self.ended.get(payment.payment_id, how)
        if done != how:
            return f"already-{done}"
        ending_refused = outcome is Outcome.REFUSED or (how == "captured" and outcome is not Outcome.SUCCESS)
        return "not-authorised" if ending_refused else None

    @staticmethod
    def _id_of(payment: Payment) -> str:
        return f"aut_{payment.payment_id}"


def _told(outcome: Outcome, reference: str, reason: str) -> Answer:
    """What an answer tells beside its outcome, as the real ones do: no reference without a success."""
    return Answer(
        outcome,
        reference=reference if outcome is Outcome.SUCCESS else "",
        reason=reason if outcome is Outcome.REFUSED else "",
    )


def _break_id(opened: Break) -> str:
    return ":".join(filter(None, (opened.payment_id, opened.kind, opened.refund_id, opened.top_up_id)))


def _claimed(claims: Mapping[tuple[str, str, str], tuple[str, str]], claim: Claim) -> Once[str] | None:
    known = claims.get((claim.client_id, claim.operation, claim.key))
    if known is None:
        return None
    fingerprint, resource_id = known
    if fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused("another body")
    return Once(resource_id, replayed=True)
