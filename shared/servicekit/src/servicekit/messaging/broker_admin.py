"""Loads a service's topology into a broker, over RabbitMQ's management API. Run by whoever deploys, not by services."""

import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import urllib3

from servicekit.messaging.topology import Topology

TIMEOUT_SECONDS = 15.0


class BrokerRefused(Exception):
    """The management API did not take what was sent; the message says what it answered."""


def apply(topology: Topology, management_url: str, amqp_url: str) -> None:
    """Creates what is missing: virtual host, exchanges, queues, bindings, policies, and the service's own user.

    ``management_url`` carries an administrator's credentials; ``amqp_url`` is what the service itself will use: its
    user gets the least permissions that work. Additive, and a repeat changes nothing but the user's password and
    permissions. Raises ``BrokerRefused``, naming what could not be made.
    """
    admin = urlsplit(management_url)
    service = urlsplit(amqp_url)
    vhost = quote(unquote(service.path.removeprefix("/")) or "/", safe="")
    base = f"{admin.scheme}://{admin.hostname}:{admin.port or (443 if admin.scheme == 'https' else 80)}/api"
    headers = urllib3.make_headers(basic_auth=f"{unquote(admin.username or '')}:{unquote(admin.password or '')}")
    headers["Content-Type"] = "application/json"

    def send(method: str, path: str, body: dict[str, Any]) -> None:
        response = urllib3.request(
            method, f"{base}/{path}", body=json.dumps(body).encode(), headers=headers, timeout=TIMEOUT_SECONDS
        )
        if response.status >= 300:
            raise BrokerRefused(f"{method} {path}: {response.status} {response.data[:500].decode(errors='replace')}")

    send("PUT", f"vhosts/{vhost}", {})
    user, password = unquote(service.username or ""), unquote(service.password or "")
    if user and user != unquote(admin.username or ""):
        send("PUT", f"users/{quote(user, safe='')}", {"password": password, "tags": ""})
        send("PUT", f"permissions/{vhost}/{quote(user, safe='')}", topology.permissions())
    elif user:
        send(
            "PUT",
            f"permissions/{vhost}/{quote(user, safe='')}",
            {"configure": ".*", "write": ".*", "read": ".*"},
        )
    send("POST", f"definitions/{vhost}", topology.definitions())
