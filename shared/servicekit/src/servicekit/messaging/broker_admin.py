"""Loads a service's topology into a broker, over RabbitMQ's management API. Run by whoever deploys, not by services."""

import json
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import urllib3

from servicekit.messaging.topology import Topology

# Declaring a dozen quorum queues takes a busy broker many seconds; everything sent here may be sent again.
TIMEOUT_SECONDS = 60.0
RETRIES = urllib3.Retry(total=3, backoff_factor=1.0, allowed_methods=None, raise_on_status=False)


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
        try:
            response = urllib3.request(
                method,
                f"{base}/{path}",
                body=json.dumps(body).encode(),
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                retries=RETRIES,
            )
        except urllib3.exceptions.HTTPError as error:
            raise BrokerRefused(f"{method} {path}: {type(error).__name__}; is the management API up?") from error
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
