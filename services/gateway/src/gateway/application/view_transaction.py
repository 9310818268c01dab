"""Show one transaction to a caller it belongs to."""

from dataclasses import dataclass

from gateway.application.read_transactions import TransactionReader, TransactionView, no_such_transaction


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
class ViewTransactionHandler:
    """Shows a transaction to those it belongs to, and to others as if there were none."""

    reader: TransactionReader

    def __call__(self, command: ViewTransaction) -> TransactionView:
        """The transaction with this token. Raises as TransactionReader does; NoSuchTransaction also when it is
        another's: the two are not told apart.
        """
        view = self.reader.by_token(command.token, command.request_id)
        own = view.owner_client_id == command.client_id
        same_kiosk = view.kiosk_id is not None and view.kiosk_id == command.kiosk_id
        if not (own or same_kiosk or view.district_code in command.officer_districts):
            raise no_such_transaction()
        return view
