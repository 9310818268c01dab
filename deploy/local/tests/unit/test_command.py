"""`emitra-local command`: a command of a service, with what its processes run with."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A stack's folder in which billing was started; its program says what it was given."""
    folder = tmp_path / ".local" / "run" / "programs"
    folder.mkdir(parents=True)
    billing = tmp_path / "billing"
    billing.write_text('#!/bin/sh\necho "$@" "$MONGODB_DATABASE" "$OPERATOR_TOKEN" "$NOT_FOR_SERVICES"\n')
    billing.chmod(0o700)
    described = {"argv": [str(billing), "api"], "env": {"MONGODB_DATABASE": "t1_billing"}, "cwd": str(tmp_path)}
    (folder / "billing-api.json").write_text(json.dumps(described))
    return folder


def command(programs: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    root = programs.parent.parent.parent
    env = os.environ | {"EMITRA_ROOT": str(root), "OPERATOR_TOKEN": "a-token", "NOT_FOR_SERVICES": "x"}
    program = [sys.executable, "-c", "from emitra_local.cli import main; main()"]
    return subprocess.run([*program, "command", *arguments], env=env, capture_output=True, text=True, check=False)


def test_it_runs_with_the_services_own_environment_and_the_operators_token(programs: Path) -> None:
    done = command(programs, "billing", "--", "dead-letters", "list", "--limit", "3")
    assert (done.returncode, done.stdout) == (0, "dead-letters list --limit 3 t1_billing a-token \n")


@pytest.mark.parametrize("service", ["", "parking"])
def test_a_service_that_is_not_there_is_named_with_those_that_are(programs: Path, service: str) -> None:
    refused = command(programs, service, "--", "dead-letters", "list")
    assert refused.returncode == 2
    assert f"SERVICE is one of billing, not '{service}'" in refused.stdout + refused.stderr


def test_where_nothing_was_started_it_says_so(programs: Path) -> None:
    (programs / "billing-api.json").unlink()
    refused = command(programs, "billing", "--", "dead-letters", "list")
    assert (refused.returncode, "Nothing was ever started here." in refused.stdout + refused.stderr) == (2, True)
