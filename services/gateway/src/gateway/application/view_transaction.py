"""Show one transaction to a caller it belongs to."""

from dataclasses import dataclass

from gateway.application.ports import Providers
from gateway.application.providers import provider_at
from gateway.application.read_transactions import TransactionReader, TransactionView, no_such_transaction
from servicekit.access import Belonging, Reach


@dataclass(frozen=True)
class ViewTransaction:
    """`token` is as the caller wrote it; `reach` is what the caller may see."""

    token: str
    reach: Reach
    request_id: str


@dataclass(frozen=True)
class ViewTransactionHandler:
    """Shows a transaction to those it belongs to, and to others as if there were none."""

    reader: TransactionReader
    providers: Providers

    def __call__(self, command: ViewTransaction) -> TransactionView:
        """The transaction with this token. Raises as TransactionReader does; NoSuchTransaction also when it is
        another's: the two are not told apart.
        """
        view = self.reader.by_token(command.token, command.request_id)
        # Which department's a case is, no event says: officers see those of their districts.
        whose = Belonging(
            client_id=view.owner_client_id,
            kiosk_id=view.kiosk_id,
            person_id=view.person_id,
            district_code=view.district_code,
            departments=None,
            lsp_id=self._provider_of(view) if "lsp_id" in command.reach.members else None,
        )
        if not command.reach.covers(whose):
            raise no_such_transaction()
        return view

    def _provider_of(self, view: TransactionView) -> str | None:
        """Whose the centre was when it began there."""
        return provider_at(self.providers.of(view.kiosk_id), view.begun_at) if view.kiosk_id else None
