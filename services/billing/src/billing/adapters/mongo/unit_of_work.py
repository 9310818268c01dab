"""One unit of work owns the transaction across the stores it touches: all of it is written, or none.

What is to be written is data (`Work`), so that several units can share a transaction under load (ADR 0016): the same
code writes one and many. Alone, a unit that is refused learns why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from billing.adapters.mongo.breaks import MongoBreaks
from billing.adapters.mongo.documents import PAYMENTS, Document
from billing.adapters.mongo.dues import MongoDues
from billing.adapters.mongo.ledger import MongoLedger, WalletRefuses
from billing.domain.ledger.entries import JournalEntry
from billing.domain.payments.breaks import Break, Resolution
from servicekit.events import Outbox
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once
from servicekit.mongo import GroupCommit, Idempotency, Mongo


class PaymentMoved(Exception):
    """A payment is no longer as it was read: somebody else moved it."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one unit writes.

    `same` and `update` are the compare-and-set of the payment, `begun` is a new one. `outbox_rows` were made by the
    caller, whose trace they carry.
    """

    payment_id: str
    same: Document | None = None
    update: Document | None = None
    begun: Document | None = None
    entries: Sequence[JournalEntry] = ()
    opened: Break | None = None
    resolved: Resolution | None = None
    outbox_rows: Sequence[Document] = field(default=())


class UnitOfWork:
    """Commits work. Make one per process, after the fork; threads share it."""

    def __init__(self, mongo: Mongo, ledger: MongoLedger, outbox: Outbox, idempotency: Idempotency) -> None:
        self._mongo = mongo
        self._ledger = ledger
        self._outbox = outbox
        self._idempotency = idempotency
        self._breaks = MongoBreaks(mongo)
        self._dues = MongoDues(mongo)
        self._payments = mongo.db[PAYMENTS]
        # Two queues: what begins and what goes on wait for each other's transactions no longer than they must.
        self._beginning: GroupCommit[tuple[Work, Claim]] = GroupCommit(self._begin_together)
        self._moving: GroupCommit[Work] = GroupCommit(self._move_together)

    def begin(self, work: Work, claim: Claim) -> Once[str]:
        """Writes the work once per claim; a repeat writes nothing and names the first payment.

        Raises IdempotencyKeyReused, WalletTooLow, WalletNotOpen, BillAlreadyPaid or AmountNotAccepted for a part that
        is too much, and DuplicateKeyError as the stores' indexes do.
        """

        def alone() -> Once[str]:
            return self._idempotency.once(claim, work.payment_id, lambda session: self._write_alone(session, work))

        return self._beginning.run((work, claim), alone, Once(work.payment_id, replayed=False))

    def move(self, work: Work) -> None:
        """Writes the work. Raises PaymentMoved, and what the stores' indexes raise."""

        def alone() -> None:
            self._mongo.transact(lambda session: self._write_alone(session, work))

        if work.opened or work.resolved:  # Seldom, and people wait for it.
            alone()
        else:
            self._moving.run(work, alone, None)

    def fund(self, kiosk_id: str, entry: JournalEntry) -> bool:
        """Implements application.wallets.ports.SandboxWallets."""

        def write(session: ClientSession) -> None:
            self._ledger.open_if_absent(session, kiosk_id)
            self._ledger.write(session, [entry])

        if self._ledger.has(entry.entry_id):
            return False
        try:
            self._mongo.transact(write)
        except DuplicateKeyError as error:
            # Somebody else funded it between the look and the transaction; any other duplicate is a lost write.
            if (error.details or {}).get("keyValue") != {"_id": entry.entry_id}:
                raise
            return False
        return True

    def _begin_together(self, several: Sequence[tuple[Work, Claim]]) -> None:
        def write(session: ClientSession) -> None:
            self._idempotency.claim(session, {work.payment_id: claim for work, claim in several})
            self._write(session, [work for work, _ in several])

        self._mongo.transact(write)

    def _move_together(self, several: Sequence[Work]) -> None:
        self._mongo.transact(lambda session: self._write(session, several))

    def _write_alone(self, session: ClientSession, work: Work) -> None:
        try:
            self._write(session, [work])
        except WalletRefuses as error:
            raise self._ledger.refusal(session, work.entries[0]) from error

    def _write(self, session: ClientSession, several: Sequence[Work]) -> None:
        moves = [UpdateOne(work.same, work.update) for work in several if work.same and work.update]
        if moves and self._payments.bulk_write(moves, session=session).matched_count != len(moves):
            raise PaymentMoved
        self._ledger.write(session, [entry for work in several for entry in work.entries])
        if begun := [work.begun for work in several if work.begun]:
            self._dues.take_turns(session, begun)
            self._payments.insert_many(begun, session=session)
            self._dues.check(session, begun)
            crash_point("A1")
        for work in several:
            if work.resolved:
                self._breaks.resolve(session, work.payment_id, work.resolved)
            if work.opened:
                self._breaks.reopen(session, work.opened)
                self._breaks.open(session, work.opened)
        self._outbox.add_rows(session, [row for work in several for row in work.outbox_rows])
