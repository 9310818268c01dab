"""The commands that a page shows. A block of `sh` is run by a test; `sh not run: <why>` says why it is not."""

import re
from dataclasses import dataclass
from pathlib import Path

from emitra_local.workspace import Workspace

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_RUN = "sh not run:"
_PROGRAMS = ("make", "curl", "git", "kubectl", "python3", "docker", "emitra-biller-simulator", "emitra-psp-simulator")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: `info` is what stands behind its first fence."""

    info: str
    text: str

    @property
    def is_run(self) -> bool:
        return self.info == "sh"

    @property
    def reason(self) -> str:
        """Why it is not run; empty when it does not say."""
        return self.info.removeprefix(_NOT_RUN).strip() if self.info.startswith(_NOT_RUN) else ""


def pages(root: Path) -> list[Path]:
    """Every page that people read to learn what to type."""
    patterns = (
        "*.md",
        "docs/*.md",
        "services/*/README.md",
        "shared/*/README.md",
        "deploy/*/README.md",
        "tests/README.md",
    )
    return sorted(page for pattern in patterns for page in root.glob(pattern))


def blocks(page: Path) -> list[Block]:
    return [Block(info.strip(), text) for info, text in _FENCE.findall(page.read_text(encoding="utf-8"))]


def hidden_commands(root: Path, block: Block) -> list[str]:
    """Lines of a block without a language that are commands, and would be run by nobody."""
    programs = {*_PROGRAMS, *(service.folder.name for service in Workspace(root).services)}
    return [line for line in block.text.splitlines() if line.split(" ")[0] in programs]
