"""Capture a release: what its services stored, what they ran with, and what their clients were promised.

Once for each release, in the checkout of its commit, with nothing in it of anybody's:

    make clean && make run GATEWAY_PORT=8081            (in the checkout of the release)
    .local/venvs/tests/bin/python -m tests.upgrade.capture 0.2.0 --of CHECKOUT     (here; half a minute)
    make clean                                          (there: its services were stopped)

It makes every state of `states.py`, stops the services and writes `tests/upgrade/<release>/`:

    release.json           the release, its commit, and when it was captured
    data/SERVICE/*.json    a collection each: options, indexes, documents, as canonical MongoDB extended JSON
    environments.json      by program what it ran with; `${…}` for what is this machine's
    topology.json          the broker's definitions of the virtual host
    promises.json          by name what a client asked for under which key, and what it was answered
    secrets.json, sandbox.json, simulators/*    what the launcher, the sandbox's clients and their partners remember

The secrets in it are of a sandbox that is gone: the data were signed with them, so they are part of it.
Of the centres only those are kept that were announced: the other 40,000 are the same in every release.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

import pymongo
import urllib3
from bson import json_util

from tests.upgrade.running import RunningStack
from tests.upgrade.states import Desk, make_every_state

HERE = Path(__file__).parent
# Where things are is the business of whoever starts the programs, not of the release.
OF_THE_MACHINE = {
    "PATH",
    "MONGODB_URI",
    "MONGODB_DATABASE",
    "AMQP_URL",
    "BROKER_CHECK_URL",
    "EMITRA_STACK_ID",
}
Document = dict[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("release", help="its number, such as 0.2.0")
    arguments.add_argument("--of", type=Path, required=True, help="the checkout in which `make run` runs")
    given = arguments.parse_args()
    stack = RunningStack(given.of.resolve())
    folder = HERE / given.release
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as notes:
        desk = Desk(stack, Path(notes))
        make_every_state(desk)
    stack.stop_services()
    at = datetime.now(UTC)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=stack.root, stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()
    _write(folder / "release.json", {"release": given.release, "commit": commit, "captured_at": at.isoformat()})
    _write(folder / "promises.json", desk.record())
    _write(folder / "environments.json", environments(stack))
    _write(folder / "topology.json", topology(stack))
    write_data(stack, folder / "data")
    shutil.copy(stack.state / "secrets.json", folder)
    shutil.copy(stack.state / "services" / "identity" / "sandbox.json", folder)
    shutil.copytree(stack.state / "simulators", folder / "simulators")
    print(f"{folder} has {sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()):,} bytes")


def environments(stack: RunningStack) -> dict[str, dict[str, str]]:
    """By program what it ran with; ports as `${biller_simulator}`, the stack's folder as `${state}`, and the settings
    that say where servers are as their own names."""
    ports = {str(port): "${" + name.replace("-", "_") + "}" for name, port in stack.ports.items()}

    def template(name: str, value: str) -> str:
        if name in OF_THE_MACHINE:
            return "${" + name + "}"
        value = value.replace("$", "$$").replace(str(stack.state), "${state}")
        for port, placeholder in ports.items():
            value = placeholder if value == port else value.replace(f"127.0.0.1:{port}", f"127.0.0.1:{placeholder}")
        return value

    written = {
        program: {name: template(name, value) for name, value in env.items()}
        for program, env in stack.environments.items()
    }
    assert all(Template(value).is_valid() for env in written.values() for value in env.values())
    return written


def topology(stack: RunningStack) -> Document:
    """Exchanges, queues, bindings and policies as the broker has them."""
    headers = urllib3.make_headers(basic_auth=stack.administrator)
    url = f"{stack.url_of('rabbitmq-management')}/api/definitions/emitra"
    answer = urllib3.request("GET", url, headers=headers, timeout=10)
    assert answer.status == 200, answer.data
    return {
        kind: sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
        for kind, entries in answer.json().items()
        if isinstance(entries, list)
    }


def write_data(stack: RunningStack, folder: Path) -> None:
    """Each service's database, a file for each collection and a line for each document."""
    by_service = {env["MONGODB_DATABASE"]: env["MONGODB_URI"] for env in stack.environments.values()}
    for service, uri in by_service.items():
        with pymongo.MongoClient[Document](uri) as client:
            database = client[service]
            announced = database.outbox.distinct("aggregate.id")
            for collection in database.list_collections():
                name = collection["name"]
                query = {"_id": {"$in": announced}} if name == "kiosks" else {}
                file = folder / service / f"{name}.json"
                file.parent.mkdir(parents=True, exist_ok=True)
                indexes = [dict(index) for index in database[name].list_indexes() if index["name"] != "_id_"]
                parts = [f'"options": {_extended(collection["options"])}', f'"indexes": {_lines(indexes)}']
                parts += [f'"documents": {_lines(list(database[name].find(query).sort("_id")))}']
                file.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")


def _lines(rows: list[Document]) -> str:
    return "[" + ",".join("\n" + _extended(row) for row in rows) + "]"


def _extended(document: Document) -> str:
    return json_util.dumps(document, json_options=json_util.CANONICAL_JSON_OPTIONS, ensure_ascii=False)


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
