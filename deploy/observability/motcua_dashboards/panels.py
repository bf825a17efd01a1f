"""What a panel and a dashboard are in Grafana's JSON: the few fields that are ours to choose, the rest by default.

Replicas of a service show the same counts of its database: those are taken with `max`, rates with `sum`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _PANEL, _HEIGHT, _ROW = 24, 8, 7, 1


@dataclass(frozen=True)
class Panel:
    """One figure. `asks` are expressions with their legends; `stat` shows the last value, large."""

    title: str
    asks: tuple[tuple[str, str], ...]
    unit: str = "short"
    stat: bool = False
    says: str = ""


@dataclass(frozen=True)
class Row:
    """Panels that belong together."""

    title: str
    panels: tuple[Panel, ...]


def one(title: str, asks: str, legend: str = "", **more: Any) -> Panel:
    """A panel with one expression."""
    return Panel(title, ((asks, legend),), **more)


def dashboard(uid: str, title: str, rows: Sequence[Row]) -> dict[str, Any]:
    """A whole dashboard; its data source is chosen in Grafana."""
    return {
        "uid": uid,
        "title": title,
        "tags": ["motcua"],
        "schemaVersion": 39,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "Asia/Ho_Chi_Minh",
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}]
        },
        "panels": list(_placed(rows)),
    }


def _placed(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    number, y = 0, 0
    for row in rows:
        number += 1
        yield {"id": number, "type": "row", "title": row.title, "gridPos": _place(0, y, _WIDTH, _ROW), "panels": []}
        y += _ROW
        for at, panel in enumerate(row.panels):
            number += 1
            x = at * _PANEL % _WIDTH
            yield _panel(panel, number) | {"gridPos": _place(x, y + at * _PANEL // _WIDTH * _HEIGHT, _PANEL, _HEIGHT)}
        y += -(-len(row.panels) * _PANEL // _WIDTH) * _HEIGHT


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    targets = [
        {"refId": chr(ord("A") + at), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
        for at, (expression, legend) in enumerate(panel.asks)
    ]
    return {
        "id": number,
        "type": "stat" if panel.stat else "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": targets,
    }
