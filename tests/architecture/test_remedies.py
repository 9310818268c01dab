"""Whoever breaks a rule of the tree is told the service, the file, the rule and what to do instead, in one sentence."""

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from tests.support.remedies import REMEDIES, sentence

MODULES = [*ROOT.glob("tests/architecture/test_*.py"), *ROOT.glob("tests/contract/test_*.py")]


def test_every_test_of_a_service_or_of_a_file_says_what_to_do_instead() -> None:
    texts = "".join(module.read_text() for module in MODULES)
    of_something = re.findall(r"^def (test_\w+)\(\s*(?:service: str|(?!tmp_path)\w+: Path\))", texts, re.MULTILINE)
    assert len(of_something) > 40
    assert [name for name in of_something if name not in REMEDIES] == []
    assert [name for name in REMEDIES if f"\ndef {name}(" not in texts] == []


def test_every_sentence_has_a_service_a_file_that_is_there_a_rule_and_what_to_do() -> None:
    page = ROOT / "services" / "billing" / "README.md"
    for test, row in REMEDIES.items():
        parameters = {"service": "billing"} if "{service}" in "".join(row) else {} if row[0] else {"page": page}
        told = sentence(test, parameters, AssertionError())
        service, files, rest = told.split(": ", 2)
        rule, _, instead = rest.partition("; ")
        assert service == ("billing" if parameters else "platform"), told
        assert min(len(rule), len(instead)) > 10, told
        assert all(list(ROOT.glob(file)) for file in files.split(", ")), told


def broken(text: str, instead: str) -> Callable[[str], str]:
    def change(before: str) -> str:
        assert text in before
        return before.replace(text, instead, 1)

    return change


def with_more(more: str) -> Callable[[str], str]:
    return lambda before: before + more


