"""What the description of the gateway's own routes promises, and nobody's is another's."""

from pathlib import Path

import yaml

from gateway.application.route_documents import read_service
from gateway.application.route_register import founded, settle
from gateway.entrypoints.service import SERVICE

SERVICES = Path(__file__).parents[3]


def test_the_gateway_serves_these_operations_and_no_others() -> None:
    own = read_service("gateway", yaml.load(SERVICE.openapi(), yaml.CSafeLoader), None)
    assert {(o.method, o.template): sorted(next(iter(o.scopes), ())) for o in own.operations} == {
        ("GET", "/v1/transactions"): ["transactions:read"],
        ("GET", "/v1/transactions/{token}"): ["transactions:read"],
        ("GET", "/v1/privacy/export/gateway"): ["privacy:own"],
        ("POST", "/v1/transaction-lookups"): [],
        ("GET", "/openapi.json"): [],
        ("GET", "/docs"): [],
        ("GET", "/contracts/events"): [],
        ("GET", "/contracts/events/{file}"): [],
        ("GET", "/problems"): [],
        ("GET", "/problems/{slug}"): [],
    }


def test_every_operation_is_described_for_people() -> None:
    for path, item in yaml.load(SERVICE.openapi(), yaml.CSafeLoader)["paths"].items():
        for method in item.keys() - {"parameters"}:
            assert item[method].get("summary"), f"{method} {path} has no summary"
            assert item[method].get("description"), f"{method} {path} has no description"


def test_no_service_of_this_repository_wants_what_another_has() -> None:
    documents = {
        path.parent.name: yaml.load(path.read_text(), yaml.CSafeLoader) for path in SERVICES.glob("*/openapi.yaml")
    }
    # One that has pages only publishes nothing here.
    published = [read_service(name, document, "http://a") for name, document in documents.items() if document["paths"]]
    assert [(r.service, r.route, r.because) for r in settle(founded(), published).refusals] == []
