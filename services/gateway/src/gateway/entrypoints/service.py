"""The gateway, declared; `gateway api`, `gateway worker`, `gateway relay` and the rest run it."""

from flask import Flask

from gateway import __version__
from gateway.application.route_documents import read_service
from gateway.bootstrap import INDEXES, PUBLISHES, Gateway, bootstrap
from gateway.entrypoints import documentation, transaction_lookups, transactions
from gateway.entrypoints.assisted_acts import JOBS
from gateway.entrypoints.commands import commands
from gateway.entrypoints.consumers import CONSUMERS
from gateway.entrypoints.proxy import OWN_NAME, Proxy, WsgiApp
from gateway.settings import GatewaySettings
from servicekit import personal
from servicekit.http.openapi import openapi_document
from servicekit.personal import own_part
from servicekit.service import Service, command_line


def put_proxy_in_front(app: Flask, gateway: Gateway) -> WsgiApp:
    """The proxy before `app`; its routes and what access was taken back are read and watched from here on.

    Called after the fork.
    """
    own = read_service(OWN_NAME, openapi_document(app, OWN_NAME, SERVICE.claims), None)
    gateway.routes.declare_own(own)
    gateway.routes.watch()
    gateway.withdrawals.watch()
    return Proxy(gateway, app, app.wsgi_app)


SERVICE = Service(
    name=OWN_NAME,
    version=__version__,
    settings=GatewaySettings,
    bootstrap=bootstrap,
    blueprints=[
        transactions.blueprint,
        transaction_lookups.blueprint,
        own_part(OWN_NAME, Gateway),
        documentation.blueprint,
    ],
    publishes=PUBLISHES,
    consumes=CONSUMERS,
    jobs=[*JOBS, personal.JOB],
    indexes=INDEXES,
    wrap_wsgi=put_proxy_in_front,
    commands=commands,
    ids={
        "act_": "what was done for a person by an assisted token",
        "EM": "a transaction: any payment or application, on its receipt",
        "req_": "a request",
    },
    shares={
        "ID EM": "one token follows a payment or application of any service",
        "ID req_": "the chassis gives every request one",
        "SCOPE operations": "for people on call, whose commands every service has",
        **personal.SHARES,
    },
)
main = command_line(SERVICE)
