"""RabbitMQ's management API: loads a service's topology (whoever deploys does that), and reads what the broker has."""

import contextlib
import json
import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import urllib3

from servicekit.broker.topology import EVENTS_LOG, Topology, owner_of

# Declaring a dozen quorum queues takes a busy broker many seconds; everything sent here may be sent again.
LOAD_TIMEOUT_SECONDS = 60.0
# A broker that has just begun answers 500 for some seconds.
RETRIES = urllib3.Retry(
    total=3, backoff_factor=1.0, allowed_methods=None, raise_on_status=False, status_forcelist=(500, 503)
)
# A process that starts reads five short lists; what it cannot have soon it does without.
READ_TIMEOUT_SECONDS = 3.0


class BrokerRefused(Exception):
    """The management API did not do what was asked; the message says what it answered."""


def apply(topology: Topology, management_url: str, amqp_url: str) -> None:
    """Creates what is missing: virtual host, exchanges, queues, bindings, policies, and the service's own user.

    `management_url` carries an administrator's credentials; `amqp_url` is what the service itself will use: its
    user gets the least permissions that work, and may read the management API. Additive, and a repeat changes nothing
    but policies and the user's password and permissions: an exchange or queue that is there with other properties stays
    as it is, and `read` tells. Raises `BrokerRefused`, naming what could not be made, or whose the user is.
    """
    api = Management(management_url, amqp_url)
    api.send("PUT", f"vhosts/{api.vhost}", {})
    refuse_anothers_user(topology, api)
    user = quote(api.service_user, safe="")
    if user and api.service_user != api.user:
        # The tag `management` lets it look at the virtual hosts it may use, and do there what it may over AMQP.
        api.send("PUT", f"users/{user}", {"password": api.service_password, "tags": "management"})
        api.send("PUT", f"permissions/{api.vhost}/{user}", topology.permissions())
    elif user:
        api.send("PUT", f"permissions/{api.vhost}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})
    api.send("POST", f"definitions/{api.vhost}", topology.definitions())


def refuse_anothers_user(topology: Topology, api: "Management") -> None:
    """Raises BrokerRefused when the user of the AMQP URL has what is another service's.

    With this topology's permissions, or without its user, that service would stop.
    """
    for row in api.ask(f"vhosts/{api.vhost}/permissions"):
        if row["user"] != api.service_user or api.service_user == api.user:
            continue
        names = re.findall(r"[a-z][a-z0-9.-]+", f"{row['write']} {row['read']}".replace("\\", ""))
        others = sorted({owner_of(name) for name in names if name != EVENTS_LOG} - {topology.service})
        if others:
            raise BrokerRefused(
                f"the user {row['user']} in AMQP_URL is {' and '.join(others)}'s and not {topology.service}'s, so "
                f"nothing was changed. Name {topology.service}'s own user"
            )


def read(management_url: str, amqp_url: str, *, patient: bool = False) -> dict[str, list[dict[str, Any]]]:
    """The objects of the virtual host in `amqp_url`, listed as `comparison.differences` wants them.

    Asked as the user in `management_url` or, where it names none, as the service's own in `amqp_url`. Each request
    takes at most `READ_TIMEOUT_SECONDS` and has no second try; with `patient`, for whoever loads or checks by hand, as
    long and as many as loading. Raises `BrokerRefused`.
    """
    api = Management(management_url, amqp_url, patient)
    # Without statistics: policies are missing in them at first, and they cost a busy broker most.
    return {
        kind: api.ask(f"{kind}/{api.vhost}?disable_stats=true")
        for kind in ("exchanges", "queues", "bindings", "policies", "operator-policies")
    }


class Management:
    """The management API, and the virtual host and user of an AMQP URL."""

    def __init__(self, management_url: str, amqp_url: str, patient: bool = True) -> None:
        self._limits = (LOAD_TIMEOUT_SECONDS, RETRIES) if patient else (READ_TIMEOUT_SECONDS, False)
        at, service = urlsplit(management_url), urlsplit(amqp_url)
        self.service_user, self.service_password = unquote(service.username or ""), unquote(service.password or "")
        self.vhost = quote(unquote(service.path.removeprefix("/")) or "/", safe="")
        self.user, password = unquote(at.username or ""), unquote(at.password or "")
        if not self.user:
            self.user, password = self.service_user, self.service_password
        self._base = f"{at.scheme}://{at.netloc.rpartition('@')[2]}/api"
        self._headers = urllib3.make_headers(basic_auth=f"{self.user}:{password}")

    def send(self, method: str, path: str, body: dict[str, Any]) -> None:
        self._request(method, path, json.dumps(body).encode())

    def remove(self, path: str) -> None:
        """Deletes what is there; what is not is as good as deleted. Raises `BrokerRefused`."""
        self._request("DELETE", path, None, absent=True)

    def definitions(self) -> dict[str, Any]:
        """Everything that is defined in the virtual host. Raises `BrokerRefused`."""
        response = self._request("GET", f"definitions/{self.vhost}", None)
        return dict(response.json())

    def ask(self, path: str) -> list[dict[str, Any]]:
        response = self._request("GET", path, None)
        with contextlib.suppress(ValueError):
            answer = response.json()
            if isinstance(answer, list):
                return answer
        raise BrokerRefused(f"GET {path}: what answers there is not RabbitMQ's management API")

    def _request(self, method: str, path: str, body: bytes | None, *, absent: bool = False) -> urllib3.BaseHTTPResponse:
        timeout, retries = self._limits
        try:
            response = urllib3.request(
                method,
                f"{self._base}/{path}",
                body=body,
                headers={**self._headers, "Content-Type": "application/json"},
                timeout=timeout,
                retries=retries,
            )
        except urllib3.exceptions.HTTPError as error:
            raise BrokerRefused(f"{method} {path}: {type(error).__name__}; is the management API up?") from error
        if response.status >= 300 and not (absent and response.status == 404):
            raise BrokerRefused(f"{method} {path}: {response.status} {response.data[:500].decode(errors='replace')}")
        return response
