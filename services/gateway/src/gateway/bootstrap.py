"""Wires the gateway: the only place that names its adapters."""

from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.access_tokens import AccessTokens, InternalTokens
from gateway.adapters.identity_keys import IdentityKeys
from gateway.adapters.mongo_transactions import COLLECTION, INDEXES, MongoTransactions
from gateway.adapters.route_files import RouteFiles
from gateway.adapters.transaction_owners import HttpTransactionOwners
from gateway.adapters.upstreams import Upstreams
from gateway.settings import GatewaySettings
from servicekit.mongo import Mongo

COLLECTION_INDEXES = {COLLECTION: INDEXES}


@dataclass(frozen=True)
class Gateway:
    """The parts that the entrypoints use."""

    routes: RouteFiles
    access_tokens: AccessTokens
    internal_tokens: InternalTokens
    upstreams: Upstreams
    transactions: MongoTransactions
    owners: HttpTransactionOwners


def bootstrap(settings: GatewaySettings, mongo: Mongo) -> Gateway:
    """Makes no connection and starts no thread; call it after the fork all the same."""
    routes = RouteFiles(Path(settings.routes_dir))
    internal_tokens = InternalTokens(settings.internal_token_key)
    upstreams = Upstreams(settings.upstream_connections)
    return Gateway(
        routes=routes,
        access_tokens=AccessTokens(IdentityKeys(settings.jwks_url), settings.issuer),
        internal_tokens=internal_tokens,
        upstreams=upstreams,
        transactions=MongoTransactions(mongo.db),
        owners=HttpTransactionOwners(routes, upstreams, internal_tokens),
    )
