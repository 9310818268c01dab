"""Which differences between two OpenAPI 3.1 documents of a service break its clients."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from emitra_contracts.compatibility import GONE, Change, Schema, Use, breaking_changes, escaped, expanded, resolved

Operation = tuple[str, str]
"""A path and a method, as the keys of the document."""

# The members that are compared part by part or are only for people. A difference in any other member is breaking.
_OF_AN_OPERATION = {
    "deprecated", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses", "security",
    "summary", "tags", "x-internal", "x-public",
    "x-public-reason", "x-repeatable", "x-roles",
}  # fmt: skip
_OF_A_PARAMETER = {"deprecated", "description", "example", "examples", "in", "name", "required", "schema"}
_OF_A_BODY = {"content", "description", "headers", "links", "required"}
_OF_A_MEDIA_TYPE = {"example", "examples", "schema"}

_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


def breaking_api_changes(old: Schema, new: Schema) -> Iterator[tuple[Operation | None, Change]]:
    """Every breaking difference, each with its operation. The operation is None for the problems and the security
    schemes, which belong to all operations.

    `Change.path` begins with the part of the operation, for example `request /amount` or `answer 200 /items/*`.
    """
    after = operations(new)
    for operation, was in operations(old).items():
        origin = f"#/paths/{escaped(operation[0])}/{operation[1]}"
        if operation not in after:
            yield operation, Change("", origin, "served", GONE, "its callers get 404 or 405")
            continue
        pair = _OperationPair(old, new, origin)
        current = after[operation]
        for change in (
            *pair.access(was, current),
            *pair.parameters(was, current),
            *pair.request(was.get("requestBody"), current.get("requestBody")),
            *pair.answers(was.get("responses", {}), current.get("responses", {})),
            *pair.rest("operation", _OF_AN_OPERATION, was, current),
        ):
            yield operation, change
    for change in (*_problems(old, new), *_security_schemes(old, new)):
        yield None, change


def operations(document: Schema) -> dict[Operation, dict[str, Any]]:
    """Every operation of a document. The parameters of its path are among its own."""
    return {
        (path, method): {
            **item[method],
            "parameters": [*item.get("parameters", []), *item[method].get("parameters", [])],
        }
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item
    }


def scopes(document: Schema, operation: Operation) -> frozenset[str]:
    """The scopes that a caller of the operation needs; none when it is public. Raises KeyError for an unknown one."""
    needs = document["paths"][operation[0]][operation[1]].get("security", [])
    return frozenset(scope for need in needs for scheme in need.values() for scope in scheme)


def claimed_names(document: Schema) -> dict[str, list[str]]:
    """What a service's document wants for itself by name, as the gateway's register has it, and where in it.

    `SCOPE payments` for an operation that asks for payments:write, `ID pay_` for ids that begin so. Operations that the
    gateway does not route want nothing.
    """
    names: dict[str, list[str]] = {}
    for operation, described in operations(document).items():
        if not described.get("x-internal"):
            for resource in sorted({scope.partition(":")[0] for scope in scopes(document, operation)}):
                names.setdefault(f"SCOPE {resource}", []).append(f"{operation[1].upper()} {operation[0]}")
    for beginning in document.get("x-emitra-ids") or ():
        names.setdefault(f"ID {beginning}", []).append("x-emitra-ids")
    for name in document.get("x-emitra-shares") or ():
        names.setdefault(name, []).append("x-emitra-shares")
    return names


class _OperationPair:
    """One operation as it stands in two documents. Each method yields the breaking changes of one part of it."""

    def __init__(self, old: Schema, new: Schema, origin: str) -> None:
        self._old, self._new, self._origin = old, new, origin

    def access(self, was: Schema, current: Schema) -> Iterator[Change]:
        """Scopes asked for, and whether the gateway routes the operation."""
        needed, current_needed = was.get("security", []), current.get("security", [])
        if current_needed and not all(any(_suffices(have, need) for need in current_needed) for have in needed or [{}]):
            yield self._change(
                "access", _access(needed), _access(current_needed), "a client with the scopes of until now is refused"
            )
        elif was.get("x-public") and not current.get("x-public"):
            yield self._change("access", "x-public", "not x-public", "the gateway asks its callers for a token")
        lost = set(was.get("x-roles", ())) - set(current.get("x-roles", ()))
        if lost and current_needed and not current.get("x-internal"):
            yield self._change(
                "access", f"for {', '.join(sorted(lost))}", "not for these roles", "who acts so is refused"
            )
        if current.get("x-internal") and not was.get("x-internal"):
            yield self._change("access", "routed", "x-internal", "the gateway no longer routes it: its callers get 404")

    def parameters(self, was: Schema, current: Schema) -> Iterator[Change]:
        """Parameters of path, query and header."""
        before, after = self._named(self._old, was), self._named(self._new, current)
        for key in before.keys() | after.keys():
            place = f"{key[0]} parameter {key[1]}"
            required, current_required = (
                bool(parameters.get(key, {}).get("required")) for parameters in (before, after)
            )
            if key not in after:
                yield self._change(place, "read", GONE, "a client that sends it is refused or not heard")
            elif current_required and not required:
                was_text = "optional" if key in before else GONE
                yield self._change(place, was_text, "required", "a client that does not send it is refused")
            if key in before and key in after:
                yield from self._schemas(
                    place, Use.REQUEST, before[key].get("schema", {}), after[key].get("schema", {})
                )
                yield from self.rest(place, _OF_A_PARAMETER, before[key], after[key])

    def request(self, was: Schema | None, current: Schema | None) -> Iterator[Change]:
        """The body that clients send."""
        was, current = self._followed(was or {}, self._old), self._followed(current or {}, self._new)
        if current.get("required") and not was.get("required"):
            was_text = "optional" if was else GONE
            yield self._change("request", was_text, "required", "a client that sends no body is refused")
        yield from self._contents("request", Use.REQUEST, was, current, "a client that sends it is refused")

    def answers(self, was: Schema, current: Schema) -> Iterator[Change]:
        """Headers and body of the answer for each status."""
        for status, answer in was.items():
            place = f"answer {status}"
            if status not in current:
                yield self._change(place, "documented", GONE, "a client that waits for it never sees it")
            else:
                before, after = self._followed(answer, self._old), self._followed(current[status], self._new)
                yield from self._headers(place, before.get("headers", {}), after.get("headers", {}))
                yield from self._contents(place, Use.ANSWER, before, after, "a client that reads it gets another form")

    def rest(self, place: str, known: set[str], was: Schema, current: Schema) -> Iterator[Change]:
        """Differences in the members that are not in `known`."""
        for member in sorted((was.keys() | current.keys()) - known):
            before, after = expanded(was.get(member), self._old), expanded(current.get(member), self._new)
            if before != after:
                was_text, current_text = (
                    f"{member} {json.dumps(value, ensure_ascii=False)}" if value is not None else f"no {member}"
                    for value in (before, after)
                )
                yield self._change(place, was_text, current_text, "nobody knows it to be harmless")

    def _headers(self, place: str, was: Schema, current: Schema) -> Iterator[Change]:
        after = {name.lower(): self._followed(header, self._new) for name, header in current.items()}
        for name, header in was.items():
            here, before = f"{place} header {name}", self._followed(header, self._old)
            if name.lower() not in after:
                yield self._change(here, "documented", GONE, "a client that reads it finds nothing")
                continue
            current_header = after[name.lower()]
            if before.get("required") and not current_header.get("required"):
                yield self._change(here, "required", "optional", "a client that reads it may find nothing")
            yield from self._schemas(here, Use.ANSWER, before.get("schema", {}), current_header.get("schema", {}))
            yield from self.rest(here, _OF_A_PARAMETER, before, current_header)

    def _contents(self, place: str, use: Use, was: Schema, current: Schema, why: str) -> Iterator[Change]:
        yield from self.rest(place, _OF_A_BODY, was, current)
        after = current.get("content", {})
        for media_type, content in was.get("content", {}).items():
            if media_type in after:
                yield from self._schemas(place, use, content.get("schema", {}), after[media_type].get("schema", {}))
                yield from self.rest(place, _OF_A_MEDIA_TYPE, content, after[media_type])
            else:
                yield self._change(place, media_type, " | ".join(after) or GONE, why)

    def _schemas(self, place: str, use: Use, was: Schema, current: Schema) -> Iterator[Change]:
        origin = f"{self._origin} {place}"
        for change in breaking_changes(
            was, current, use, old_document=self._old, new_document=self._new, origin=origin
        ):
            yield replace(change, path=f"{place} {change.path}".strip())

    def _named(self, document: Schema, operation: Schema) -> dict[tuple[str, str], Mapping[str, Any]]:
        followed = [self._followed(parameter, document) for parameter in operation["parameters"]]
        return {(parameter["in"], parameter["name"]): parameter for parameter in followed}

    @staticmethod
    def _followed(part: Schema, document: Schema) -> Schema:
        followed: Schema = resolved(document, part["$ref"]) if "$ref" in part else part
        return followed

    def _change(self, place: str, was: str, current: str, why: str) -> Change:
        return Change(place, f"{self._origin} {place}", was, current, why)


def _problems(old: Schema, new: Schema) -> Iterator[Change]:
    after = {problem["slug"]: problem for problem in new.get("x-problems", ())}
    for was in old.get("x-problems", ()):
        slug, current = was["slug"], after.get(was["slug"])
        origin = f"#/x-problems/{slug}"
        if current is None:
            yield Change(f"problem {slug}", origin, "answered", GONE, "a client that acts on this code waits in vain")
            continue
        for member in ("status", "retryable"):
            if was[member] != current.get(member):
                why = "clients act on it"
                yield Change(
                    f"problem {slug}", origin, f"{member} {was[member]}", f"{member} {current.get(member)}", why
                )


def _security_schemes(old: Schema, new: Schema) -> Iterator[Change]:
    before, after = (document.get("components", {}).get("securitySchemes", {}) for document in (old, new))
    for name, scheme in before.items():
        origin = f"#/components/securitySchemes/{escaped(name)}"
        was, current = (_without_scopes(declared) for declared in (scheme, after.get(name)))
        if was != current:
            why = "a client no longer knows how to be let in"
            yield Change(
                f"security scheme {name}", origin, json.dumps(was), json.dumps(current) if current else GONE, why
            )


def _without_scopes(scheme: Any) -> Any:
    """A security scheme without its scopes: those are compared at the operations that ask for them."""
    if not isinstance(scheme, dict):
        return scheme
    return {key: _without_scopes(value) for key, value in scheme.items() if key not in {"description", "scopes"}}


def _suffices(have: Schema, need: Schema) -> bool:
    return all(scheme in have and set(asked) <= set(have[scheme]) for scheme, asked in need.items())


def _access(needed: list[Schema]) -> str:
    choices = [" and ".join(scope for scheme in need.values() for scope in scheme) for need in needed]
    return "public" if not needed else f"scope {' or '.join(choices)}"
