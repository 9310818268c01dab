"""Files of billers: what is wrong is told with its line, and nothing in a file can hold a request up."""

import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.support.reference import BILLERS, FEES

from billing.adapters.data.biller_files import LinearPattern, read_billers
from billing.adapters.data.catalogue import BillerFiles, Catalogue, load_billers, read_renumbered
from billing.adapters.data.fee_orders import read_orders
from billing.adapters.data.marked_yaml import MOST_CHARACTERS, BadFile, read_marked
from billing.domain.tariff.billers import Renumbered

DAY = date(2026, 11, 27)
GAS = """\
department: gas
billers:
  - biller_id: GAS-1
    name: Gas company
    name_hi: गैस कंपनी
    category: WATER
    coverage: Jaipur
    pending_supported: true
    customer_params:
      - {name: bp_number, label: BP number, label_hi: बीपी नंबर, numeric: true, min_length: 10, max_length: 10}
    limits:
      AGT: {WALLET: 4999900}
"""


def problems(content: str) -> list[str]:
    with pytest.raises(BadFile) as refused:
        read_billers("gas.yaml", content, FEES, DAY)
    return [str(problem) for problem in refused.value.problems]


def test_a_file_that_is_right_is_a_biller() -> None:
    (biller,) = read_billers("gas.yaml", GAS, FEES, DAY)

    assert (biller.biller_id, biller.fetch.value, biller.flow.value) == ("GAS-1", "MANDATORY", "FETCH_AND_PAY")
    assert biller.bharat_connect_id is None


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("coverage: Jaipur", "covers: Jaipur", "gas.yaml:7: billers[0].covers: Unknown field."),
        ("WATER", "GAS", "gas.yaml:6: billers[0].category: There is no rate for GAS on 2026-11-27."),
        ("max_length: 10", "max_length: 9", "gas.yaml:10: billers[0].customer_params[0].max_length: Must not be less"),
        ("max_length: 10", "max_length: ten", "gas.yaml:10: billers[0].customer_params[0].max_length: Not a valid int"),
        ("4999900", "5000000", "gas.yaml:12: billers[0].limits.AGT.WALLET: Must be greater than"),
        ("AGT: {WALLET", "KIOSK: {UPI", "gas.yaml:12: billers[0].limits.KIOSK: UPI cannot be used on KIOSK."),
        ("AGT: {WALLET", "INT: {WALLET", "gas.yaml:12: billers[0].limits.INT: WALLET cannot be used on INT."),
        ("AGT: {WALLET", "ATM: {WALLET", "gas.yaml:12: billers[0].limits.ATM: Must be one of"),
        ("गैस कंपनी", "Gas company", "gas.yaml:5: billers[0].name_hi: Must be in Hindi."),
        ("GAS-1", "1 GAS", "gas.yaml:3: billers[0].biller_id: Does not have the right form."),
        ("pending_supported: true", "pending_supported: true\n    internal: true", "gas.yaml:9: billers[0].internal: "),
        ("coverage: Jaipur", "coverage: Jaipur\n    coverage: Kota", "gas.yaml:8: billers[0].coverage: Named twice."),
        ("numeric: true,", 'numeric: true, pattern: "(",', "gas.yaml:10: billers[0].customer_params[0].pattern: "),
        ("coverage: Jaipur", "coverage: J\n    fetch: NOT_SUPPORTED", "gas.yaml:8: billers[0].fetch: With"),
        ("coverage: Jaipur", "coverage: [", "gas.yaml:9: This is not YAML: "),
        ("department: gas", "department: &g gas\nabout: *g", "gas.yaml:1: about: Aliases are not used here"),
        ("department: gas", "department: !!python/none x", "gas.yaml:1: department: Tags are not used here."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(was: str, becomes: str, told: str) -> None:
    assert was in GAS
    lines = problems(GAS.replace(was, becomes, 1))

    assert any(line.startswith(told) for line in lines), lines


def test_what_is_wrong_in_the_defaults_is_told_where_they_stand() -> None:
    told = problems(GAS.replace("    category: WATER\n", "").replace("billers:", "defaults:\n  category: 7\nbillers:"))

    assert told == ["gas.yaml:3: billers[0].category: Not a valid string."]


def test_every_problem_of_a_file_is_told() -> None:
    told = problems(GAS.replace("Jaipur", "''").replace("numeric: true", "numeric: perhaps").replace("GAS-1", "''"))

    assert [line.split(":")[1] for line in told] == ["3", "7", "10"]


@pytest.mark.parametrize(
    "content", ["", "- a", "a: [", "[" * 5_000, "{" * 5_000, "x" * (MOST_CHARACTERS + 1), "\0", "a: b\n---\n"]
)
def test_what_is_no_such_file_is_refused_and_harms_nothing(content: str) -> None:
    with pytest.raises(BadFile):
        read_marked("gas.yaml", content)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(.*)*x", "(a{0,30}){0,30}b"])
def test_no_pattern_can_hold_a_request_up(pattern: str) -> None:
    compiled = LinearPattern(pattern)
    began = time.perf_counter()

    assert not compiled.fullmatch("a" * 64)

    assert time.perf_counter() - began < 0.5


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)", "(", "a{1001}", "((a{100}){100}){100}"])
def test_an_expression_that_could_is_refused_when_the_file_is_read(pattern: str) -> None:
    assert "pattern" in problems(GAS.replace("numeric: true,", f"numeric: true, pattern: '{pattern}',"))[0]


def test_half_of_a_surrogate_pair_matches_nothing() -> None:
    assert LinearPattern(".*").fullmatch("\ud83d") is None


RENUMBERED = "old,new,from\n100000000001,200000000001,2026-11-01\n200000000001,300000000001,2026-11-20\n"


def test_a_retired_number_leads_to_the_newest_from_its_day_on() -> None:
    jvvnl = BILLERS["JVVNL"]
    retired = read_renumbered("JVVNL.renumbered.csv", RENUMBERED, jvvnl)
    assert retired["100000000001"] == Renumbered("200000000001", date(2026, 11, 1))
    biller = replace(jvvnl, renumbered=retired)

    def successor(number: str, day: int, month: int = 11) -> str | None:
        return biller.successor({"k_number": number}, date(2026, month, day))

    assert successor("100000000001", 31, 10) is None
    assert successor("100000000001", 1) == "200000000001"
    assert successor("100000000001", 20) == "300000000001"
    assert successor("300000000001", 20) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "1: The first line"),
        ("old,new\n", "1: The first line"),
        ("old,new,from\n1,2,2026-11-01\n", "2: Both must be a K number"),
        ("old,new,from\n100000000001,100000000002\n", "2: A line has 3 values."),
        ("old,new,from\n100000000001,100000000002,01-11-2026\n", "2: Write a day"),
        ("old,new,from\n100000000001,100000000002,2026-02-30\n", "2: Write a day"),
        ("old,new,from\n100000000001,100000000001,2026-11-01\n", "2: A number is retired once"),
        (RENUMBERED + "100000000001,400000000001,2026-11-20\n", "4: A number is retired once"),
        (RENUMBERED + "300000000001,100000000001,2026-11-20\n", "2: These numbers replace each other"),
    ],
)
def test_what_is_wrong_with_renumbered_accounts_is_told_with_its_line(content: str, told: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_renumbered("JVVNL.renumbered.csv", content, BILLERS["JVVNL"])

    assert str(refused.value.problems[0]).startswith(f"JVVNL.renumbered.csv:{told}")
    assert "100000000001" not in str(refused.value), "a problem must not repeat a customer's number"


@pytest.fixture
def folder(tmp_path: Path) -> BillerFiles:
    return BillerFiles(tmp_path, BILLERS, FEES)


def write(folder: Path, name: str, content: str) -> None:
    """As a file is exchanged: there is no moment at which half of it stands there."""
    (folder / f".{name}").write_text(content, "utf-8")
    (folder / f".{name}").rename(folder / name)


def test_a_folder_adds_to_the_billers_of_the_service_and_may_change_one(folder: BillerFiles, tmp_path: Path) -> None:
    write(tmp_path, "gas.yaml", GAS)
    write(tmp_path, "phed.yaml", GAS.replace("GAS-1", "PHED"))
    write(tmp_path, "PHED.renumbered.csv", "old,new,from\n1000000000,2000000000,2026-11-01\n")

    read = folder.read(DAY)

    assert not read.problems
    assert len(read.billers) == len(BILLERS) + 1
    assert read.billers["PHED"].coverage == "Jaipur"
    assert read.billers["PHED"].successor({"bp_number": "1000000000"}, DAY) == "2000000000"
    assert not folder.changed()


def test_a_file_that_becomes_wrong_keeps_what_was_good_and_the_others_go_on(
    folder: BillerFiles, tmp_path: Path
) -> None:
    write(tmp_path, "gas.yaml", GAS)
    assert not folder.read(DAY).problems
    write(tmp_path, "gas.yaml", GAS.replace("WATER", "GAS"))
    write(tmp_path, "other.yaml", GAS.replace("GAS-1", "GAS-2"))
    assert folder.changed()

    read = folder.read(DAY)

    assert {"GAS-1", "GAS-2"} <= set(read.billers)
    assert [str(problem) for problem in read.problems] == [
        "gas.yaml:6: billers[0].category: There is no rate for GAS on 2026-11-27."
    ]
    write(tmp_path, "gas.yaml", GAS.replace("Jaipur", "Kota"))
    assert folder.read(DAY).billers["GAS-1"].coverage == "Kota"
    (tmp_path / "gas.yaml").unlink()
    assert "GAS-1" not in folder.read(DAY).billers


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("b.yaml", GAS, "b.yaml:1: a.yaml has GAS-1 too, and stands first."),
        ("b.yaml", GAS.replace("GAS-1", "EMITRA-FEES"), "b.yaml:1: EMITRA-FEES is the platform's own."),
        ("NOBODY.renumbered.csv", RENUMBERED, "NOBODY.renumbered.csv:1: No biller has this id."),
    ],
)
def test_files_that_contradict_each_other_are_told(
    folder: BillerFiles, tmp_path: Path, name: str, content: str, told: str
) -> None:
    write(tmp_path, "a.yaml", GAS)
    write(tmp_path, name, content)

    read = folder.read(DAY)

    assert [str(problem) for problem in read.problems] == [told]
    assert read.billers["EMITRA-FEES"] is BILLERS["EMITRA-FEES"]


