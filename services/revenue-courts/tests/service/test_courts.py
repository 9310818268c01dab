"""Courts and kinds of cases are data, and everybody may read them."""

from pathlib import Path

import pytest
from tests.support.world import World, json_of, problem
from typer.testing import CliRunner

from revenue_courts.adapters.data.facts import shipped_text
from revenue_courts.entrypoints.commands import commands

HEAD = shipped_text("courts.csv").splitlines()[0]
ROW = (
    "sdo-amber,sub-divisional-officer,Court of the SDO Amber,न्यायालय उपखण्ड अधिकारी आमेर,102"
    ",Amber,*,SDO,Reader,,,,,Order 1,आदेश 1"
)


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> "Command":
    monkeypatch.setenv("MONGODB_URI", world.settings.mongodb_uri)
    monkeypatch.setenv("MONGODB_DATABASE", world.mongo.db.name)
    for name in ("AMQP_URL", "CURSOR_SECRET", "INTERNAL_TOKEN_JWKS", "ISSUER", "JWKS_URL"):
        value = getattr(world.settings, name.lower(), None)
        if value is not None:
            monkeypatch.setenv(name, str(value))
    return Command(tmp_path / "courts.csv")


class Command:
    """`load-courts` over a file that it writes."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self, *lines: str, dry_run: bool = False) -> tuple[int, str]:
        self.file.write_bytes("\n".join(lines).encode())
        ran = CliRunner().invoke(commands, [str(self.file), *(["--dry-run"] if dry_run else [])])
        return ran.exit_code, ran.output


def test_the_board_and_the_sandboxs_courts_are_there_and_say_what_they_are(world: World) -> None:
    items = json_of(world.public("/courts"), 200)["items"]
    by_code = {item["court_code"]: item for item in items}
    assert by_code["bor"]["level_name"]["hi"] == "राजस्व मण्डल"
    assert not by_code["bor"]["sandbox"]
    assert by_code["test-tehsildar-jaipur"]["sandbox"]
    assert [code for code in by_code if code != "bor" and not code.startswith("test-")] == []


def test_courts_are_asked_for_by_district_and_level_a_page_at_a_time(world: World) -> None:
    of_jodhpur = json_of(world.public("/courts?district_code=107"), 200)["items"]
    assert [item["court_code"] for item in of_jodhpur] == ["bor", "test-sdo-jodhpur", "test-tehsildar-jodhpur"]
    first = json_of(world.public("/courts?level=tehsildar&limit=2"), 200)
    second = json_of(world.public(f"/courts?level=tehsildar&limit=2&cursor={first['next']}"), 200)
    codes = [item["court_code"] for item in [*first["items"], *second["items"]]]
    assert codes == ["test-tehsildar-jaipur", "test-tehsildar-jodhpur", "test-tehsildar-udaipur"]
    assert second["next"] is None


def test_what_is_not_known_of_a_kind_is_unset_and_says_so_in_both_languages(world: World) -> None:
    document = json_of(world.public("/case-kinds"), 200)
    assert len(document["items"]) == 12
    for kind in document["items"]:
        assert kind["limitation"]["state"] == kind["court_fee"]["state"] == "unset"
        assert kind["limitation"]["days"] is None
        assert "unset" in kind["court_fee"]["note"]["en"]
        assert "निर्धारित नहीं" in kind["court_fee"]["note"]["hi"]
    assert "adjournments" in document["codes"]


def test_a_court_that_is_not_there_is_no_court(world: World) -> None:
    assert problem(world.public("/courts/nowhere"), 404)["code"] == "court-not-found"
    assert problem(world.public("/courts?level=high-court"), 422)["errors"][0]["pointer"] == "?level"


def test_courts_are_loaded_once_changed_by_a_new_file_and_stay_when_left_out(world: World, command: Command) -> None:
    assert command(HEAD, ROW) == (0, "1 courts: 1 added, 0 changed, 0 as they were\n")
    assert command(HEAD, ROW) == (0, "1 courts: 0 added, 0 changed, 1 as they were\n")
    ended = ROW.replace(",,,Order 1", ",,2026-01-31,Order 2")
    assert command(HEAD, ended, dry_run=True)[1] == "1 courts: 0 would be added, 1 would be changed, 0 as they were\n"
    assert json_of(world.public("/courts/sdo-amber"), 200)["ends"] is None
    command(HEAD, ended)
    assert json_of(world.public("/courts/sdo-amber"), 200)["ends"] == "2026-01-31"
    listed = json_of(world.public("/courts"), 200)["items"]
    assert "sdo-amber" not in [court["court_code"] for court in listed]


def test_a_loaded_court_stands_before_a_shipped_one_of_its_code(world: World, command: Command) -> None:
    command(HEAD, ROW.replace("sdo-amber", "bor"))
    names = [court["name"]["en"] for court in json_of(world.public("/courts"), 200)["items"]]
    assert "Court of the SDO Amber" in names
    assert "Board of Revenue for Rajasthan" not in names


def test_everything_wrong_with_a_file_is_told_by_its_line_and_nothing_is_loaded(world: World, command: Command) -> None:
    code, told = command(HEAD, ROW, ROW, ROW.replace("sub-divisional-officer", "high-court"), "a,b", "=x" + ROW)
    assert code == 1
    for part in ("line 3: code: sdo-amber stands on line 2", "line 4: level: must be one of", "line 5: must have 15",
                 "line 6: code: must not begin with ="):  # fmt: skip
        assert part in told, told
    assert world.mongo.db.courts.count_documents({}) == 0


def test_a_file_of_another_encoding_or_with_other_columns_is_refused(command: Command) -> None:
    broken = command.file
    broken.write_bytes(HEAD.encode() + b"\n\xff\xfe\n")
    ran = CliRunner().invoke(commands, [str(broken)])
    assert ran.exit_code == 1
    assert "line 2: is not UTF-8" in ran.output
    assert "line 1: the columns must be" in command("code,name", "a,b")[1]
