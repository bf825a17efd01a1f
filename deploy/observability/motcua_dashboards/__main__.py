"""`PYTHONPATH=deploy/observability python -m motcua_dashboards` writes the dashboards; `--check` only compares."""

import json
import sys
from pathlib import Path

from motcua_dashboards.dossiers import DOSSIERS
from motcua_dashboards.services import SERVICES

FOLDER = Path(__file__).parents[1] / "dashboards"


def rendered() -> dict[Path, str]:
    """Every file and what it should hold."""
    boards = {"services.json": SERVICES, "dossiers.json": DOSSIERS}
    return {FOLDER / name: json.dumps(board, indent=2, ensure_ascii=False) + "\n" for name, board in boards.items()}


def main(arguments: list[str]) -> int:
    """0 when every file holds what it should."""
    stale = [path for path, text in rendered().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        print(f"{path.name} {'is out of date' if '--check' in arguments else 'written'}")  # noqa: T201
        if "--check" not in arguments:
            path.write_text(rendered()[path], "utf-8")
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
