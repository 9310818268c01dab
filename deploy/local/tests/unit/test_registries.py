"""The user's pip settings reach uv."""

from pathlib import Path

from emitra_local.registries import uv_variables


def test_a_mirror_and_its_certificate_are_carried_over() -> None:
    listing = "global.index-url='https://mirror.example/simple'\nglobal.cert='/etc/mirror.pem'\nglobal.timeout='60'\n"

    assert uv_variables(listing) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "SSL_CERT_FILE": "/etc/mirror.pem",
        "UV_HTTP_TIMEOUT": "60",
    }


def test_without_any_pip_setting_the_systems_certificates_are_trusted() -> None:
    assert uv_variables("") == {"UV_SYSTEM_CERTS": "1"}


def test_an_environment_variable_overrules_the_file_as_it_does_for_pip() -> None:
    listing = ":env:.index-url='https://from.environment/'\nglobal.index-url='https://from.file/'\n"

    assert uv_variables(listing)["UV_DEFAULT_INDEX"] == "https://from.environment/"


def test_extra_indexes_are_searched_as_pip_does() -> None:
    variables = uv_variables("global.extra-index-url='https://one.example/ https://two.example/'\n")

    assert variables["UV_INDEX"] == "https://one.example/ https://two.example/"
    assert variables["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_a_folder_of_wheels_that_is_not_there_is_passed_over_as_pip_does(tmp_path: Path) -> None:
    variables = uv_variables(f"global.find-links='{tmp_path} {tmp_path}/missing'\n")

    assert variables["UV_FIND_LINKS"] == str(tmp_path)


def test_a_lock_is_made_from_the_main_index_only(tmp_path: Path) -> None:
    listing = f"global.index-url='https://m/'\nglobal.extra-index-url='https://e/'\nglobal.find-links='{tmp_path}'\n"

    assert uv_variables(listing, locking=True) == {"UV_DEFAULT_INDEX": "https://m/", "UV_SYSTEM_CERTS": "1"}
