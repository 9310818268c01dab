"""Whoever breaks a rule of the tree is told the service, the file, the rule and what to do instead, in one sentence."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.remedies import REMEDIES

MODULES = [*ROOT.glob("tests/architecture/test_*.py"), *ROOT.glob("tests/contract/test_*.py")]
IMPORTS = "import pytest\nfrom pathlib import Path\n"
CONFTEST = "from tests.support.remedies import pytest_runtest_makereport\n"


def test_every_test_of_a_service_or_of_a_file_says_what_to_do_instead() -> None:
    texts = "".join(module.read_text() for module in MODULES)
    of_something = re.findall(r"^def (test_\w+)\(\s*(?:service: str|(?!tmp_path)\w+: Path\))", texts, re.MULTILINE)
    assert len(of_something) > 40
    assert [name for name in of_something if name not in REMEDIES] == []
    assert [name for name in REMEDIES if f"\ndef {name}(" not in texts] == []


@pytest.mark.parametrize(
    ("test", "sentence"),
    [
        (
            "test_every_post_asks_for_a_key_or_says_why_a_repeat_is_harmless(service)",
            "billing: services/billing/src/…/entrypoints/http: every post asks for a key or says why a repeat is "
            "harmless; decorate the route with @blueprint.keyed(operation, …) or @blueprint.repeatable(why), then "
            "`make generate`",
        ),
        (
            "test_pods_are_restricted(service)",
            "billing: deploy/k8s/services/billing/base/kustomization.yaml: pods are restricted; take the security "
            "context of deploy/k8s/components",
        ),
        (
            "test_the_committed_table_of_events_is_the_services_own(service)",
            "billing: services/billing/events.json: the committed table of events is the services own; run "
            "`make generate`",
        ),
        (
            "test_what_a_document_names_is_there(document)",
            "gateway: services/gateway/README.md: what a document names is there; name what is there, or take the "
            "sentence out",
        ),
        (
            "test_every_make_target_says_what_it_does()",
            "platform: Makefile: every make target says what it does; write `## what it does` behind the target",
        ),
    ],
)
def test_a_failure_begins_with_it(tmp_path: Path, test: str, sentence: str) -> None:
    parameter = re.search(r"\((\w*)\)", test)
    assert parameter is not None
    value = {"service": "'billing'", "document": f"Path({str(ROOT)!r}, 'services', 'gateway', 'README.md')", "": ""}
    mark = f"@pytest.mark.parametrize({parameter[1]!r}, [{value[parameter[1]]}])\n" if parameter[1] else ""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(f"{IMPORTS}{mark}def {test}:\n    assert 1 == 2\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", str(tmp_path)]
    failed = subprocess.run(
        [*command, "--rootdir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert failed.returncode == 1
    assert f"\n{sentence}\n" in failed.stdout, failed.stdout
    assert "assert 1 == 2" in failed.stdout
