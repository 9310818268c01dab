"""A service, declared: its settings, its parts and its table of events. The chassis runs it.

`main = command_line(Service(...))` gives a team the whole command line (see `commands`).
"""

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import typer
from flask import Flask
from prometheus_client import Metric
from pymongo import IndexModel
from pymongo.database import Database

from servicekit.broker.relay import Relay
from servicekit.broker.topology import Topology
from servicekit.events import Consumer, dead_letters, inbox, outbox
from servicekit.events.handling import Handling
from servicekit.events.redelivery import Redelivery
from servicekit.http.app import create_app
from servicekit.http.blueprint import Blueprint
from servicekit.http.openapi import openapi_yaml
from servicekit.mongo import Mongo, idempotency
from servicekit.service.jobs import Job
from servicekit.service.lifetime import holder_name
from servicekit.settings import ServiceSettings

_CHASSIS_INDEXES: Mapping[str, Sequence[IndexModel]] = {
    outbox.COLLECTION: outbox.INDEXES,
    inbox.COLLECTION: inbox.INDEXES,
    idempotency.COLLECTION: idempotency.INDEXES,
    dead_letters.COLLECTION: dead_letters.INDEXES,
}

# As the gateway takes them from any document. No beginning of this form begins another, so no id is of two kinds.
_ID = re.compile(r"[a-z][a-z0-9]{1,11}_|[A-Z]{2}")
_SHARED = re.compile(rf"SCOPE [a-z][a-z0-9-]*|ID ({_ID.pattern})")


@dataclass(frozen=True)
class Service:
    """One deployable service.

    `settings` may be left out where those of every service are enough. `bootstrap(settings, mongo)` wires and returns
    the application object that routes, consumers and jobs get; `prepare(db)` installs validators;
    `measure(application)` is what the worker tells Prometheus of the service's data when it is asked;
    `wrap_wsgi(flask_app, application)` may put a WSGI callable in front of Flask (the gateway's proxy). `publishes` and
    `consumes` are the service's table of events. `prefix` is a path, such as /v1/labour-welfare, that the service wants
    for itself at the gateway with everything below it. `ids` are the beginnings of the ids that it makes, each with
    what they are of: {"pay_": "a payment"}. `shares` are names of its own that other services may use too, each with
    the reason: {"SCOPE labour": …}, {"ID lab_": …}. What is not shared is its own (ADR 0032). Raises ValueError for
    one of another form.
    """

    name: str
    version: str
    bootstrap: Callable[[Any, Mongo], Any]
    blueprints: Sequence[Blueprint]
    publishes: Sequence[str] = ()
    consumes: Sequence[Consumer] = ()
    jobs: Sequence[Job] = ()
    indexes: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    prepare: Callable[[Database[dict[str, Any]]], None] | None = None
    wrap_wsgi: Callable[[Flask, Any], Any] | None = None
    commands: typer.Typer | None = None
    measure: Callable[[Any], Iterable[Metric]] | None = None
    settings: type[ServiceSettings] = ServiceSettings
    prefix: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for member, names, form, such_as in (
            ("ids", self.ids, _ID, "pay_"), ("shares", self.shares, _SHARED, "SCOPE payments or ID pay_"),
        ):  # fmt: skip
            for name in names:
                if not form.fullmatch(name):
                    raise ValueError(f"{self.name}: {member} has {name!r}; write it like {such_as}")
        if self.settings is ServiceSettings:
            own = type("Settings", (ServiceSettings,), {"service_name": self.name, "__doc__": ServiceSettings.__doc__})
            object.__setattr__(self, "settings", own)

    @property
    def claims(self) -> dict[str, Any]:
        """What the service wants for itself beside its routes, as members of its OpenAPI document."""
        members = {"prefix": self.prefix, "ids": dict(self.ids), "shares": dict(self.shares)}
        return {f"x-emitra-{member}": claimed for member, claimed in members.items() if claimed}

    @cached_property
    def topology(self) -> Topology:
        """The broker objects this service needs."""
        return Topology(
            self.name,
            tuple(self.publishes),
            tuple((consumer.producer, consumer.event) for consumer in self.consumes),
        )

    @property
    def processes(self) -> list[str]:
        """The processes this service runs as: a service without events has neither worker nor relay."""
        worker = ["worker"] if self.consumes or self.jobs else []
        # A consumer's retries and parked messages leave through the outbox, so it has a relay too.
        relay = ["relay"] if self.publishes or self.consumes else []
        return ["api", *worker, *relay]

    def prepare_database(self, mongo: Mongo) -> None:
        """Installs validators and indexes. Additive; a repeat changes nothing."""
        if self.prepare is not None:
            self.prepare(mongo.db)
        mongo.prepare({**_CHASSIS_INDEXES, **self.indexes})

    def flask_app(self, settings: Any, mongo: Mongo, application: Any = None) -> Flask:
        """The service's Flask application, as gunicorn serves it and as tests use it."""
        if application is None:
            application = self.bootstrap(settings, mongo)
        app = create_app(
            service_name=self.name,
            version=self.version,
            settings=settings,
            application=application,
            blueprints=self.blueprints,
        )
        if self.wrap_wsgi is not None:
            app.wsgi_app = self.wrap_wsgi(app, application)  # type: ignore[method-assign]
        return app

    def handling(self, mongo: Mongo, application: Any, stopping: threading.Event | None = None) -> Handling:
        """The service's message handling without a broker, as the worker and tests use it."""
        return Handling(
            mongo,
            application,
            {self.topology.queue(consumer.event): consumer for consumer in self.consumes},
            Redelivery(mongo.db, self.topology),
            stopping or threading.Event(),
        )

    def relay(self, settings: ServiceSettings, mongo: Mongo) -> Relay:
        """The service's relay, not yet running."""
        return Relay(
            mongo,
            service=self.name,
            holder=holder_name(),
            amqp_url=settings.amqp_url,
            exchanges=self.topology.exchanges,
            confirm_timeout_seconds=settings.broker_confirm_timeout_seconds,
        )

    def connect(self, settings: ServiceSettings) -> Mongo:
        """A new connection to this service's database."""
        return Mongo(settings.mongodb_uri, settings.mongodb_database, settings.mongodb_timeout_seconds)

    def event_table(self) -> str:
        """The table of events as JSON: what is published, and what is read of each event that is consumed."""
        consumes = [
            {
                "event": consumer.event,
                "producer": consumer.producer,
                "order": consumer.order and consumer.order.value,
                "reads": consumer.reads,
            }
            for consumer in self.consumes
        ]
        table = {"publishes": list(self.publishes), "consumes": consumes}
        return json.dumps(table, indent=2, ensure_ascii=False) + "\n"

    def openapi(self) -> str:
        """The OpenAPI document of the routes, as YAML; needs neither settings nor a database."""
        app = create_app(
            service_name=self.name,
            version=self.version,
            settings=None,
            application=None,
            blueprints=self.blueprints,
        )
        return openapi_yaml(app, self.name, self.claims)
