"""A rehearsal as one self-contained page, in Vietnamese and English; it asks nothing of any server."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template

from motcua_chassis.differences import Kind
from motcua_chassis.event_commands.findings import Findings, Found
from motcua_chassis.event_commands.words import name_of, then_and_now
from motcua_events.manifest import Manifest
from motcua_events.moments import VIETNAM

_PAGE = files("motcua_chassis") / "event_commands" / "rehearsal.html"

KINDS = {
    Kind.CHANGED: ("Đổi giá trị", "Changed"),
    Kind.MISSING: ("Không còn", "Missing"),
    Kind.EXTRA: ("Thêm mới", "Extra"),
    Kind.ORDER: ("Đổi thứ tự", "Order"),
    Kind.REFUSED: ("Bị từ chối", "Refused"),
    Kind.RAISED: ("Lỗi chương trình", "Raised"),
    Kind.NOT_REHEARSED: ("Không diễn lại được", "Not rehearsed"),
}


def write_page(findings: Findings, manifest: Manifest, given: Sequence[str]) -> str:
    """The page."""
    tally = findings.tally
    return Template(_PAGE.read_text(encoding="utf-8")).substitute(
        service=escape(findings.service),
        given=escape(", ".join(given) or "–"),
        recorded=f"{manifest.started_at.astimezone(VIETNAM):%d/%m/%Y %H:%M}",
        cluster=escape(manifest.cluster),
        verdict="different" if findings.differs else "same",
        verdict_vi="Khác" if findings.differs else "Như cũ",
        verdict_en="Different" if findings.differs else "The same",
        differing=_number(findings.applications),
        applications=_number(tally.applications),
        decisions=_number(tally.decisions),
        silent=_number(tally.silent),
        left_out=_number(tally.not_rehearsed),
        unheard=_number(tally.unheard),
        unread=_number(findings.unread.total()),
        chart="".join(_bars(findings)),
        places="".join(_places(findings)),
        rows="".join(map(_row, findings.kept)),
        more=_more(findings),
    )


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _both(vi: str, en: str) -> str:
    return f'<span class="vi" lang="vi">{escape(vi)}</span><span class="en" lang="en">{escape(en)}</span>'


def _bars(findings: Findings) -> Iterator[str]:
    largest = max(findings.kinds.values(), default=1)
    for kind, (vi, en) in KINDS.items():
        count = findings.kinds[kind]
        width = max(100 * count / largest, 0.5 if count else 0)
        yield (
            f'<div class="bar"><span>{_both(vi, en)}</span>'
            f'<i class="{kind.value}" style="width:{width:.1f}%"></i><b>{_number(count)}</b></div>\n'
        )


def _places(findings: Findings) -> Iterator[str]:
    for (event, field), count in findings.places.most_common(30):
        yield f"<tr><td>{escape(name_of(event))}</td><td>{escape(field or '–')}</td><td>{_number(count)}</td></tr>\n"


def _row(found: Found) -> str:
    told = found.difference
    then, now = (escape(side) for side in then_and_now(told))
    return (
        f"<tr><td>{_both(*KINDS[told.kind])}</td><td>{escape(found.dossier or '–')}<br>"
        f"<small>{told.application}</small></td><td>{escape(name_of(told.event))} #{told.occurrence}</td>"
        f"<td>{escape(told.field or '')}</td><td>{then}</td><td>{now}</td></tr>\n"
    )


def _more(findings: Findings) -> str:
    left = findings.total - len(findings.kept)
    return f"<p>{_both(f'… và {_number(left)} khác biệt nữa', f'… and {_number(left)} more')}</p>" if left else ""