def test_a_running_catalogue_notices_a_change(
    folder: BillerFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue(BILLERS, folder, lambda: DAY)
    assert "GAS-1" not in catalogue
    write(tmp_path, "gas.yaml", GAS)
    assert "GAS-1" not in catalogue, "it looks again only after a while"

    monkeypatch.setattr(catalogue, "_look_at", 0.0)

    assert catalogue["GAS-1"].name == "Gas company"
    assert len(list(catalogue)) == len(catalogue) == len(BILLERS) + 1


def test_a_folder_that_goes_away_leaves_the_catalogue_as_it_was(
    folder: BillerFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "gas.yaml", GAS)
    catalogue = Catalogue(BILLERS, folder, lambda: DAY)
    (tmp_path / "gas.yaml").unlink()
    tmp_path.rmdir()

    monkeypatch.setattr(catalogue, "_look_at", 0.0)

    assert "GAS-1" in catalogue


def test_the_service_comes_with_every_biller_that_the_state_needs() -> None:
    live = load_billers(FEES, DAY, sandbox=False)

    assert len(live) >= 30
    assert not [biller for biller in live.values() if biller.sandbox]
    by_category: dict[str, int] = {}
    for biller in live.values():
        by_category[biller.category] = by_category.get(biller.category, 0) + 1
    assert by_category["ELECTRICITY"] == 7
    assert {b.bharat_connect_id for b in live.values() if b.category == "ELECTRICITY"} == {
        "JVVNL0000RAJ01", "AVVNL0000RAJ01", "JDVVNL000RAJ01", "BESLOB000RAJ02", "BKESL0000RAJ02", "KEDLOB000RAJ02",
        "TPADL0000AJM02",
    }  # fmt: skip
    for biller in live.values():
        known = biller.bharat_connect_id is not None or biller.internal
        assert known or "bharat_connect_id" in biller.facts_unset, biller.biller_id


ORDER = """\
orders:
  - name: A draft
    name_hi: एक मसौदा
    source: nobody
    effective_from: 2027-01-01
    rates:
      - {category: MOBILE, percent: {basis_points: 150, most_paise: 500}, tax: {basis_points: 1800, included: false}}
"""


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("percent: {basis_points: 150, most_paise: 500}", "slabs: [{up_to_paise: 5, charge_paise: 5}]",
            "draft.yaml:7: orders[0].rates[0].slabs: Must rise, and the last must be up to null."),
        ("percent: {basis_points: 150, most_paise: 500},", "",
            "draft.yaml:7: orders[0].rates[0].category: Must have one of"),
        ("basis_points: 150,", "basis_points: 10001,", "draft.yaml:7: orders[0].rates[0].percent.basis_points: "),
        ("basis_points: 150,", "basis_points: 1.5,", "draft.yaml:7: orders[0].rates[0].percent.basis_points: "),
        ("effective_from: 2027-01-01", "effective_from: soon", "draft.yaml:5: orders[0].effective_from: Write a day"),
        ("most_paise: 500", "most_paise: -1", "draft.yaml:7: orders[0].rates[0].percent.most_paise: "),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_order_is_told_with_its_line(was: str, becomes: str, told: str) -> None:
    (rate,) = read_orders("draft.yaml", ORDER).rates
    assert rate.parts(10_000) == (150, 27)
    with pytest.raises(BadFile) as refused:
        read_orders("draft.yaml", ORDER.replace(was, becomes, 1))

    assert str(refused.value.problems[0]).startswith(told)
