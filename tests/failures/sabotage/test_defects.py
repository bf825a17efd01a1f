"""Every deliberate defect still fits the code; whether it is caught takes longer: `make sabotage`."""

from pathlib import Path

import pytest

from tests.failures.sabotage.__main__ import DEFECTS
from tests.failures.sabotage.defect import Defect, StaleDefectError, defect
from tests.failures.sabotage.workshop import TREE


@pytest.mark.parametrize("each", DEFECTS, ids=lambda each: each.name)
def test_a_defect_still_applies_and_leaves_code_that_runs(each: Defect) -> None:
    texts = {change.file: (TREE / change.file).read_text(encoding="utf-8") for change in each.changes}
    for change in each.changes:
        texts[change.file] = change.applied_to(texts[change.file])
    for file, text in texts.items():
        compile(text, file, "exec")
    for test in each.tests:
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}" in (TREE / file).read_text(encoding="utf-8")


def test_names_are_told_apart() -> None:
    assert len({each.name for each in DEFECTS}) == len(DEFECTS) >= 20


def test_a_defect_is_gone_afterwards_and_one_that_no_longer_fits_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "code.py"
    file.write_text("a = 1\nb = 1\n", encoding="utf-8")
    with defect("wrong", "code.py", "a = 1", "a = 2").in_place(tmp_path):
        assert file.read_text(encoding="utf-8") == "a = 2\nb = 1\n"
    for old in ("= 1", "c = 1"):
        with pytest.raises(StaleDefectError), defect("stale", "code.py", old, "= 2").in_place(tmp_path):
            pass
    assert file.read_text(encoding="utf-8") == "a = 1\nb = 1\n"
