"""A read-only viewer of results for this machine alone: a list with filters, and the page of each.

Bound to 127.0.0.1. A request must name that host and port: a page of another site that points its own name
at this address (DNS rebinding) is refused. Only GET and HEAD; only files of a fixed list.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from sim import report
from sim.inputs.text import InputError, Problem, printable
from sim.report.page import render, render_list
from sim.report.reading import fault, read_manifest, rows
from sim.report.units import fitting, interval, precise
from sim.results import BACKTEST, COMPARISON, MANIFEST, TABLES, TIMED, integrity

HOST = "127.0.0.1"
FILES = (
    *TABLES, *COMPARISON, *BACKTEST, "runs.csv", "design.csv", "scenario.resolved.yaml", MANIFEST,
)  # fmt: skip
"""What is given out of a result folder, beside its page."""
PATIENCE_S = 60.0
"""Whoever neither asks nor listens for so long is left: each keeps a thread and a connection."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; form-action 'self'"
_ABOUT = ("metric", "place", "element", "actor")
_MOST = 400
"""Lines of the list; filters narrow it."""


@dataclass(frozen=True)
class Shown:
    """A result on offer. name: what it is called in addresses and in the list."""

    name: str
    folder: Path
    question: str
    kind: str


@dataclass(frozen=True)
class Shelf:
    """All results on offer, by name."""

    results: Mapping[str, Shown]

    @classmethod
    def of(cls, folders: Sequence[Path]) -> "Shelf":
        """Raises InputError with every folder that is no result."""
        found: dict[str, Shown] = {}
        problems: list[Problem] = []
        for folder in folders:
            try:
                manifest = read_manifest(folder)
            except InputError as error:
                problems += error.problems
                continue
            name = _free(printable(folder.resolve().name), found)
            scenario = manifest.get("scenario", {})
            found[name] = Shown(name, folder, str(scenario.get("question", "")), report.kind_of(manifest))
        if problems:
            raise InputError(problems)
        return cls(found)

    def opened(self) -> "Opened":
        """The results as they lie there now; of one that has changed, what is wrong stands in its place."""
        shelf: list[Shown] = []
        lines: list[tuple[Shown, dict[str, str]]] = []
        for shown in self.results.values():
            try:
                lines += [(shown, row) for row in _summary(shown.folder)]
                shelf.append(shown)
            except InputError as error:
                told = error.problems[0]
                shelf.append(replace(shown, kind="cannot be read", question=f"{told.file} {told.message}"))
        return Opened(shelf, lines)


@dataclass(frozen=True)
class Opened:
    """What the list shows. rows: each metric with the result it is of."""

    shelf: Sequence[Shown]
    rows: Sequence[tuple[Shown, Mapping[str, str]]]

    def lines(self, wanted: Mapping[str, str]) -> Iterator[dict[str, str]]:
        """The metrics of all results that agree with what is wanted; empty: any."""
        words = wanted.get("words", "").lower().split()
        for shown, row in self.rows:
            if wanted.get("result") and shown.name != wanted["result"]:
                continue
            if not all(word in f"{shown.name} {shown.question}".lower() for word in words):
                continue
            if all(not wanted.get(name) or row[name] == _meant(wanted[name]) for name in _ABOUT):
                yield {"result": shown.name, **row}

    def choices(self) -> dict[str, list[str]]:
        """What the filters offer."""
        found = {name: sorted({row[name] or "all" for _, row in self.rows}) for name in _ABOUT}
        return {"result": [shown.name for shown in self.shelf], **found}


def _free(name: str, taken: Mapping[str, object]) -> str:
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in range(2, len(taken) + 3) if f"{name}-{n}" not in taken)


def _meant(choice: str) -> str:
    return "" if choice == "all" else choice


def _summary(folder: Path) -> list[dict[str, str]]:
    """The summary's totals over headings; empty where there is none, or where it is that of a sweep.

    Raises InputError if it is not as it was written.
    """
    manifest = integrity.read_manifest(folder)
    if "summary.csv" not in manifest[integrity.FILES]:
        return []
    integrity.check(folder, manifest, ["summary.csv"])
    return [row for row in rows(folder / "summary.csv") if not row["heading"] and "point" not in row]


def carry_out(folders: Sequence[Path], port: int) -> None:
    """Serve until interrupted. Raises InputError if a folder is no result or the port is taken."""
    shelf = Shelf.of(folders)
    try:
        server = server_of(shelf, port)
    except OSError as reason:
        raise fault(Path("--port"), f"{port} cannot be had: {reason.strerror}") from None
    print(
        f"http://{HOST}:{server.server_address[1]}/  (read-only, this machine only; Ctrl-C ends it)",
        flush=True,
    )
    with server:
        server.serve_forever()


