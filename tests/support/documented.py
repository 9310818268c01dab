"""Holds every answer to the platform's own document: its status, its headers, its body, and no member beside."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import urllib3
from jsonschema import Draft202012Validator

METHODS = {"get", "put", "post", "delete", "patch"}
# What says something of the answer itself. The others (Date, Content-Type, …) are every HTTP answer's.
TELLING = {
    "allow", "cache-control", "etag", "idempotent-replayed", "location", "proxy-status", "ratelimit",
    "ratelimit-policy", "retry-after", "sunset", "deprecation", "www-authenticate", "x-request-id",
}  # fmt: skip
# Answers may not be kept unless a route says so; the document says that once and not of each.
NOT_KEPT = "no-store"


class Document:
    """An OpenAPI 3.1 document that can be asked whether an answer is one of those that it describes."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._schemas = _closed(document["components"]["schemas"])
        paths = sorted(document["paths"], key=lambda path: path.count("{"))  # fixed text beats a parameter
        self._paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in paths]
        self._validator = cache(self._validator_of)

    def differences(self, method: str, path: str, response: urllib3.BaseHTTPResponse) -> list[str]:
        """How the answer to a request differs from what is described; empty for what no operation serves."""
        operation = self._operation(method, path)
        if operation is None:
            return []
        described = operation["responses"].get(str(response.status))
        if described is None:
            return [f"status {response.status} is not described"]
        described = self._followed(described)
        return [*self._headers(described, response), *self._body(described, response)]

    def _operation(self, method: str, path: str) -> Any:
        for pattern, template in self._paths:
            if pattern.fullmatch(path):
                return self._document["paths"][template].get(method.lower())
        return None

    def _headers(self, described: Mapping[str, Any], response: urllib3.BaseHTTPResponse) -> list[str]:
        headers = {name.lower(): self._followed(header) for name, header in described.get("headers", {}).items()}
        sent = {name.lower() for name in response.headers} & TELLING
        if response.headers.get("Cache-Control") == NOT_KEPT:
            sent.remove("cache-control")
        missing = {name for name, header in headers.items() if header.get("required")} - sent
        return [
            *(f"the header {name} is not described" for name in sorted(sent - headers.keys())),
            *(f"the header {name} is missing" for name in sorted(missing)),
        ]

    def _body(self, described: Mapping[str, Any], response: urllib3.BaseHTTPResponse) -> list[str]:
        content = described.get("content", {})
        if not content:
            return ["a body is not described"] if response.data else []
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        if media_type not in content:
            return [f"a body of {media_type} is not described"]
        if not media_type.endswith("json"):
            return []
        validator = self._validator(json.dumps(content[media_type]["schema"]))
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(response.data))]

    def _validator_of(self, schema: str) -> Draft202012Validator:
        return Draft202012Validator({**json.loads(schema), "components": {"schemas": self._schemas}})

    def _followed(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in part:
            return part
        _, _, section, name = part["$ref"].split("/")
        followed: Mapping[str, Any] = self._document["components"][section][name]
        return followed


class DocumentedConnections(urllib3.PoolManager):
    """Connections on which an answer that the document does not describe is an AssertionError."""

    document: Document | None = None

    def request(self, method: str, url: str, *args: Any, **options: Any) -> urllib3.BaseHTTPResponse:
        response = super().request(method, url, *args, **options)
        if self.document is not None:
            path = urlsplit(url).path
            differences = self.document.differences(method, path, response)
            assert not differences, f"{method} {path} answered {response.status}: {'; '.join(differences)}"
        return response


def _closed(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Schemas that refuse members they do not describe. A problem has members of its own kind beside those of all."""
    return {name: schema if name == "Problem" else _without_additions(schema) for name, schema in schemas.items()}


def _without_additions(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_additions(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _without_additions(part) for key, part in schema.items()}
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed
