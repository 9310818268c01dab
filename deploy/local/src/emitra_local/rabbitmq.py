"""A private RabbitMQ node: own name, ports, cookie, data and epmd, all on loopback; and its management API."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import urllib3

from emitra_local.problems import CannotStart
from emitra_local.supervision import INFRASTRUCTURE, Program

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
CONTROL = SERVER.with_name("rabbitmqctl")
ADMINISTRATOR = "administrator"
PORTS = ("rabbitmq", "rabbitmq-management", "rabbitmq-metrics", "rabbitmq-distribution", "rabbitmq-epmd")
START_TIMEOUT_SECONDS = 90
# The broker closes its queues and listeners within two; Erlang 25 then idles six more before its machine ends.
STOP_SECONDS = 3
# It starts an Erlang machine of its own to talk to the node.
CONTROL_TIMEOUT_SECONDS = 60
REQUEST_TIMEOUT_SECONDS = 15


def rabbitmq_programs(home: Path, ports: dict[str, int], administrator_password: str) -> list[Program]:
    """epmd and the server, with their configuration written under `home`. Runs as root or as anybody."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "enabled_plugins").write_text("[rabbitmq_management,rabbitmq_prometheus].\n")
    configuration = home / "rabbitmq.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(_configuration(ports, administrator_password))
    node = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": str(home),  # the Erlang cookie is made there
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(ports["rabbitmq-epmd"]),
        "RABBITMQ_NODENAME": f"emitra-{node}@localhost",
        "RABBITMQ_DIST_PORT": str(ports["rabbitmq-distribution"]),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_CONFIG_FILE": str(configuration),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
        # The shell script becomes the Erlang VM, which then gets our SIGTERM itself and stops in order.
        "RUNNING_UNDER_SYSTEMD": "true",
        # Two schedulers that sleep when idle: by default one per core, spinning.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none "
        "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    epmd = shutil.which("epmd") or "/usr/bin/epmd"
    return [
        Program("epmd", INFRASTRUCTURE, [epmd, "-address", "127.0.0.1", "-port", env["ERL_EPMD_PORT"]], env, 2, True),
        Program("rabbitmq", INFRASTRUCTURE, [str(SERVER)], env, STOP_SECONDS, autostart=True),
    ]


def control(server: Program, *arguments: str) -> str:
    """Run rabbitmqctl on the node that `server` is, and return what it printed. Raises CannotStart when it fails."""
    finished = subprocess.run(
        [str(CONTROL), *arguments],
        env=server.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=CONTROL_TIMEOUT_SECONDS,
    )
    if finished.returncode:
        output = (finished.stdout + finished.stderr).strip()
        raise CannotStart(f"`rabbitmqctl {' '.join(arguments)}` failed with {finished.returncode}:\n{output}")
    return finished.stdout


def _configuration(ports: dict[str, int], administrator_password: str) -> str:
    settings = {
        "listeners.tcp.1": f"127.0.0.1:{ports['rabbitmq']}",
        "management.tcp.ip": "127.0.0.1",
        "management.tcp.port": ports["rabbitmq-management"],
        "prometheus.tcp.ip": "127.0.0.1",
        "prometheus.tcp.port": ports["rabbitmq-metrics"],
        # Takes guest's place on a new node.
        "default_user": ADMINISTRATOR,
        "default_pass": administrator_password,
        "default_user_tags.administrator": "true",
        "log.console": "true",
        "log.console.level": "warning",
        "log.file": "false",
        # The default counts 40 % of the machine, which is not ours alone.
        "vm_memory_high_watermark.absolute": "1GB",
        "disk_free_limit.absolute": "200MB",
    }
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


class Management:
    """The management API of a broker, as an administrator."""

    def __init__(self, url: str) -> None:
        """`url` carries the credentials: http://user:password@host:port."""
        parts = urlsplit(url)
        self.url = url
        self._base = f"{parts.scheme}://{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        self._headers = urllib3.make_headers(
            basic_auth=f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        )
        self._pool = urllib3.PoolManager(timeout=REQUEST_TIMEOUT_SECONDS, retries=False)

    def await_answer(self) -> None:
        """Wait until the broker is up. Raises CannotStart after START_TIMEOUT_SECONDS, or at once when refused."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        problem = ""
        while time.monotonic() < deadline:
            try:
                status = self._request("GET", "/api/overview").status
                if status == 200:
                    return
                problem = f"HTTP {status} from its management API"
                if status in {401, 403}:
                    break
            except urllib3.exceptions.HTTPError as error:
                problem = str(error)
            time.sleep(0.1)
        raise CannotStart(f"RabbitMQ did not become ready: {problem}")

    def make_vhost(self, name: str, administrator: str) -> None:
        """A virtual host in which the administrator may do everything. Repeatable."""
        vhost = quote(name, safe="")
        self._put(f"/api/vhosts/{vhost}", {})
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self._put(f"/api/permissions/{vhost}/{quote(administrator, safe='')}", everything)

    def delete(self, kind: str, name: str) -> None:
        """Delete a "vhosts" or "users" entry; one that is not there is as good as deleted."""
        self._request("DELETE", f"/api/{kind}/{quote(name, safe='')}")

    def _put(self, path: str, body: dict[str, str]) -> None:
        answer = self._request("PUT", path, body)
        if answer.status >= 300:
            raise CannotStart(f"RabbitMQ's management API refused PUT {path}: {answer.status} {answer.data.decode()}")

    def _request(self, method: str, path: str, body: dict[str, str] | None = None) -> urllib3.BaseHTTPResponse:
        return self._pool.request(method, self._base + path, json=body, headers=self._headers)
