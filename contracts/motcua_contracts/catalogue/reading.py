"""What templates ask for in one language: words, sentences, dates, money and the values inside an event."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from motcua_contracts import Event, Part
from motcua_contracts.catalogue.fields import Row
from motcua_contracts.catalogue.words import Language, Words
from motcua_contracts.tools.topics import TopicSpec

_HERE = ZoneInfo("Asia/Ho_Chi_Minh")


class Reading(NamedTuple):
    """One page in one language; `root` leads from the page to the start of that language."""

    words: Words
    lang: Language
    root: str

    def t(self, key: str) -> str:
        """A word of the pages."""
        return self.words.page(key, self.lang)

    def said(self, event: type[Event]) -> str:
        """What an event means."""
        return self.words.sentence(event.__doc__ or "", self.lang)

    def meaning(self, row: Row) -> str:
        """What a field holds: as its model says, or else as `words.yaml` does."""
        if row.text:
            return self.words.sentence(row.text, self.lang)
        return self.words.about(row.owner, row.name, self.lang)

    def reader(self, name: str) -> str:
        """Who reads: a service, the operators, or an integrator under its own name."""
        if name.startswith("integrator."):
            return name
        return self.t("reader-operators") if name == "operators" else self.words.stream(name, self.lang)

    def kept(self, topic: TopicSpec) -> str:
        """How long a topic keeps its records."""
        milliseconds = topic.config.retention_ms
        if milliseconds < 0:
            return self.t("forever")
        return f"{timedelta(milliseconds=milliseconds).days} {self.t('days')}"

    def chips(self, part: Part) -> list[tuple[str, str]]:
        """The facts that tell one event from another of its type: its closed values and its amount."""
        return list(self._chips(part))

    def _chips(self, part: Part) -> Iterator[tuple[str, str]]:
        owner = type(part).__name__
        for name, value in part:
            title = self.words.field(owner, name, self.lang)
            if name == "amount" and value is not None:
                yield title, f"{number(value)} đ"
            elif hasattr(value, "value"):
                yield title, self.words.value(type(value).__name__, value.value, self.lang)


def moment(time: datetime) -> str:
    """22/11/2026 08:30:05, as a clock in Vietnam shows it."""
    return time.astimezone(_HERE).strftime("%d/%m/%Y %H:%M:%S")


def number(value: Any) -> str:
    """1.234.567"""
    return f"{value:,}".replace(",", ".")


def short(ce_type: str) -> str:
    """`payment.settled.v1` of `vn.motcua.payment.settled.v1`."""
    return ce_type.removeprefix("vn.motcua.")
