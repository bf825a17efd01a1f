"""What is said about the supply: no answer is not a good answer, and licences are read wherever they stand."""

import json
from pathlib import Path

import pytest

from motcua_local.containers.advisories import Advisories, read_answer
from motcua_local.containers.engine import Engine
from motcua_local.containers.supply import components, write_bill, write_licences


def test_a_package_nobody_answered_for_is_not_called_good() -> None:
    answer = {
        "dependencies": [
            {"name": "sound", "version": "1", "vulns": []},
            {"name": "hurt", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]},
            {"name": "away", "skip_reason": "not found"},
        ]
    }

    assert read_answer(json.dumps(answer)) == Advisories(["hurt 2: CVE-1, mended in 2.1"], 3, ["away"])
    assert read_answer("Traceback ...").unanswered == ["any package"]


def test_licences_are_read_wherever_a_bill_of_materials_states_them(tmp_path: Path) -> None:
    bill = {
        "components": [
            {"type": "library", "name": "b", "version": "1", "licenses": [{"license": {"id": "MIT"}}]},
            {"type": "library", "name": "a", "version": "2", "licenses": [{"expression": "Apache-2.0 OR MIT"}]},
            {"type": "library", "name": "c", "version": "3"},
            {"type": "file", "name": "/etc/passwd"},
        ]
    }
    file = tmp_path / "image.cdx.json"
    file.write_text(json.dumps(bill))

    assert components(file) == [("a", "2", "Apache-2.0 OR MIT"), ("b", "1", "MIT"), ("c", "3", "not stated")]
    write_licences([file, file], tmp_path / "licences.tsv")
    assert (tmp_path / "licences.tsv").read_text().splitlines()[1:] == ["b\t1\tMIT", "c\t3\tnot stated"]


@pytest.mark.timeout(1_800)
def test_the_bill_of_a_services_image_names_what_it_stands_on_and_no_sibling(
    engine: Engine, images: dict[str, str], tmp_path: Path
) -> None:
    write_bill(engine, images["intake"], tmp_path / "intake.cdx.json")

    named = {name for name, _, _ in components(tmp_path / "intake.cdx.json")}
    assert {"motcua-intake", "motcua-chassis", "pydantic", "aiokafka", "libc6"} <= named
    assert named.isdisjoint({"motcua-payment", "motcua-identity", "motcua-notification", "pytest"})
