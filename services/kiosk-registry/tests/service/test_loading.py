"""Loading the register: all of it, again, after a kill, and twice at the same time."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.application.register.load_centres import LoadCentres, Loaded
from kiosk_registry.bootstrap import bootstrap
from kiosk_registry.entrypoints.service import main
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import published
from servicekit.testing.tokens import JWKS

COMMAND = [sys.executable, "-c", "from kiosk_registry.entrypoints.service import main; main()", "load-centres"]
EVENTS = 42 + 32  # Jaipur's sandbox centres and the first centre of every other district

Load = Callable[[int], Loaded]
Command = Callable[..., Result]


@pytest.fixture
def load(settings: KioskRegistrySettings, mongo: Mongo) -> Load:
    """Loads a number of centres into this test's own database."""

    def run(total: int) -> Loaded:
        command = LoadCentres(districts(), total, "req_of_the_load", lambda _district, _part: None)
        return bootstrap(settings, mongo).load_centres(command)

    return run


@pytest.fixture
def command(settings: KioskRegistrySettings, mongo: Mongo) -> Command:
    """Runs the load-centres command with arguments, in this process."""
    return lambda *arguments: CliRunner(env=environment(settings, mongo)).invoke(main, ["load-centres", *arguments])


def environment(settings: KioskRegistrySettings, mongo: Mongo) -> dict[str, str]:
    return {
        **os.environ,
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "CURSOR_SECRET": settings.cursor_secret,
        "INTERNAL_TOKEN_JWKS": JWKS,
    }


def test_the_command_loads_33_districts_and_40000_centres(settings: KioskRegistrySettings, mongo: Mongo) -> None:
    done = subprocess.run(
        COMMAND, env=environment(settings, mongo), capture_output=True, text=True, timeout=120, check=True
    )

    assert mongo.db.districts.count_documents({}) == 33
    assert mongo.db.kiosks.count_documents({}) == 40_000
    assert done.stdout.splitlines()[-1] == (
        "33 districts and 40,000 centres are there: 40,000 added, 0 were there before; 74 kiosk.approved events raised"
    )
    # One line for each district while it runs, and no bar: this is not a terminal.
    assert done.stdout.splitlines()[0] == "Ajmer: 1,507 added, 1,507 of 40,000"
    assert len(done.stdout.splitlines()) == 34
    for district in districts():
        kinds = Counter(each["kind"] for each in mongo.db.kiosks.find({"district_code": district.code}))
        assert kinds == {"RURAL": district.centres_rural, "URBAN": district.centres_urban}


def test_a_load_killed_half_way_is_finished_by_the_next(
    settings: KioskRegistrySettings, mongo: Mongo, load: Load
) -> None:
    loading = subprocess.Popen(COMMAND, env=environment(settings, mongo), stdout=subprocess.PIPE, text=True)
    assert loading.stdout is not None
    with loading:
        for _ in range(3):
            assert loading.stdout.readline()
        loading.send_signal(signal.SIGKILL)

    half = mongo.db.kiosks.count_documents({})
    assert 0 < half < 40_000

    done = load(40_000)

    assert (done.total, done.added) == (40_000, 40_000 - half)
    assert mongo.db.kiosks.count_documents({}) == 40_000
    assert len({event["subject"] for event in published(mongo)}) == len(published(mongo)) == EVENTS


def test_loading_again_changes_nothing(mongo: Mongo, load: Load) -> None:
    load(2_000)
    mongo.db.kiosks.update_one({"_id": "ksk_RJ10200003"}, {"$set": {"status": "SUSPENDED", "version": 2}})
    before = list(mongo.db.kiosks.find().sort("_id", 1))

    again = load(2_000)

    assert (again.total, again.added, again.raised) == (2_000, 0, 0)
    assert list(mongo.db.kiosks.find().sort("_id", 1)) == before


def test_centres_lost_here_and_there_are_added_again_without_touching_the_others(mongo: Mongo, load: Load) -> None:
    load(2_000)
    before = list(mongo.db.kiosks.find().sort("_id", 1))
    lost = ["ksk_RJ10200003", "ksk_RJ10200150", "ksk_RJ08600002"]
    mongo.db.kiosks.delete_many({"_id": {"$in": lost}})

    assert load(2_000).added == len(lost)
    assert list(mongo.db.kiosks.find().sort("_id", 1)) == before


def test_a_larger_total_adds_centres_and_moves_none(mongo: Mongo, load: Load) -> None:
    load(500)
    before = list(mongo.db.kiosks.find().sort("_id", 1))

    load(1_500)

    assert mongo.db.kiosks.count_documents({}) == 1_500
    assert list(mongo.db.kiosks.find({"_id": {"$in": [each["_id"] for each in before]}}).sort("_id", 1)) == before


def test_two_loads_at_the_same_time_load_everything_once(mongo: Mongo, load: Load) -> None:
    with ThreadPoolExecutor(2) as both:
        results = [each.result(timeout=60) for each in [both.submit(load, 4_000), both.submit(load, 4_000)]]

    assert sum(done.added for done in results) == mongo.db.kiosks.count_documents({}) == 4_000
    assert sum(done.raised for done in results) == len(published(mongo)) == EVENTS


def test_the_sandboxs_centres_are_announced_with_the_centre_they_tell_of(mongo: Mongo, load: Load) -> None:
    load(2_000)

    events = {event["subject"]: event for event in published(mongo)}

    expected = {"ksk_RJ10200001", "ksk_RJ10200002", *(f"ksk_RJ102{number:05}" for number in range(101, 141))}
    expected |= {f"ksk_RJ{int(district.code):03}00001" for district in districts()}
    assert events.keys() == expected
    for kiosk_id, event in events.items():
        kiosk = mongo.db.kiosks.find_one({"_id": kiosk_id})
        assert kiosk is not None
        assert (event["data"]["district_code"], event["data"]["lsp_id"]) == (kiosk["district_code"], kiosk["lsp_id"])
        assert event["correlationid"] == "req_of_the_load"


def test_a_file_of_districts_can_be_given(command: Command, mongo: Mongo, tmp_path: Path) -> None:
    one = tmp_path / "one.csv"
    one.write_text(
        "lgd_code,census2011_code,name_en,name_hi,division,hq_lat,hq_lon,area_km2,population_2011,"
        "centres_of_40000,centres_rural,centres_urban\n"
        "109,127,Kota,कोटा,Kota,25.2138,75.8648,5217,1951014,1139,450,689\n",
        encoding="utf-8",
    )

    done = command("--districts", str(one), "--total", "50")

    assert done.exit_code == 0, done.output
    assert mongo.db.kiosks.count_documents({"district_code": "109"}) == mongo.db.kiosks.count_documents({}) == 50
    assert mongo.db.districts.count_documents({}) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--total", "0"], "--total"),
        (["--total", "1000001"], "--total"),
        (["--districts", "no.csv"], "does not exist"),
        (["--districts", __file__], "no column"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused_before_anything_is_written(
    command: Command, mongo: Mongo, arguments: list[str], complaint: str
) -> None:
    done = command(*arguments)

    assert done.exit_code == 2
    assert complaint in done.output
    assert mongo.db.kiosks.count_documents({}) == mongo.db.districts.count_documents({}) == 0
