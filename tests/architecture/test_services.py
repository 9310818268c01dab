"""What holds for every service, and for all of them together."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from emitra_local.workspace import Workspace
from tests.architecture.conftest import asked, openapi, with_document
from tests.conftest import ROOT

METHODS = {"get", "post", "put", "patch", "delete"}


def operations(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, item in openapi(service)["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def beginnings_of_ids(text: str) -> list[tuple[int, str]]:
    """Where code makes ids, by the chassis or by hand, and what they begin with, in the order of the lines."""
    made = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called == "public_id":
                given = next(iter([*node.args, *(keyword.value for keyword in node.keywords)]))
                unknown = f"{ast.unparse(given)}, which is no text written here"
                made.append((node.lineno, f"{given.value!s}_" if isinstance(given, ast.Constant) else unknown))
            elif called == "transaction_token":
                made.append((node.lineno, "EM"))
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            first = str(node.values[0].value)
            if by_hand := re.fullmatch(r"[a-z][a-z0-9]{1,11}_", first):
                made.append((node.lineno, by_hand[0]))
    return sorted(made)


def test_a_service_folder_is_complete(service: str) -> None:
    folder = ROOT / "services" / service
    needed = ["README.md", "CHANGELOG.md", "openapi.yaml", "events.json", "pyproject.toml"]
    needed += ["requirements.lock", "requirements-test.lock"]
    assert [name for name in needed if not (folder / name).is_file()] == []


def test_a_service_says_whose_it_is_and_the_list_of_owners_agrees(service: str) -> None:
    package = Workspace(ROOT).package_in(f"services/{service}")
    assert package.team.startswith("@"), (
        f'{service}: services/{service}/pyproject.toml says not whose it is; write [tool.emitra] team = "@emitra/…"'
    )
    owners = (ROOT / "CODEOWNERS").read_text()
    # One that is not in the list yet is the platform's, until `make documents` at its first release.
    if f"/services/{service}/" in owners:
        for folder in ("services", "deploy/k8s/services"):
            line = f"/{folder}/{service}/ {package.team}\n"
            assert line in owners, f"{service}: CODEOWNERS says otherwise than its pyproject.toml; run `make documents`"


LOCKS = [lock for lock in sorted(ROOT.glob("**/requirements*.lock")) if ".local" not in lock.parts]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_lock_has_a_hash_for_everything_and_an_address_for_nothing(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text):
        if requirement.strip() and not requirement.startswith("#"):
            assert "--hash=sha256:" in requirement, requirement[:60]


def test_every_route_asks_for_a_scope_or_says_why_it_is_public(service: str) -> None:
    for method, path, operation in operations(service):
        if operation.get("x-public"):
            why = operation.get("x-public-reason", "")
            assert len(why) > 10, f"{service}: {method} {path} is public; say why: @blueprint.public(why)"
        else:
            assert operation.get("security"), f"{service}: {method} {path} says not who may call it"


def test_every_operation_says_for_which_roles_it_is(service: str) -> None:
    for method, path, operation in operations(service):
        if operation.get("x-public"):
            continue
        row = operation.get("x-roles", [])
        assert row, f"{service}: {method} {path} names no role; say whom it is for: @blueprint.requires(scope, roles=…)"
        internal = bool(operation.get("x-internal"))
        assert (row == ["service"]) is internal, f"{service}: {method} {path}: a service's role is for internal() alone"
        if method != "GET":
            assert "auditor" not in row, f"{service}: {method} {path} changes something, and auditors only look"


def test_every_service_calls_its_operations_in_every_role(service: str) -> None:
    if any(not operation.get("x-public") for _, _, operation in operations(service)):
        test = ROOT / "services" / service / "tests" / "service" / "test_roles.py"
        assert test.exists(), f"{service}: copy services/kiosk-registry/tests/service/test_roles.py"
        assert "misjudged(SERVICE, " in test.read_text(), f"{service}: {test.relative_to(ROOT)} calls no operation"


def test_every_part_of_an_address_is_said_what_it_is_with_an_example(service: str) -> None:
    for method, path, operation in operations(service):
        if operation.get("x-internal") or operation.get("x-undocumented"):
            continue
        parameters = {
            p["name"]: p
            for p in [*openapi(service)["paths"][path].get("parameters", []), *operation.get("parameters", [])]
        }
        for name in re.findall(r"\{(\w+)\}", path):
            assert parameters[name].get("example"), f"{method} {path} has no example of {name}"


def test_every_post_asks_for_a_key_or_says_why_a_repeat_is_harmless(service: str) -> None:
    for method, path, operation in operations(service):
        if method == "POST":
            parameters = [p.get("name") for p in operation.get("parameters", [])]
            keyed = "Idempotency-Key" in parameters
            why = operation.get("x-repeatable", "")
            assert keyed != (len(why) > 10), (
                f"{service}: POST {path} takes no Idempotency-Key; "
                "decorate it with keyed(operation, …), or with repeatable(why) if a repeat is harmless"
            )


def test_no_other_service_claims_the_same_address(service: str) -> None:
    internal = {path for path in openapi(service)["paths"] if path.startswith("/v1/internal/")}
    for other in with_document("openapi.yaml") - {service}:
        assert set(openapi(service)["paths"]) & set(openapi(other)["paths"]) <= internal, other


def test_every_queue_has_a_ladder_and_parking(service: str) -> None:
    definitions = asked(service, "topology")
    routes = {(b["source"], b["destination"], b["routing_key"]) for b in definitions["bindings"]}
    policies = {policy["name"]: policy["definition"] for policy in definitions["policies"]}
    for consumed in asked(service, "events")["consumes"]:
        queue = f"{service}.{consumed['event']}"
        assert (f"{consumed['producer']}.events", queue, consumed["event"]) in routes
        assert (f"{service}.redeliver", queue, queue) in routes
        assert (f"{service}.parking", f"parking.{queue}", queue) in routes
        assert policies[queue]["dead-letter-strategy"] == "at-least-once"
        assert len([name for name in policies if name.startswith(f"{service}.retry.")]) == 5


def test_what_a_service_has_on_the_broker_is_its_own(service: str) -> None:
    definitions = asked(service, "topology")
    table = asked(service, "events")
    everybodys = {"events.log", *(f"{consumed['producer']}.events" for consumed in table["consumes"])}
    for kind in ("exchanges", "queues", "policies"):
        for name in {row["name"] for row in definitions[kind]} - everybodys:
            owner = name.removeprefix("parking.").partition(".")[0] if kind != "exchanges" else name.partition(".")[0]
            assert owner == service, (
                f"services/{service}: its declaration makes {name} on the broker, which is {owner}'s; "
                f'write Service(name="{service}") in src/<package>/entrypoints/service.py'
            )


def test_ids_begin_as_the_service_declares_and_it_declares_no_other(service: str) -> None:
    folder = ROOT / "services" / service
    declared = set(openapi(service).get("x-emitra-ids", {}))
    made = [
        (module.relative_to(ROOT), line, beginning)
        for module in sorted((folder / "src").rglob("*.py"))
        for line, beginning in beginnings_of_ids(module.read_text())
    ]
    for path, line, beginning in made:
        assert beginning in declared, (
            f"{path}:{line}: {service} makes ids that begin {beginning!r}; declare what they are of, "
            f'Service(ids={{"{beginning}": "…"}}), and run `make generate`. What another service has is refused'
        )
    schemas = "".join(file.read_text() for file in (folder / "contracts").glob("events/*/schema.json"))
    promised = {beginning for beginning in declared if f'"^{beginning}' in schemas}
    shared = {name.partition(" ")[2] for name in openapi(service).get("x-emitra-shares", {})}
    idle = declared - {beginning for _, _, beginning in made} - promised - shared
    assert not idle, f"services/{service}: it declares {', '.join(sorted(idle))} and makes no such ids; take it out"


@pytest.mark.parametrize(
    ("text", "beginnings"),
    [
        ('public_id("pay")', ["pay_"]),
        ('servicekit.ids.public_id("pay")', ["pay_"]),
        ('public_id(prefix="pay")', ["pay_"]),
        ("lambda: transaction_token()", ["EM"]),
        ('f"pay_{uuid7().hex}"', ["pay_"]),
        ('f"ksk_RJ{number:08d}"', []),
        ('f"of pay_{number}"', []),
        ('f"pay_me_{number}"', []),
        ('f"{pay}_x"', []),
        ("public_id(prefix)", ["prefix, which is no text written here"]),
    ],
)
def test_the_beginnings_of_ids_are_seen_in_code(text: str, beginnings: list[str]) -> None:
    assert [beginning for _, beginning in beginnings_of_ids(text)] == beginnings


def test_every_setting_says_what_it_is(service: str) -> None:
    settings = asked(service, "settings", "--json")
    assert len({setting["variable"] for setting in settings}) == len(settings)
    for setting in settings:
        assert len(setting["meaning"]) > 10, setting["variable"]
        if setting["secret"]:
            assert setting["default"] in {None, ""}, f"{setting['variable']} is secret and has a default"


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^([a-z][a-z-]*):(?!=)(.*)$", makefile, re.MULTILINE):
        assert "## " in target[1], f"make {target[0]} has no ## line"
