"""The catalogue says everything in both languages, every link in it leads somewhere, and its HTML is whole."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from posixpath import normpath

import pytest
import yaml

from motcua_contracts import CATALOGUE
from motcua_contracts.catalogue.__main__ import main
from motcua_contracts.catalogue.reading import short
from motcua_contracts.catalogue.search import folded
from motcua_contracts.catalogue.site import build
from motcua_contracts.catalogue.words import LANGUAGES, WORDS, WordsError, load_words
from motcua_contracts.tools.examples import TALES, story
from motcua_contracts.tools.topics import load_topics

CONTRACTS = Path(__file__).parents[1]
VOID = {"meta", "link", "input", "br"}
GATE = {
    f"page: {word}"
    for word in ("changed-since", "not-published", "verdict-announce", "verdict-passes", "verdict-refused")
}
"""Said only while a model differs from what was published, or was not published yet."""


class Read(HTMLParser):
    """What a page links to and names, and whether its tags close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.headings: list[int] = []
        self.language = ""
        self.feed(html)
        self.faults += [f"<{tag}> stays open" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> says something twice")
        if tag not in VOID:
            self.open.append(tag)
        if tag == "html":
            self.language = given.get("lang") or ""
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if name := given.get("id"):
            self.ids[name] += 1
        self.links += [value for key in ("href", "src") if (value := given.get(key))]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, line {self.getpos()[0]}")


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    return build(CONTRACTS, load_words())


@pytest.fixture(scope="module")
def pages(site: dict[str, str]) -> dict[str, Read]:
    return {path: Read(text) for path, text in site.items() if path.endswith(".html")}


def test_every_event_type_application_and_topic_has_its_place_in_both_languages(pages: dict[str, Read]) -> None:
    for language in LANGUAGES:
        assert {f"{language}/events/{short(name)}.html" for name in CATALOGUE} <= set(pages)
        codes = [tale()[0].event.dossier.code for tale in TALES]  # type: ignore[attr-defined]
        assert {f"{language}/applications/{code}.html" for code in codes} <= set(pages)
        assert {topic.topic for topic in load_topics(CONTRACTS / "topics")} <= set(pages[f"{language}/topics.html"].ids)
    vi, en = ({path[3:] for path in pages if path.startswith(language)} for language in LANGUAGES)
    assert vi == en


def test_every_link_leads_somewhere_inside_the_site(site: dict[str, str], pages: dict[str, Read]) -> None:
    for path, page in pages.items():
        for link in page.links:
            file, _, anchor = link.partition("#")
            if link == "data:,":
                continue
            assert ":" not in link, f"{path} needs {link}: nothing may come from outside"
            target = normpath(PurePosixPath(path).parent / file) if file else path
            assert target in site, f"{path} -> {link}"
            assert not anchor or anchor in pages[target].ids, f"{path} -> {link}"


def test_what_is_found_by_searching_exists(site: dict[str, str], pages: dict[str, Read]) -> None:
    for language in LANGUAGES:
        text = site[f"assets/search.{language}.js"]
        entries = yaml.safe_load(text[text.index("[") : text.rindex(";")])
        assert len(entries) > 300
        for _, _, _, path, _ in entries:
            file, _, anchor = path.partition("#")
            assert f"{language}/{file}" in pages, path
            assert not anchor or anchor in pages[f"{language}/{file}"].ids, path


def test_the_html_is_whole(site: dict[str, str], pages: dict[str, Read]) -> None:
    for path, page in pages.items():
        assert page.faults == [], path
        assert max(page.ids.values()) == 1, (path, page.ids.most_common(1))
        assert site[path].startswith("<!doctype html>")
        assert page.language == ("vi" if path == "index.html" else path[:2])
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert page.headings[0] == 1, path
        assert all(deeper - level <= 1 for level, deeper in steps), (path, page.headings)


def test_every_event_of_the_story_stands_on_its_applications_timeline(pages: dict[str, Read]) -> None:
    told = Counter(str(example.envelope.subject) for example in story())
    for language in LANGUAGES:
        timelines = [page for path, page in pages.items() if path.startswith(f"{language}/applications/")]
        marks = [sum(re.fullmatch(r"[a-z]+-\d+", name) is not None for name in page.ids) for page in timelines]
        assert sorted(marks) == sorted(told.values())


def test_no_word_is_left_in_the_other_language(site: dict[str, str]) -> None:
    """Sentences of one language must not occur on a page of the other, code apart."""
    sentences = yaml.safe_load(WORDS.read_text("utf-8"))["sentences"]
    for language, other in (("vi", "en"), ("en", "vi")):
        text = "\n".join(text for path, text in site.items() if path.startswith(f"{language}/"))
        strangers = [s[other] for s in sentences if "`" not in s[other] and f">{s[other].strip()}<" in text]
        assert strangers == []


def test_nothing_in_the_words_is_left_behind(site: dict[str, str]) -> None:
    words = load_words()
    build(CONTRACTS, words)
    assert set(words.unused) <= GATE


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ("fields", "paid_at"),
        ("events", "payment.settled.v1"),
        ("about", "copies"),
        ("types", "FeeLine"),
        ("values", "zns"),
    ],
)
def test_a_missing_word_is_named(tmp_path: Path, part: str, key: str) -> None:
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    del words[part][key]
    (tmp_path / "words.yaml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    with pytest.raises(WordsError, match=rf"- {part}: {re.escape(key)}"):
        build(CONTRACTS, load_words(tmp_path / "words.yaml"))


def test_a_sentence_that_changed_in_english_asks_for_the_vietnamese_again(tmp_path: Path) -> None:
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    [sentence] = [each for each in words["sentences"] if each["en"].startswith("Until when the order")]
    sentence["en"] = "Until the order lapses."
    (tmp_path / "words.yaml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    with pytest.raises(WordsError, match="- sentences: Until when the order can be paid"):
        build(CONTRACTS, load_words(tmp_path / "words.yaml"))


def test_an_event_outside_the_flow_is_named(tmp_path: Path) -> None:
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    words["phases"][-1]["events"].remove("notification.sent.v1")
    (tmp_path / "words.yaml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    with pytest.raises(WordsError, match=r"see to vn\.motcua\.notification\.sent\.v1"):
        build(CONTRACTS, load_words(tmp_path / "words.yaml"))


def test_the_command_writes_the_site_in_place_of_the_old_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/old.html").touch()
    assert main(["--site", str(tmp_path / "site")]) == 0
    assert Path(capsys.readouterr().out.strip()).is_file()
    assert not (tmp_path / "site/old.html").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["site"]


def test_searching_needs_no_vietnamese_keyboard() -> None:
    assert folded("Hồ sơ Đã nộp ĐỦ") == "ho so da nop du"