def server_of(shelf: Shelf, port: int) -> ThreadingHTTPServer:
    """The server, bound and not yet serving. OSError if the port is taken."""

    class Handler(_Handler):
        offered = shelf
        timeout = PATIENCE_S

    return ThreadingHTTPServer((HOST, port), Handler)


_Answer = tuple[HTTPStatus, str, bytes]
"""Status, kind of content, content."""


def _text(status: HTTPStatus, told: str) -> _Answer:
    return status, "text/plain", f"{told}\n".encode()


def _content(folder: Path, name: str) -> bytes | None:
    """A file of a result as it was written; None where there is none, or a link or a device in its place.

    Raises InputError if it has changed since.
    """
    path, manifest = folder / name, integrity.read_manifest(folder)
    if path.is_symlink() or not path.is_file():
        return None
    if name not in TIMED:
        integrity.check(folder, manifest, [name])
    return path.read_bytes()


_NOTHING = _text(HTTPStatus.NOT_FOUND, "Nothing of that name.")


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD."""

    offered: Shelf
    server_version = "sim"
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Answer until the other side has enough, however it says so."""
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        """Answer, or say why not."""
        if not self._names_this_host():
            return self._send(*_text(HTTPStatus.MISDIRECTED_REQUEST, "This address is for 127.0.0.1 only."))
        return self._send(*self._answer())

    do_HEAD = do_GET  # noqa: N815 - the name that the server looks for

    def _names_this_host(self) -> bool:
        port = self.connection.getsockname()[1]
        return self.headers.get("Host", "") in (f"{HOST}:{port}", f"localhost:{port}")

    def _answer(self) -> _Answer:
        """What is asked for, or in a line why it cannot be had."""
        try:
            address = urlsplit(self.path)
        except ValueError:
            return _text(HTTPStatus.BAD_REQUEST, "That is no address.")
        try:
            return self._found(address)
        except InputError as error:
            return _text(HTTPStatus.CONFLICT, str(error))
        except (*report.TABLES_FAULTS, OSError):
            return _text(HTTPStatus.INTERNAL_SERVER_ERROR, "The tables of this result are not as expected.")

    def _found(self, address: SplitResult) -> _Answer:
        """The list, a page or a file. What a result is called is decoded once, and looked up as it is."""
        parts = [part for part in address.path.split("/") if part]
        if not parts:
            wanted = {name: values[0] for name, values in parse_qs(address.query).items()}
            return HTTPStatus.OK, "text/html", _list(self.offered, wanted).encode()
        is_result = parts[0] == "result" and len(parts) == 3
        shown = self.offered.results.get(unquote(parts[1])) if is_result else None
        if shown is None or (parts[2] != report.FILE and parts[2] not in FILES):
            return _NOTHING
        if parts[2] == report.FILE:
            return HTTPStatus.OK, "text/html", render(report.read(shown.folder)).encode()
        content = _content(shown.folder, parts[2])
        return _NOTHING if content is None else (HTTPStatus.OK, "text/plain", content)

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Refusals and faults only."""
        if len(args) > 1 and str(args[1]).startswith(("4", "5")):
            print(f"{printable(self.requestline)}: {args[1]}", file=sys.stderr)


def _list(shelf: Shelf, wanted: Mapping[str, str]) -> str:
    """The first page: filters, results, and the metrics that are wanted."""
    usual = {} if wanted else {"metric": "imports_t", "place": "myanmar"}
    opened = shelf.opened()
    found = list(opened.lines(wanted or usual))
    return render_list({
        "shelf": opened.shelf,
        "choices": opened.choices(),
        "wanted": wanted or usual,
        "lines": [_told(row) for row in found[:_MOST]],
        "count": len(found),
        "most": _MOST,
    })  # fmt: skip


def _told(row: Mapping[str, str]) -> dict[str, str]:
    mean, low, high = (float(row[name] or "nan") for name in ("mean", "ci_low", "ci_high"))
    middle = float(row["p50"] or "nan")
    level = middle if mean != mean else mean
    unit = fitting(row["unit"], level)
    told = f"{precise(level / unit.one, (high - low) / 2 / unit.one)} {unit.name}"
    span = "" if low != low else interval(low / unit.one, high / unit.one)
    return {**row, "told": told, "span": span}
