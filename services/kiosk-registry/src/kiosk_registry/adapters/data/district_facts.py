"""Where the districts' facts come from: the package's own file, or one that the operator names."""

from importlib import resources
from pathlib import Path

from kiosk_registry.domain.places.districts import District, DistrictFactsError, read_districts
from servicekit.text import Name, Refusal, Script

LONGEST_NAME = 100
_NAME = Name(LONGEST_NAME)
_NAME_HI = Name(LONGEST_NAME, Script.DEVANAGARI)


def districts(path: Path | None = None) -> tuple[District, ...]:
    """The districts of the CSV file at `path`, by default those of the package.

    Raises `DistrictFactsError` for a file that cannot be used, OSError for one that cannot be read.
    """
    source = resources.files("kiosk_registry").joinpath("adapters", "data", "districts.csv") if path is None else path
    facts = read_districts(source.read_text(encoding="utf-8").splitlines())
    for district in facts:
        for name, rule in ((district.name_en, _NAME), (district.division, _NAME), (district.name_hi, _NAME_HI)):
            if isinstance(refused := rule.check(name), Refusal):
                raise DistrictFactsError(f"A name of district {district.code}: {refused.detail}")
    return facts
