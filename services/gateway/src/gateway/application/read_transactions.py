"""Reading a transaction by its token: what events told, or what its owner says while none has arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.application.errors import NoSuchTransaction, NotATransactionToken
from gateway.application.ports import ReportedTransaction, TransactionOwners, Transactions
from gateway.application.transactions import (
    Kind,
    Position,
    TimelineEntry,
    Transaction,
    application_standing,
    payment_standing,
)
from servicekit.ids import read_transaction_token


@dataclass(frozen=True)
class TransactionView:
    """All that is known of one transaction; who is shown which part of it is the caller's matter.

    `person_id` is whose own it is, where events told it. `events` are in the order in which they happened; `since` is
    when it came where it is. `deadline_at` is when people take it over if it has not come to its end by then, as far as
    its owner tells.
    """

    token: str
    kind: str
    reference_id: str
    owner_client_id: str
    kiosk_id: str | None
    district_code: str | None
    person_id: str | None
    begun_at: datetime
    status: str
    since: datetime
    deadline_at: datetime | None
    payment_ids: tuple[str, ...]
    application_id: str | None
    certificate_id: str | None
    updated_at: datetime
    events: tuple[TimelineEntry, ...]


@dataclass(frozen=True)
class TransactionReader:
    """Reads transactions for whoever may: it does not ask who that is."""

    transactions: Transactions
    owners: TransactionOwners

    def by_token(self, written: str, request_id: str) -> TransactionView:
        """The transaction with this token, readable from the moment its submission was answered.

        `written` is as people write it. Raises NotATransactionToken for a mistyped one, before anybody is asked;
        NoSuchTransaction; DependencyUnavailable when a service that may know it does not answer.
        """
        token = read_transaction_token(written)
        if token is None:
            raise NotATransactionToken(
                f"{written[:20]!r} is not a transaction token: it is EM and 13 characters (digits and capital "
                "letters without I, L, O and U), and the last one checks the others. Read it again from the receipt."
            )
        seen = self.transactions.find(token)
        if seen is not None:
            return self._from_events([seen])[0]
        reported = self.owners.ask(token, request_id)
        if reported is None:
            raise no_such_transaction()
        return _from_owner(reported)

    def of_person(self, person_id: str, before: Position | None, limit: int) -> tuple[list[TransactionView], bool]:
        """A page of a person's own, the latest begun first, and whether there are more after it."""
        seen = self.transactions.of_person(person_id, before, limit + 1)
        return self._from_events(seen[:limit]), len(seen) > limit

    def _from_events(self, seen: Sequence[Transaction]) -> list[TransactionView]:
        applications = [transaction.reference_id for transaction in seen if transaction.kind is Kind.APPLICATION]
        paid = self.transactions.fee_payments(applications) if applications else ()
        return [
            _from_events(one, [p for p in paid if p.pays_for_application_id == one.reference_id])
            if one.kind is Kind.APPLICATION
            else _from_events(one, ())
            for one in seen
        ]


def no_such_transaction() -> NoSuchTransaction:
    """There is none, or none for this caller."""
    return NoSuchTransaction("Nothing has this token, or nothing that you may see.")


def _from_events(seen: Transaction, fee_payments: Sequence[Transaction]) -> TransactionView:
    events = sorted(
        (event for part in (seen, *fee_payments) for event in part.events),
        # The last approval and the certificate are of one instant, and count their sequences apart.
        key=lambda event: (event.at, event.type == "certificate.issued", event.sequence, event.id),
    )
    of_application = seen.kind is Kind.APPLICATION
    standing = application_standing(seen, fee_payments) if of_application else payment_standing(seen)
    return TransactionView(
        token=seen.token,
        kind=seen.kind,
        reference_id=seen.reference_id,
        owner_client_id=seen.owner_client_id,
        kiosk_id=seen.kiosk_id,
        district_code=seen.district_code,
        person_id=seen.person_id,
        begun_at=seen.begun_at,
        status=standing.status,
        since=standing.since,
        deadline_at=None,
        payment_ids=tuple(p.reference_id for p in fee_payments) if of_application else (seen.reference_id,),
        application_id=seen.reference_id if of_application else seen.pays_for_application_id,
        certificate_id=seen.certificate_id,
        updated_at=events[-1].at,
        events=tuple(TimelineEntry(event.type, event.at) for event in events),
    )


def _from_owner(reported: ReportedTransaction) -> TransactionView:
    return TransactionView(
        token=reported.token,
        kind=reported.kind,
        reference_id=reported.reference_id,
        owner_client_id=reported.owner_client_id,
        kiosk_id=reported.kiosk_id,
        district_code=reported.district_code,
        # No service tells it here: what nobody said is nobody's own until the event is there.
        person_id=None,
        begun_at=min((event.at for event in reported.events), default=reported.updated_at),
        status=reported.status,
        since=reported.updated_at,
        deadline_at=reported.deadline_at,
        payment_ids=(reported.reference_id,) if reported.kind == Kind.PAYMENT else (),
        application_id=reported.reference_id if reported.kind == Kind.APPLICATION else None,
        certificate_id=None,
        updated_at=reported.updated_at,
        events=reported.events,
    )
