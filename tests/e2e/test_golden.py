"""How pages look: pictures that were looked at, and kept. Renew them: `python -m tests.e2e.test_golden`.

Compared are means over blocks of pixels, so that another build of the browser may draw edges otherwise.
"""

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sim import report
from tests.e2e.browser import DESKTOP, PHONE, Browser, chromium
from tests.pages import backtest_folder, comparison_folder, run_folder, sweep_folder

HERE = Path(__file__).parent / "golden"
KINDS = ("run", "sweep", "comparison", "backtest")
VIEWS = {"desktop": (DESKTOP, False), "phone": (PHONE, False), "dark": (DESKTOP, True)}
_BLOCK = 8
_DIFFERENT = 20.0
"""Levels of 255 by which a block's mean must differ to count."""
_MOST = 0.01
"""Share of blocks that may."""

pytestmark = pytest.mark.slow


def seen(browser: Browser, page: Path, view: str) -> Image.Image:
    """The whole page at half its size."""
    size, dark = VIEWS[view]
    browser.open(page, size, dark=dark)
    whole = Image.open(io.BytesIO(browser.whole(size))).convert("RGB")
    return whole.resize((whole.width // 2, whole.height // 2), Image.Resampling.BOX)


def blocks(picture: Image.Image) -> NDArray[np.float64]:
    """Means over blocks, shape (rows, columns, 3)."""
    pixels = np.asarray(picture, dtype=np.float64)
    rows, columns = (side // _BLOCK for side in pixels.shape[:2])
    kept = pixels[: rows * _BLOCK, : columns * _BLOCK]
    return kept.reshape(rows, _BLOCK, columns, _BLOCK, 3).mean(axis=(1, 3))


def unlike(one: Image.Image, other: Image.Image) -> float:
    """Share of blocks that differ; 1 where the sizes differ by more than a block."""
    if max(abs(a - b) for a, b in zip(one.size, other.size, strict=True)) > _BLOCK:
        return 1.0
    a, b = blocks(one), blocks(other)
    rows, columns = (min(x, y) for x, y in zip(a.shape[:2], b.shape[:2], strict=True))
    return float((np.abs(a[:rows, :columns] - b[:rows, :columns]).max(axis=2) > _DIFFERENT).mean())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_looks_as_it_did_when_it_was_last_looked_at(browser, pages, kind, view, tmp_path):
    now = seen(browser, pages[kind], view)
    kept = Image.open(HERE / f"{kind}_{view}.png").convert("RGB")
    share = unlike(now, kept)
    if share > _MOST:
        now.save(tmp_path / f"{kind}_{view}.png")
    assert share <= _MOST, f"{share:.1%} of the page differ; it is now {tmp_path}/{kind}_{view}.png"


def test_another_page_does_not_pass_for_this_one():
    one, other = (Image.open(HERE / f"{kind}_desktop.png").convert("RGB") for kind in ("run", "sweep"))
    assert unlike(one, other.resize(one.size)) > 10 * _MOST
    moved = Image.new("RGB", one.size, "white")
    moved.paste(one, (0, 20))
    assert unlike(one, moved) > _MOST


def main() -> None:
    """Draw all pictures anew."""
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as browser:
        folder = Path(place)
        run = run_folder(folder / "run")
        folders = {
            "run": run,
            "sweep": sweep_folder(folder / "sweep"),
            "comparison": comparison_folder(
                folder / "comparison", run, run_folder(folder / "other", cut=0.4, name="made_half")
            ),
            "backtest": backtest_folder(folder / "backtest", run),
        }
        for kind, one in folders.items():
            page = report.write(one)
            for view in VIEWS:
                picture = seen(browser, page, view)
                picture.quantize(200, dither=Image.Dither.NONE).save(
                    HERE / f"{kind}_{view}.png", optimize=True
                )


if __name__ == "__main__":
    sys.exit(main())
