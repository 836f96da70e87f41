"""Pages as a reader meets them: in a browser without a network, on desk, phone and paper, by keyboard."""

import re

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e.browser import DESKTOP, PHONE

pytestmark = pytest.mark.slow
KINDS = ("run", "sweep", "comparison", "backtest")
SIZES = {"desktop": DESKTOP, "phone": PHONE}

_SHOWN = """[...document.querySelectorAll('svg.fig')].filter(s => s.getBoundingClientRect().width)"""
_OUTSIDE = f"""{_SHOWN}.flatMap(svg => {{
  const box = svg.getBoundingClientRect();
  return [...svg.querySelectorAll('text')].filter(t => {{
    const b = t.getBoundingClientRect();
    const over = Math.max(box.left - b.left, b.right - box.right, box.top - b.top, b.bottom - box.bottom);
    return b.width && over > 2;
  }}).map(t => svg.closest('figure').id + ': ' + t.textContent);
}})"""
_OVERLAPS = f"""{_SHOWN}.flatMap(svg => {{
  const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const found = [];
  texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([two, b]) => {{
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 4) found.push(svg.closest('figure').id + ': ' + one + ' / ' + two);
  }}));
  return found;
}})"""


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.mark.parametrize("size", SIZES)
def test_every_chart_is_drawn_and_nothing_is_asked_or_complained_of(browser, pages, kind, size):
    browser.open(pages[kind], SIZES[size])
    empty = browser.ask(
        f"{_SHOWN}.filter(s => s.getBoundingClientRect().height < 40 || s.querySelectorAll('*').length < 6)"
        ".map(s => s.closest('figure').id)"
    )
    assert browser.ask(f"{_SHOWN}.length") >= 3
    assert empty == []
    assert browser.complaints() == []
    assert [url for url in browser.requests() if url != pages[kind].as_uri()] == []


@pytest.mark.parametrize("size", SIZES)
def test_no_label_is_cut_off_or_lies_on_another(browser, pages, kind, size):
    browser.open(pages[kind], SIZES[size])
    assert browser.ask(_OUTSIDE) == []
    assert browser.ask(_OVERLAPS) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_serious_fault(browser, pages, kind, size, dark):
    browser.open(pages[kind], SIZES[size], dark=dark)
    assert browser.faults() == []


def test_nothing_is_wider_than_a_phone(browser, pages, kind):
    browser.open(pages[kind], PHONE)
    assert browser.ask("document.documentElement.scrollWidth") == PHONE[0]


def test_the_first_screen_needs_no_scrolling(browser, pages):
    browser.open(pages["run"], DESKTOP)
    lowest = (
        "Math.max(...[...document.querySelectorAll(arguments[0])].map(e => e.getBoundingClientRect().bottom))"
    )
    for what in ("h1", ".lead", ".cards", ".strip", "#imports svg", "#month"):
        assert 0 < browser.ask(lowest, what) <= DESKTOP[1], what


def test_the_slider_moves_every_chart_and_the_map(browser, pages):
    browser.open(pages["run"])
    slider = browser.driver.find_element(By.ID, "month")
    assert browser.ask("document.getElementById('monthname').textContent") == "Nov 2025"
    shut = "document.querySelectorAll('#map .wide .gate.shut').length"
    assert browser.ask(shut) == 3
    before = browser.ask("document.querySelector('[data-readout=price_tb]').textContent")
    slider.send_keys(Keys.HOME)
    assert browser.ask("document.getElementById('monthname').textContent") == "Jul 2025"
    assert browser.ask(shut) == 0
    after = browser.ask("document.querySelector('[data-readout=price_tb]').textContent")
    assert after.startswith("Jul 2025")
    assert after != before
    moved = "[...document.querySelectorAll('svg[data-step] .cursor')].every(l => l.getAttribute('x1') > 0)"
    assert browser.ask(moved)


def test_the_reference_can_be_shown_on_the_map(browser, pages):
    browser.open(pages["run"])
    browser.driver.find_element(By.ID, "side").click()
    assert browser.ask("document.querySelectorAll('#map .wide .gate.shut').length") == 0


def test_play_runs_through_the_months(browser, pages):
    browser.open(pages["run"])
    browser.driver.find_element(By.ID, "play").click()
    wait = WebDriverWait(browser.driver, 10)
    wait.until(lambda _: browser.ask("document.getElementById('monthname').textContent") == "Jan 2026")
    browser.driver.find_element(By.ID, "play").click()
    assert browser.ask("document.getElementById('play').getAttribute('aria-pressed')") == "false"


def test_a_place_shows_its_months_by_keyboard(browser, pages):
    browser.open(pages["run"])
    spot = browser.driver.find_element(By.CSS_SELECTOR, "#map .wide [data-spot='gate kanpaiti']")
    browser.driver.execute_script("arguments[0].focus()", spot)
    ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
    assert browser.driver.find_element(By.ID, "at_gate_kanpaiti").is_displayed()
    assert not browser.driver.find_element(By.ID, "imports").is_displayed()
    ActionChains(browser.driver).send_keys(Keys.SPACE).perform()
    assert browser.driver.find_element(By.ID, "imports").is_displayed()


def test_a_number_tells_where_it_comes_from_by_keyboard_and_by_mouse(browser, pages):
    browser.open(pages["run"])
    tip = browser.driver.find_element(By.ID, "tip")
    for _ in range(3):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    assert tip.is_displayed()
    assert "ore cleared by Chinese customs" in tip.text
    assert "borders.clearance_d" in tip.text
    assert "Tests 2025" in tip.text
    ActionChains(browser.driver).send_keys(Keys.ESCAPE).perform()
    assert not tip.is_displayed()
    assert browser.ask("document.activeElement.classList.contains('n')")
    number = browser.driver.find_element(By.CSS_SELECTOR, "[data-trace^='price_peak|china|Dy']")
    number.click()
    assert tip.is_displayed()
    assert "market.dy.oxide_stock_months" in tip.text
    assert "market.tb" not in tip.text
    tip.find_element(By.TAG_NAME, "button").click()
    rows = browser.driver.find_elements(By.CSS_SELECTOR, "#parameters tbody tr")
    shown = [row.get_attribute("id") for row in rows if row.is_displayed()]
    assert shown == ["p-market.cover_exponent", "p-market.dy.oxide_stock_months"]


def test_the_table_of_parameters_sorts_and_finds(browser, pages):
    browser.open(pages["run"])
    heads = browser.driver.find_elements(By.CSS_SELECTOR, "#parameters th button")
    heads[1].click()
    heads[1].click()
    first = "document.querySelector('#parameters tbody tr').id"
    assert browser.ask(first) == "p-taxes.kia.export_cny_per_t"
    assert heads[1].find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending"
    browser.driver.find_element(By.ID, "search").send_keys("share_")
    visible = "[...document.querySelectorAll('#parameters tbody tr')].filter(r => !r.hidden).length"
    assert browser.ask(visible) == 4
    browser.driver.find_element(By.CSS_SELECTOR, ".gradebox[value=D]").click()
    assert browser.ask(visible) == 0


def test_dark_and_light_can_be_chosen(browser, pages):
    browser.open(pages["run"], dark=True)
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = browser.ask(colour)
    browser.driver.find_element(By.ID, "theme").click()
    assert browser.ask(colour) != dark


def test_it_prints_on_few_pages(browser, pages, kind):
    browser.open(pages[kind], dark=True)
    printed = browser.pdf()
    count = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 1 <= count <= 5
