"""The catalogue in a real browser, from the disk as an integrator opens it. Skipped where there is no Chromium."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from motcua_contracts.catalogue.site import build, write
from motcua_contracts.catalogue.words import LANGUAGES, load_words
from tests.browser.chromium import NAMES, Tab, chromium, installed

CONTRACTS = Path(__file__).parents[2] / "contracts"
_LINKS = "[...document.querySelectorAll('a[href]')].map(link => new URL(link.getAttribute('href'), location).href)"
_FOUND = "[...document.querySelectorAll('#found [data-href]')].map(each => each.textContent)"


@pytest_asyncio.fixture(scope="module")
async def tab() -> AsyncIterator[Tab]:
    program = installed()
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed")
    async with chromium(program) as tab:
        yield tab


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("catalogue") / "site"
    write(place, build(CONTRACTS, load_words()))
    return place


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Path]:
    return [page for page in site.rglob("*.html") if page != site / "index.html"]


@pytest.fixture(autouse=True)
def calm(tab: Tab) -> None:
    tab.faults.clear()
    tab.requested.clear()


async def _search(tab: Tab, text: str) -> list[str]:
    await tab.ask("document.activeElement.blur()")
    await tab.press("/", "/")
    await tab.ask("document.getElementById('search').value = ''")
    await tab.type(text)
    await tab.until("!document.getElementById('found').hidden")
    return list(await tab.ask(_FOUND))


async def test_searching_finds_an_event_and_enter_opens_it(tab: Tab, site: Path) -> None:
    await tab.open(f"{site.as_uri()}/en/index.html")
    found = await _search(tab, "settled")
    assert "Payment settled" in found[0]
    await tab.press("Enter")
    await tab.until(
        "location.pathname.endsWith('/en/events/payment.settled.v1.html') && document.readyState === 'complete'"
    )
    assert "Payment settled" in await tab.ask("document.querySelector('h1').textContent")
    assert tab.faults == []


async def test_searching_works_by_field_by_value_and_without_vietnamese_marks(tab: Tab, site: Path) -> None:
    await tab.open(f"{site.as_uri()}/vi/events/payment.settled.v1.html")
    assert any("Hồ sơ đã nộp" in each for each in await _search(tab, "ho so da nop"))
    assert any("paid_at" in each for each in await _search(tab, "paid_at"))
    assert any(
        "RefusalGround" in each for each in await _search(tab, "force majeure") + await _search(tab, "not-competent")
    )
    assert await _search(tab, "xyzzy") == []
    assert await tab.ask("document.getElementById('found').textContent") == "Không tìm thấy gì"
    await _search(tab, "settled")
    await tab.press("ArrowDown")
    chosen = "[...document.querySelectorAll('#found li')].findIndex(each => each.ariaSelected === 'true')"
    assert await tab.ask(chosen) == 1
    await tab.press("Escape")
    assert await tab.ask("document.getElementById('found').hidden")
    assert tab.faults == []


async def test_the_language_switch_stays_at_the_place_and_changes_every_word(tab: Tab, site: Path) -> None:
    await tab.open(f"{site.as_uri()}/en/events/payment.settled.v1.html#field-paid_at")
    seen = "document.body.innerText"
    english = await tab.ask(seen)
    await tab.ask("document.querySelector('.language').click()")
    await tab.until("document.documentElement.lang === 'vi' && document.readyState === 'complete'")
    assert await tab.ask("location.hash") == "#field-paid_at"
    vietnamese = await tab.ask(seen)
    sentences = {line for line in english.splitlines() if len(line.split()) > 3 and line.isascii() and '"' not in line}
    assert len(sentences) > 10
    assert sentences.isdisjoint(vietnamese.splitlines())


async def test_every_internal_link_of_every_page_resolves_and_no_console_complains(
    tab: Tab, site: Path, pages: list[Path]
) -> None:
    ids: dict[str, set[str]] = {}
    links: dict[str, list[str]] = {}
    for address in sorted(page.as_uri() for page in pages):
        await tab.open(address)
        ids[address] = set(await tab.ask("[...document.querySelectorAll('[id]')].map(each => each.id)"))
        links[address] = await tab.ask(_LINKS)
    assert len(links) > 90
    for page, found in links.items():
        for link in found:
            address, _, anchor = link.partition("#")
            assert address in ids or (site / address.removeprefix(f"{site.as_uri()}/")).is_file(), f"{page} -> {link}"
            assert not anchor or anchor in ids[address], f"{page} -> {link}"
    assert tab.faults == []
    assert [address for address in tab.requested if not address.startswith(("file:", "data:"))] == []


async def test_the_door_leads_to_a_language(tab: Tab, site: Path) -> None:
    await tab.open(f"{site.as_uri()}/index.html")
    await tab.until("/\\/(vi|en)\\/index.html$/.test(location.pathname)")


async def test_an_arrow_of_the_flow_opens_its_event_by_keyboard(tab: Tab, site: Path) -> None:
    await tab.size(1200, 900)
    await tab.open(f"{site.as_uri()}/en/index.html")
    await tab.ask("document.querySelector('.flow.wide a.arrow').focus()")
    await tab.press("Enter", "\r")
    await tab.until("location.pathname.endsWith('/en/events/intake.application-submitted.v1.html')")


async def test_an_example_is_copied_as_it_stands(tab: Tab, site: Path) -> None:
    await tab.open(f"{site.as_uri()}/en/events/payment.settled.v1.html")
    await tab.ask("navigator.clipboard.writeText = async text => { window.copied = text; }")
    await tab.ask("document.querySelector('#examples ~ details .copy').click()")
    await tab.until("document.querySelector('#examples ~ details .copy').textContent === 'Copied'")
    [first, *_] = json.loads((CONTRACTS / "examples/vn.motcua.payment.settled.v1.json").read_text("utf-8"))
    assert json.loads(await tab.ask("window.copied")) == first


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
async def test_it_reads_well_on_a_phone_and_at_a_desk_light_and_dark(
    tab: Tab, site: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    """Nothing overflows, ink stands out from paper; pictures are kept where MOTCUA_PICTURES names a directory."""
    kept = Path(os.environ.get("MOTCUA_PICTURES", tmp_path))
    await tab.prefer(scheme)
    await tab.size(width, 800)
    for language in LANGUAGES:
        for page in ("index", "events/payment.received-late.v2", "applications/G01.29-261207-0001", "types", "topics"):
            await tab.open(f"{site.as_uri()}/{language}/{page}.html")
            assert await tab.ask("document.documentElement.scrollWidth <= innerWidth"), (page, language)
            picture = kept / f"{language}-{page.replace('/', '-')}-{width}-{scheme}.png"
            await asyncio.to_thread(picture.write_bytes, await tab.picture(whole="MOTCUA_PICTURES" in os.environ))
    paper, ink = await tab.ask("['backgroundColor', 'color'].map(name => getComputedStyle(document.body)[name])")
    assert (_brightness(paper) > _brightness(ink)) == (scheme == "light")
    assert abs(_brightness(paper) - _brightness(ink)) > 150


async def test_light_and_dark_can_be_switched_and_are_remembered(tab: Tab, site: Path) -> None:
    await tab.prefer("light")
    await tab.open(f"{site.as_uri()}/vi/index.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = await tab.ask(paper)
    await tab.ask("document.getElementById('theme').click()")
    dark = await tab.ask(paper)
    assert _brightness(dark) < _brightness(light)
    await tab.open(f"{site.as_uri()}/vi/types.html")
    assert await tab.ask(paper) == dark
    await tab.ask("localStorage.clear()")


def _brightness(colour: str) -> float:
    red, green, blue = (int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3])
    return 0.3 * red + 0.59 * green + 0.11 * blue
