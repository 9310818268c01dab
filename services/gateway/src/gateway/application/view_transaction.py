"""Show one transaction to a caller it belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.application.errors import NoSuchTransaction, NotATransactionToken
from gateway.application.ports import ReportedTransaction, TransactionOwners, Transactions
from gateway.application.transactions import (
    Kind,
    TimelineEntry,
    Transaction,
    application_status,
    payment_status,
)
from servicekit.ids import read_transaction_token


@dataclass(frozen=True)
class ViewTransaction:
    """`token` is as the caller wrote it.

    `officer_districts` is empty unless the caller acts for an officer; district codes are LGD codes.
    """

    token: str
    client_id: str
    kiosk_id: str | None
    officer_districts: frozenset[str]
    request_id: str


@dataclass(frozen=True)
class TransactionView:
    """What the caller is shown. `events` are in the order in which they happened."""

    token: str
    kind: str
    reference_id: str
    status: str
    payment_ids: tuple[str, ...]
    application_id: str | None
    certificate_id: str | None
    updated_at: datetime
    events: tuple[TimelineEntry, ...]


@dataclass(frozen=True)
class ViewTransactionHandler:
    """Shows what events told, or what the owner says while none has arrived."""

    transactions: Transactions
    owners: TransactionOwners

    def __call__(self, command: ViewTransaction) -> TransactionView:
        """The transaction with this token, readable from the moment its submission was answered.

        Raises NotATransactionToken for a mistyped token, NoSuchTransaction when there is none or it is another's (the
        two are not told apart), DependencyUnavailable when a service that may know it does not answer.
        """
        token = read_transaction_token(command.token)
        if token is None:
            raise NotATransactionToken(
                f"{command.token[:20]!r} is not a transaction token: it is EM and 13 characters (digits and capital "
                "letters without I, L, O and U), and the last one checks the others. Read it again from the receipt."
            )
        command = replace(command, token=token)
        seen = self.transactions.find(token)
        if seen is not None:
            _refuse_others(command, seen)
            paid = self.transactions.fee_payments(seen.reference_id) if seen.kind is Kind.APPLICATION else ()
            return _from_events(seen, paid)
        reported = self.owners.ask(token, command.request_id)
        if reported is None:
            raise _no_such_transaction(token)
        _refuse_others(command, reported)
        return _from_owner(reported)


def _refuse_others(command: ViewTransaction, transaction: Transaction | ReportedTransaction) -> None:
    own = transaction.owner_client_id == command.client_id
    same_kiosk = transaction.kiosk_id is not None and transaction.kiosk_id == command.kiosk_id
    if not (own or same_kiosk or transaction.district_code in command.officer_districts):
        raise _no_such_transaction(command.token)


def _no_such_transaction(token: str) -> NoSuchTransaction:
    return NoSuchTransaction(f"There is no transaction {token} that you may see.")


def _from_events(seen: Transaction, fee_payments: Sequence[Transaction]) -> TransactionView:
    events = sorted(
        (event for part in (seen, *fee_payments) for event in part.events),
        key=lambda event: (event.at, event.sequence, event.id),
    )
    of_application = seen.kind is Kind.APPLICATION
    return TransactionView(
        token=seen.token,
        kind=seen.kind,
        reference_id=seen.reference_id,
        status=application_status(seen, fee_payments) if of_application else payment_status(seen),
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
        status=reported.status,
        payment_ids=(reported.reference_id,) if reported.kind == Kind.PAYMENT else (),
        application_id=reported.reference_id if reported.kind == Kind.APPLICATION else None,
        certificate_id=None,
        updated_at=reported.updated_at,
        events=reported.events,
    )
