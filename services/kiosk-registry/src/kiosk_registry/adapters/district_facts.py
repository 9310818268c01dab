"""Where the districts' facts come from: the package's own file, or one that the operator names."""

from importlib import resources
from pathlib import Path

from kiosk_registry.domain.districts import District, read_districts


def districts(path: Path | None = None) -> tuple[District, ...]:
    """The districts of the CSV file at `path`, by default those of the package.

    Raises `DistrictFactsError` for a file that cannot be used, OSError for one that cannot be read.
    """
    source = resources.files("kiosk_registry").joinpath("data", "districts.csv") if path is None else path
    return read_districts(source.read_text(encoding="utf-8").splitlines())
