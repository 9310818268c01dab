"""What is missing is installed where that is possible, and named with the way out where it is not."""

import os
import subprocess
from pathlib import Path

import pytest

from emitra_local import system_packages
from emitra_local.problems import CannotStart
from emitra_local.system_packages import INSTALL_TIMEOUT_SECONDS, SystemPackage, install_missing

SUDO = """#!/bin/sh
printf "%s\\n" "$*" >> {folder}/asked
[ "$2" = true ] || touch {folder}/installed
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of an ordinary user, whose only programs are those in this folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (folder / "apt-get").write_text("#!/bin/sh\n")
    (folder / "apt-get").chmod(0o755)
    return folder


def broker(tmp_path: Path) -> SystemPackage:
    return SystemPackage("rabbitmq-server", (tmp_path / "installed").exists, "or point AMQP_URL at one")


def test_nothing_happens_when_nothing_is_missing(tmp_path: Path, programs: Path) -> None:
    (tmp_path / "installed").touch()

    install_missing([broker(tmp_path)], tmp_path / "apt.log", pytest.fail)


def test_without_root_and_sudo_the_command_and_the_way_round_are_said(tmp_path: Path, programs: Path) -> None:
    with pytest.raises(CannotStart) as raised:
        install_missing([broker(tmp_path)], tmp_path / "apt.log", pytest.fail)

    assert "sudo apt-get install -y --no-install-recommends rabbitmq-server\n" in str(raised.value)
    assert "or point AMQP_URL at one" in str(raised.value)


def test_a_sudo_that_asks_for_nothing_is_used(tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (programs / "sudo").write_text(SUDO.format(folder=tmp_path))
    (programs / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")

    install_missing([broker(tmp_path)], tmp_path / "apt.log", lambda _: None)

    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "-n true"
    assert asked[1].endswith(f"install_packages.sh {INSTALL_TIMEOUT_SECONDS} rabbitmq-server")


def test_a_failed_installation_shows_the_end_of_its_log(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (programs / "sudo").write_text('#!/bin/sh\n[ "$2" = true ] || { echo "E: no space left"; exit 100; }\n')
    (programs / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")

    with pytest.raises(CannotStart, match="E: no space left"):
        install_missing([broker(tmp_path)], tmp_path / "apt.log", lambda _: None)


def test_an_apt_get_that_hangs_is_ended_and_services_may_start_again(tmp_path: Path, programs: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    for name, script in {"dpkg": "exit 0", "apt-get": f"test -x {policy} || exit 1\nexec sleep 600"}.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    installer = Path(system_packages.__file__).with_name("install_packages.sh")

    done = subprocess.run(
        ["sh", str(installer), "1", "rabbitmq-server"],
        env=os.environ | {"PATH": f"{programs}:/usr/bin:/bin", "POLICY_RC_D": str(policy)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 124
    assert "apt-get did not finish in 1 s" in done.stdout
    assert not policy.exists()


def test_a_services_tests_name_what_they_need_and_a_broken_file_is_no_matter_here(tmp_path: Path) -> None:
    for name, text in {"pages": '[tool.emitra]\ntest-packages = ["a-browser"]', "broken": "[tool", "plain": ""}.items():
        folder = tmp_path / "services" / name
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(text)
    assert [package.name for package in system_packages.of_tests(tmp_path)] == ["a-browser"]
    assert system_packages.of_tests(tmp_path, "plain") == []
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "pyproject.toml").write_text('[tool.emitra]\ntest-packages = ["curl"]')
    assert [package.name for package in system_packages.of_tests(tmp_path)] == ["a-browser", "curl"]
    assert system_packages.of_tests(tmp_path, "plain") == []
    assert not system_packages.of_tests(tmp_path)[0].present()
