"""Small fee schedules, made up for one test each."""

from pathlib import Path

from motcua_payment.fees import FeeSchedule, load_fees

RULE = """
  - id: {id}
    name: {{vi: Phí, en: Fee}}
    kind: {kind}
    procedure: "{procedure}"
    effective_from: {since}
    citation: {{act: 97/2015/QH13, article: Điều 1}}
    verified: true
    {says}
"""


TERMS = "{withdrawn: full, declined: full, refused: none, stopped: none, verified: false}"


def rule(id_: str, says: str, kind: str = "fee", procedure: str = "2.000815", since: str = "2020-01-01") -> str:
    terms = "" if says.startswith("waived") else f"\n    refund: {TERMS}"
    return RULE.format(id=id_, says=says + terms, kind=kind, procedure=procedure, since=since)


def schedule(folder: Path, *rules: str) -> FeeSchedule:
    acts = "acts: [{number: 97/2015/QH13, title: {vi: Luật, en: Law}, verified: true}]\n"
    path = folder / "made-up.yaml"
    path.write_text(acts + "rules:" + "".join(rules), encoding="utf-8")
    return load_fees(path)
