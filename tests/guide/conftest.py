"""A copy of the repository for each module of tests, to do in it what people do."""

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.guide.repository import commit, git


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working tree as it is, as a repository of its own with one commit."""
    folder = tmp_path_factory.mktemp("copy") / "emitra"
    files = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in filter(None, files):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
            (folder / name).chmod((ROOT / name).stat().st_mode)
    git(folder, "init", "--quiet")
    commit(folder, "as it is")
    return folder
