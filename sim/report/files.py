"""Pictures as files: the SVG of the page with its colours filled in, and PNG made of it without a browser."""

import errno
from html import escape
from pathlib import Path
from re import search
from typing import TYPE_CHECKING

from sim.report.drawing import tag, text
from sim.report.page import Page, figure_style, save

if TYPE_CHECKING:
    from sim.report.charts import Chart

ZOOM = 2.0
"""Pixels of a PNG to a unit of the drawing."""
_TITLE = 26.0


def write_figures(page: Page, folder: Path) -> list[Path]:
    """Every picture of a page as `<id>.svg` and `<id>.png`; the same page gives the same bytes.

    Raises OSError if they cannot be written; through a link they would change what is not ours.
    """
    if any(path.is_symlink() for path in (folder, *folder.rglob("*"))):
        raise OSError(errno.ELOOP, "it is a link, or holds one", str(folder))
    folder.mkdir(exist_ok=True)
    written = []
    for chart in page.more.get("drawn", ()):
        picture = standalone(chart)
        save(picture, folder / f"{chart.id}.svg")
        save(png(picture), folder / f"{chart.id}.png")
        written += [folder / f"{chart.id}.svg", folder / f"{chart.id}.png"]
    return written


def standalone(chart: "Chart") -> str:
    """A chart's SVG with its title above it and its style inside."""
    found = search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', chart.wide)
    assert found is not None  # drawing.svg writes it
    width, height = float(found[1]), float(found[2])
    inner = chart.wide.partition(">")[2].rpartition("</svg>")[0]
    box = {"width": f"{width:g}", "height": f"{height + _TITLE:g}"}
    return (
        tag(
            "svg",
            tag("title", escape(chart.title)),
            tag("style", figure_style()),
            tag("rect", x=0, y=-_TITLE, **box, fill="#ffffff"),
            text((4, -8), chart.title, "strong"),
            inner,
            xmlns="http://www.w3.org/2000/svg",
            class_="fig",
            viewBox=f"0 {-_TITLE:g} {box['width']} {box['height']}",
            **box,
        )
        + "\n"
    )


def png(picture: str) -> bytes:
    """The picture in pixels, in the DejaVu type that matplotlib brings along."""
    import matplotlib
    import resvg_py

    type_ = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [str(type_ / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")]
    drawn: bytes = resvg_py.svg_to_bytes(
        svg_string=picture,
        zoom=ZOOM,
        skip_system_fonts=True,
        font_files=fonts,
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
    )
    return drawn