SOURCE = "services/billing/src/billing"
K8S = "deploy/k8s/services/billing"
DEPLOYMENTS = "\n  - target: {kind: Deployment}\n    patch: |-\n      - {op: replace, path: /spec/template/spec/"
ROUTE = SOURCE + r"/entrypoints/http/bills/routes\.py:\d+"
# What is broken in a copy of the tree, how, by which test it is told, and how that begins: service, file and line, and
# in what to do instead these words.
BREAKS: list[tuple[str, Callable[[str], str], str, str, str]] = [
    (
        f"{SOURCE}/domain/money.py",
        with_more("\nfound = 1\n"),
        "test_dialect.py::test_a_package_speaks_the_dialect[billing]",
        rf"billing: {SOURCE}/domain/money\.py:\d+",
        "The shape of a service",
    ),
    (
        "deploy/local/src/emitra_local/ports.py",
        with_more("\neach = 1\n"),
        "test_dialect.py::test_tools_and_tests_name_things_after_what_they_are[deploy]",
        r"platform: deploy/local/src/emitra_local/ports\.py:\d+",
        "name it as the line below says",
    ),
    (
        "services/billing/README.md",
        with_more("\nsee `docs/nothing.md`\n\n```\nmake run\n```\n"),
        "test_documents.py::test_what_a_page_shows_as_a_command_is_run_by_a_test_or_says_why_not"
        "[services/billing/README.md]",
        r"billing: services/billing/README\.md",
        "begin the block with `sh`",
    ),
    (
        f"{SOURCE}/domain/calendar.py",
        with_more("\n# see docs/nothing.md\n"),
        "test_documents.py::test_what_the_code_cites_is_there",
        rf"billing: {SOURCE}/domain/calendar\.py",
        "cite what is there",
    ),
    (
        "services/billing/CHANGELOG.md",
        broken("## Unreleased", "## Later"),
        "test_documents.py::test_what_was_released_is_a_part_of_its_changelog_and_nothing_else_is"
        "[services/billing/CHANGELOG.md]",
        r"billing: services/billing/CHANGELOG\.md",
        'below "Unreleased"',
    ),
    (
        "services/billing/requirements.lock",
        with_more("# https://example.org\n"),
        "test_services.py::test_a_lock_has_a_hash_for_everything_and_an_address_for_nothing"
        "[services/billing/requirements.lock]",
        r"billing: services/billing/requirements\.lock",
        "make it with `make lock`",
    ),
    (
        "services/identity/pyproject.toml",
        broken("[project.scripts]\nidentity", "[project.scripts]\nidentiti"),
        "test_image.py::test_what_the_image_is_made_of_is_there[identity]",
        r"identity is broken\. services/identity/pyproject\.toml",
        "CONTRIBUTING.md",
    ),
    (
        "services/portal/contracts/clients.json",
        broken("GET /v1/", "GET /v0/"),
        "../contract/test_clients.py::test_every_operation_and_scope_of_a_client_exists"
        "[services/portal/contracts/clients.json]",
        r"portal: services/portal/contracts/clients\.json",
        "mend its spelling",
    ),
    (
        "services/billing/contracts/events/payment.failed.v1/examples/application-fee-expired-on-the-portal.json",
        broken('"id"', '"idd"'),
        "../contract/test_events.py::test_every_example_is_valid_as_its_producer_would_send_it",
        r"billing: services/billing/contracts/events/payment\.failed\.v1/examples/application-fee-expired-[\w-]+\.json",
        "mend the example",
    ),
    (
        f"{K8S}/base/address",
        broken("8000", "8001"),
        "test_manifests.py::test_a_service_is_alone_in_its_folder_and_the_gateway_finds_its_routes[billing]",
        f"billing: {K8S}/base/address",
        "as each line below says",
    ),
    (
        f"{K8S}/base/kustomization.yaml",
        with_more(f"{DEPLOYMENTS}securityContext/runAsNonRoot, value: false}}\n"),
        "test_manifests.py::test_pods_are_restricted[billing]",
        rf"billing: {K8S}/base/kustomization\.yaml",
        "take the security context",
    ),
    (
        "services/billing/openapi.yaml",
        broken("        '408':\n          $ref: '#/components/responses/RequestTimeout'\n", ""),
        "test_openapi.py::test_every_refusal_has_its_status_and_is_a_problem[billing]",
        f"billing: {ROUTE}",
        "make the route with servicekit.http.Blueprint",
    ),
    (
        f"{SOURCE}/domain/centres.py",
        with_more("\nimport re\nre.match('a', 'b')\n"),
        "test_texts.py::test_a_pattern_is_tried_on_the_whole_of_a_text[billing]",
        rf"billing: {SOURCE}/domain/centres\.py:\d+",
        "use re.fullmatch",
    ),
    (
        f"{SOURCE}/domain/payer.py",
        with_more('\nX = f"zzz_{1}"\n'),
        "test_services.py::test_ids_begin_as_the_service_declares_and_it_declares_no_other[billing]",
        rf"billing: {SOURCE}/domain/payer\.py:\d+",
        "declare in Service",
    ),
    (
        "shared/servicekit/src/servicekit/money.py",
        with_more('\n@typing_extensions.deprecated("x")\ndef gone() -> None: ...\n'),
        "test_deprecations.py::test_what_a_library_gives_up_has_its_day[servicekit]",
        r"platform: shared/servicekit/src/servicekit/money\.py:\d+",
        "What ends has a day",
    ),
]


@pytest.fixture(scope="module")
def told_of_breaks(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest prints of a copy of the tree in which all of it is broken."""
    copy = tmp_path_factory.mktemp("tree")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    for file, change, *_ in BREAKS:
        (copy / file).write_text(change((copy / file).read_text()))
    tests = [f"tests/architecture/{test}" for _, _, test, _, _ in BREAKS]
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, timeout=120).stdout


@pytest.mark.parametrize(("test", "begins", "instead"), [row[2:] for row in BREAKS], ids=[row[0] for row in BREAKS])
def test_what_is_broken_is_told_with_its_four_parts(told_of_breaks: str, test: str, begins: str, instead: str) -> None:
    rule = re.sub(r"^.*::test_|\[.*$", "", test).replace("_", " ")
    first = [line for line in told_of_breaks.splitlines() if re.match(f"{begins}: ", line) and instead in line]
    assert first, told_of_breaks
    assert any(f": {rule}; " in line for line in first) or "is broken" in begins, first
