"""Puts identity together: the only place that names concrete adapters."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from identity.adapters.mongo_clients import MongoClients
from identity.adapters.mongo_failed_authentications import INDEXES, MongoFailedAuthentications
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.sandbox_file import JsonSandboxFile
from identity.adapters.signing import Ed25519Signer
from identity.application.create_client import CreateClientHandler
from identity.application.issue_token import IssueTokenHandler
from identity.application.ports import SandboxFile
from identity.application.revoke_client import RevokeClientHandler
from identity.application.seed_sandbox import SeedSandboxHandler
from identity.settings import Settings
from servicekit.mongo import Mongo

__all__ = ["INDEXES", "Identity", "bootstrap"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The use cases, ready to be called, and what the public documents are made from."""

    issuer: str
    environment: str
    public_keys: dict[str, Any]
    issue_token: IssueTokenHandler
    create_client: CreateClientHandler
    revoke_client: RevokeClientHandler
    seed_sandbox: SeedSandboxHandler
    sandbox_file: Callable[[Path], SandboxFile]


def bootstrap(settings: Settings, mongo: Mongo) -> Identity:
    """The application on real parts; tests call it too."""
    clients, people = MongoClients(mongo.db), MongoPeople(mongo.db)
    signer = Ed25519Signer(settings.signing_keys)
    return Identity(
        issuer=settings.issuer,
        environment=settings.environment,
        public_keys=signer.public_keys(),
        issue_token=IssueTokenHandler(
            clients=clients,
            failures=MongoFailedAuthentications(mongo.db),
            signer=signer,
            issuer=settings.issuer,
        ),
        create_client=CreateClientHandler(clients=clients, people=people),
        revoke_client=RevokeClientHandler(clients=clients),
        seed_sandbox=SeedSandboxHandler(clients=clients, people=people, environment=settings.environment),
        sandbox_file=JsonSandboxFile,
    )
