"""The committed document is the code's own, and the routes are those of the document."""

import re
from pathlib import Path

import yaml
from flask.testing import FlaskClient
from tests.support.asking import TOKEN

from identity.entrypoints.service import SERVICE

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def test_the_committed_openapi_document_is_what_the_routes_say() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == SERVICE.openapi(), "renew it: identity openapi > openapi.yaml"


def test_what_is_served_is_what_is_documented(client: FlaskClient) -> None:
    served = {
        (re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule), method)
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    paths = yaml.load(COMMITTED.read_text(encoding="utf-8"), yaml.CSafeLoader)["paths"]
    documented = {(path, method.upper()) for path, operations in paths.items() for method in operations}
    assert served == {(path, method) for path, method in documented if method != "PARAMETERS"}


def test_the_token_request_is_documented_as_a_form() -> None:
    operation = yaml.load(COMMITTED.read_text(encoding="utf-8"), yaml.CSafeLoader)["paths"][TOKEN]["post"]
    assert list(operation["requestBody"]["content"]) == ["application/x-www-form-urlencoded"]
    assert operation["x-public"] is True
