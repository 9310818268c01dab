"""What a service says in its deploy-local.toml."""

from pathlib import Path

import pytest

from emitra_local import service_settings
from emitra_local.problems import CannotStart
from emitra_local.secret_store import SecretStore
from emitra_local.service_settings import Seed

PLACES = {"biller_url": "http://127.0.0.1:20001", "state_dir": "/somewhere"}


def read(folder: Path, text: str) -> service_settings.ServiceSettings:
    (folder / service_settings.FILE).write_text(text)
    return service_settings.read(folder, PLACES, SecretStore(folder / "secrets.json"))


def test_references_are_replaced_and_other_braces_stay(tmp_path: Path) -> None:
    settings = read(tmp_path, '[env]\nURL = "{biller_url}/x"\nJSON = \'{"a": 1}\'\nKEY = "{secret:vault}"\n')

    assert settings.env["URL"] == "http://127.0.0.1:20001/x"
    assert settings.env["JSON"] == '{"a": 1}'
    assert settings.env["KEY"] == SecretStore(tmp_path / "secrets.json").secret("vault")


def test_seeds_are_commands_of_the_service(tmp_path: Path) -> None:
    settings = read(tmp_path, '[[seed]]\nargs = ["load", "--out", "{state_dir}/x"]\nprogress = true\n')

    assert settings.seeds == (Seed(("load", "--out", "/somewhere/x"), progress=True),)


def test_a_service_without_the_file_has_nothing_of_its_own(tmp_path: Path) -> None:
    assert service_settings.read(tmp_path, PLACES, SecretStore(tmp_path / "s")).env == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[env]\nA = "{biler_url}"', r"unknown reference \{biler_url\}"),
        ('[env]\nA = "{secret}"', r"unknown reference \{secret\}"),
        ('[enw]\nA = "1"', "unknown table enw"),
        ("[env", "deploy-local.toml cannot be used"),
        ('[[seed]]\ncommand = ["x"]', "has args"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(CannotStart, match=problem) as raised:
        read(tmp_path, text)
    assert service_settings.FILE in str(raised.value)
