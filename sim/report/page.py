"""From a page's content to one self-contained HTML file."""

import os
import secrets
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import __version__
from sim.report.units import exact

if TYPE_CHECKING:
    from jinja2 import Environment

FILE = "report.html"
_PRIVATE = ("--workers", "--out", "--format")
"""Options that change nothing in a result; each takes a value."""
_SILENT = ("--quiet", "-q")


@dataclass
class Page:
    """What every page has; the rest is in `more`, by the names of its template."""

    template: str
    title: str
    kicker: str
    heading: str
    command: str
    facts: Sequence[tuple[str, str]]
    data: Mapping[str, Any] = field(default_factory=dict)
    parameters: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[str] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def render(page: Page) -> str:
    """The HTML. The same content gives the same text."""
    common = {name: value for name, value in vars(page).items() if name not in ("template", "more")}
    fixed = {"style": style(), "script": _static("page.js"), "version": __version__, "scenario_file": ""}
    whole = common | fixed | dict(page.more)
    return _environment().get_template(f"{page.template}.html.j2").render(page=whole) + "\n"


def render_list(content: Mapping[str, Any]) -> str:
    """The list of the local viewer."""
    return _environment().get_template("list.html.j2").render(style=style(), **content)


def save(content: str | bytes, file: Path) -> None:
    """Write a page or a picture whole or not at all. OSError if it cannot be written.

    Nobody else writes in this folder meanwhile: what lies there half written was left by a kill.
    """
    for left in file.parent.glob(f".tmp-{'[0-9a-f]' * 8}-{file.name}"):
        left.unlink()
    scratch = file.with_name(f".tmp-{secrets.token_hex(4)}-{file.name}")  # of a suffix that is swept up
    try:
        scratch.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(scratch, file)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def style() -> str:
    """The page's style sheet: colours by the reader's preference or choice, light on paper."""
    colours, dark = _static("colours.css"), _static("dark.css")
    wished = f"@media screen and (prefers-color-scheme: dark) {{:root:not([data-theme=light]) {{ {dark} }} }}"
    chosen = f"@media screen {{ :root[data-theme=dark] {{ {dark} }} }}\n"
    return colours + wished + chosen + _static("figure.css") + _static("page.css")


def figure_style() -> str:
    """The style sheet of a picture that stands alone: light, with the colours filled in."""
    sheet = _static("figure.css")
    for line in _static("colours.css").splitlines()[1:-1]:
        for declared in line.strip().rstrip(";").split(";"):
            name, _, value = declared.strip().partition(":")
            sheet = sheet.replace(f"var({name})", value.strip())
    return sheet


def told_command(words: Sequence[str]) -> str:
    """A command without what does not matter to its result, as it can be given again."""
    kept, skip = [], False
    for word in words:
        if skip or word in _SILENT:
            skip = False
            continue
        skip = word in _PRIVATE
        if not skip and not word.startswith(tuple(f"{option}=" for option in _PRIVATE)):
            kept.append(word)
    return shlex.join(kept)


def software_facts(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Versions that went into a result. The commit is in the manifest."""
    software = manifest["software"]
    libraries = ", ".join(f"{name} {number}" for name, number in software["libraries"].items() if number)
    return [("software", f"sim {software['package']}, Python {software['python']}, {libraries}")]


def parameter_rows(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table of parameters, as text."""
    sources = manifest.get("sources", {})
    return [_parameter_row(used, sources) for used in manifest.get("parameters", ())]


def _parameter_row(used: Mapping[str, Any], sources: Mapping[str, Any]) -> dict[str, Any]:
    value = used["value"]
    known = isinstance(value, int | float)
    unit = "" if used["unit"] == "1" or not known else used["unit"]
    told = [_source(citation, sources) for citation in used["sources"]]
    low, high = (exact(float(used[side])) for side in ("low", "high"))
    return {
        "name": used["name"],
        "value": exact(float(value)) if known else str(value),
        "order": value if known else 0,
        "unit": unit,
        "range": f"{low} to {high}, {used['distribution']}" if low != high else "",
        "grade": used["grade"],
        "sources": "; ".join(told) or used.get("note") or "",
        "where": f"{used['file'].removeprefix('seeds/parameters/')}:{used['line']}",
        "set": used.get("set", ""),
    }


def _source(citation: Mapping[str, str], sources: Mapping[str, Mapping[str, str]]) -> str:
    known = sources.get(citation["id"])
    if known is None:
        return citation["id"]
    return f"{known['publisher']} {known['date'][:4]}: {known['title']}"


@cache
def _static(name: str) -> str:
    return files("sim.report").joinpath("static", name).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def source(name: str) -> str:
        return files("sim.report").joinpath("templates", name).read_text(encoding="utf-8")

    return Environment(
        loader=FunctionLoader(source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
