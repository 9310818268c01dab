"""Wires the gateway: the only place that names its adapters."""

from dataclasses import dataclass
from pathlib import Path

from pymongo.client_session import ClientSession

from gateway.adapters import mongo_acts, mongo_personal, mongo_transactions, mongo_withdrawals
from gateway.adapters.access_tokens import AccessTokens, InternalTokenIssuer
from gateway.adapters.identity_keys import IdentityKeys
from gateway.adapters.known_withdrawals import KnownWithdrawals
from gateway.adapters.mongo_acts import PERFORMED, MongoActs
from gateway.adapters.mongo_last_good_routes import MongoLastGoodRoutes
from gateway.adapters.mongo_providers import MongoProviders, ProvidersWithin
from gateway.adapters.mongo_route_register import MongoRouteRegister
from gateway.adapters.mongo_transactions import MongoTransactions, TransactionsWithin
from gateway.adapters.mongo_withdrawals import MongoWithdrawals, WithdrawalsWithin
from gateway.adapters.route_files import RouteFiles
from gateway.adapters.transaction_owners import (
    MOST_ASKED_AT_ONCE,
    MOST_ASKED_FOR_ANYBODY,
    HttpTransactionOwners,
)
from gateway.adapters.upstreams import Upstreams
from gateway.application.acts import ActRecorder
from gateway.application.note_withdrawal import NoteWithdrawalHandler
from gateway.application.read_transactions import TransactionReader
from gateway.application.record_observations import RecordObservationsHandler
from gateway.application.record_providers import RecordProvidersHandler
from gateway.application.release_routes import ReleaseRoutesHandler
from gateway.application.settle_routes import SettleRoutesHandler
from gateway.application.sweep_acts import SweepActsHandler
from gateway.application.view_transaction import ViewTransactionHandler
from gateway.settings import GatewaySettings
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo
from servicekit.personal import Erasures

__all__ = ["INDEXES", "PUBLISHES", "Gateway", "bootstrap"]

PUBLISHES = [PERFORMED, mongo_personal.ANSWERED]
INDEXES = {**mongo_transactions.INDEXES, **mongo_withdrawals.INDEXES, **mongo_acts.INDEXES}


@dataclass(frozen=True)
class GatewayWithin:
    """The use cases of consumed events, inside the transaction that records them as handled."""

    record_observations: RecordObservationsHandler
    record_providers: RecordProvidersHandler
    note_withdrawal: NoteWithdrawalHandler


@dataclass(frozen=True)
class Gateway:
    """The parts that the entrypoints use."""

    routes: RouteFiles
    access_tokens: AccessTokens
    withdrawals: KnownWithdrawals
    internal_tokens: InternalTokenIssuer
    upstreams: Upstreams
    view_transaction: ViewTransactionHandler
    transactions: TransactionReader
    transactions_for_anybody: TransactionReader
    release_routes: ReleaseRoutesHandler
    acts: ActRecorder
    sweep_acts: SweepActsHandler
    erasures: Erasures
    _transactions: MongoTransactions
    _providers: MongoProviders
    _withdrawals: MongoWithdrawals

    def within(self, session: ClientSession) -> GatewayWithin:
        """The use cases that write in the transaction of `session`."""
        return GatewayWithin(
            RecordObservationsHandler(TransactionsWithin(self._transactions, session)),
            RecordProvidersHandler(ProvidersWithin(self._providers, session)),
            NoteWithdrawalHandler(WithdrawalsWithin(self._withdrawals, session)),
        )


def bootstrap(settings: GatewaySettings, mongo: Mongo) -> Gateway:
    """Makes no connection and starts no thread; call it after the fork all the same."""
    register, last_good = MongoRouteRegister(mongo.db), MongoLastGoodRoutes(mongo.db)
    routes = RouteFiles(Path(settings.routes_dir), SettleRoutesHandler(register), last_good)
    internal_tokens = InternalTokenIssuer(settings.internal_token_key)
    upstreams = Upstreams(settings.upstream_connections)
    outbox = Outbox(mongo.db, settings.service_name)
    acts = MongoActs(mongo, outbox)
    transactions, withdrawals = MongoTransactions(mongo.db), MongoWithdrawals(mongo.db)
    providers = MongoProviders(mongo.db)
    owners, owners_for_anybody = (
        HttpTransactionOwners(routes, upstreams, internal_tokens, most_at_once)
        for most_at_once in (MOST_ASKED_AT_ONCE, MOST_ASKED_FOR_ANYBODY)
    )
    reader = TransactionReader(transactions, owners)
    return Gateway(
        routes=routes,
        access_tokens=AccessTokens(IdentityKeys(settings.jwks_url), settings.issuer),
        withdrawals=KnownWithdrawals(withdrawals),
        internal_tokens=internal_tokens,
        upstreams=upstreams,
        view_transaction=ViewTransactionHandler(reader, providers),
        transactions=reader,
        transactions_for_anybody=TransactionReader(transactions, owners_for_anybody),
        release_routes=ReleaseRoutesHandler(register, last_good),
        acts=ActRecorder(acts),
        sweep_acts=SweepActsHandler(acts),
        erasures=Erasures(mongo, outbox, mongo_personal.MongoPersonal(mongo), mongo_personal.ANSWERED),
        _transactions=transactions,
        _providers=providers,
        _withdrawals=withdrawals,
    )
