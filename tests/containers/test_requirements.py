"""What goes into an image is what was locked: the same versions with the same hashes, and everything that is needed."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SOURCES = Path(__file__).parents[2]
IMAGES = {
    **{
        name: ("contracts", "chassis", f"services/{name}") for name in ("intake", "identity", "payment", "notification")
    },
    "simulators": ("deploy/simulators",),
    "local": ("contracts", "deploy/local"),
}
MEND = "make image-requirements"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_gets_what_is_locked_and_nothing_else(image: str) -> None:
    locked = _pins(SOURCES / "requirements.lock")
    chosen = _pins(SOURCES / "deploy" / "docker" / "requirements" / f"{image}.txt")

    assert {pin: hashes for pin, hashes in chosen.items() if locked.get(pin) != hashes} == {}, MEND


@pytest.mark.parametrize(("image", "members"), IMAGES.items())
def test_an_image_gets_everything_its_packages_name(image: str, members: tuple[str, ...]) -> None:
    chosen = {name for name, _ in _pins(SOURCES / "deploy" / "docker" / "requirements" / f"{image}.txt")}
    needed = {
        canonicalize_name(Requirement(text).name)
        for member in members
        for text in tomllib.loads((SOURCES / member / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    }

    assert {name for name in needed if not name.startswith("motcua-")} <= chosen, MEND


def _pins(file: Path) -> dict[tuple[str, str], frozenset[str]]:
    """(name, version) -> hashes."""
    text = file.read_text("utf-8").replace("\\\n", " ")
    entries = re.findall(r"^([a-z0-9][\w.-]*)(?:\[[^\]]*\])?==(\S+)(.*)$", text, re.MULTILINE)
    return {
        (canonicalize_name(name), version): frozenset(re.findall(r"--hash=(\S+)", rest))
        for name, version, rest in entries
    }
