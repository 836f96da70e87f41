"""The local viewer: who may ask, what is given, what is not."""

import http.client
import os
import shutil
import socket
import struct
import threading
from urllib.parse import quote

import pytest

from sim.inputs.text import InputError
from sim.report import serving
from sim.report.serving import HOST, Shelf, carry_out, server_of
from tests.sealing import seal


@pytest.fixture(scope="module")
def port(made):
    shelf = Shelf.of([made["run"], made["other"], made["comparison"]])
    server = server_of(shelf, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(5)


def ask(port, path, host=None, method="GET"):
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    if host != "":
        connection.putheader("Host", host or f"{HOST}:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    return answer, content


def test_it_listens_on_this_machine_only(made):
    server = server_of(Shelf.of([made["run"]]), 0)
    assert server.server_address[0] == "127.0.0.1"
    server.server_close()


def test_the_list_names_every_result_and_filters_them(port):
    answer, page = ask(port, "/")
    assert answer.status == 200
    assert all(f"/result/{name}/report.html" in page for name in ("run", "other", "comparison"))
    _, page = ask(port, "/?result=other&metric=price_peak&element=Tb")
    rows = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "price_peak" in rows
    assert "imports_t" not in rows
    assert "/result/run/" not in rows
    _, page = ask(port, "/?metric=no_such")
    assert "nothing agrees" in page


@pytest.mark.parametrize("host", ["", "evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1"])
def test_another_name_for_this_address_is_refused(port, host):
    answer, content = ask(port, "/", host)
    assert answer.status == 421
    assert "result" not in content


def test_localhost_is_this_machine(port):
    assert ask(port, "/", f"localhost:{port}")[0].status == 200


def test_pages_and_tables_are_given(port):
    answer, page = ask(port, "/result/run/report.html")
    assert answer.status == 200
    assert "Closing the Kachin gates" in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    answer, table = ask(port, "/result/other/summary.csv")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert table.startswith("scenario,metric")


@pytest.mark.parametrize(
    "path",
    [
        "/result/run/../../../../etc/passwd",
        "/result/run/%2e%2e%2fmanifest.json",
        "/result/run/reference",
        "/result/nobody/report.html",
        "/result/run/backtest.csv",
        "/etc/passwd",
        "/result/run",
    ],
)
def test_nothing_else_is_given(port, path):
    assert ask(port, path)[0].status == 404


@pytest.fixture
def served(made, tmp_path):
    """Copies of the run that may be changed, in folders of any name: what serves them, by those names."""
    servers = []

    def serve(*names):
        for name in names:
            shutil.copytree(made["run"], tmp_path / name)
        servers.append(server_of(Shelf.of([tmp_path / name for name in names]), 0))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1].server_address[1]

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def sent(port, content, *, linger=True):
    """The first bytes of the answer to something that need be no request."""
    with socket.create_connection((HOST, port), timeout=10) as connection:
        if not linger:  # closing resets the connection
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(content)
        return connection.recv(200) if linger else b""


def test_a_result_of_any_name_is_found(served):
    names = ["two words", "\u7a00\u571f", "50%2e"]
    port = served(*names)
    page = ask(port, "/")[1]
    for name in names:
        address = f"/result/{quote(name)}/report.html"
        assert address in page
        assert ask(port, address)[0].status == 200
    assert ask(port, f"/result/{quote(quote('two words'))}/report.html")[0].status == 404, "decoded once"


def test_what_is_no_address_is_told(port, capsys):
    request = f"GET http://[x/ HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
    assert sent(port, request.encode()).startswith(b"HTTP/1.1 400 ")
    assert "Traceback" not in capsys.readouterr().err


def test_a_result_that_changed_meanwhile_is_told_and_the_others_are_shown(served, tmp_path, capsys):
    port = served("one", "other")
    (tmp_path / "one" / "monthly.csv").unlink()
    answer, content = ask(port, "/result/one/report.html")
    assert answer.status == 409
    assert "monthly.csv:1:1: cannot be read" in content
    (tmp_path / "one" / "summary.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    answer, page = ask(port, "/")
    assert answer.status == 200
    assert "summary.csv is not as the run wrote it" in page
    assert "/result/other/report.html" in page.split("<tbody>")[1].split("</tbody>")[0]
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "lay", "status"),
    [
        ("kpi.csv", lambda path: path.write_text("edited", encoding="utf-8"), 409),
        ("runs.csv", os.mkfifo, 404),
        ("runs.csv", lambda path: path.symlink_to("/dev/zero"), 404),
        ("runs.csv", lambda path: path.symlink_to("../secret"), 404),
        ("manifest.json", os.mkfifo, 409),
    ],
)
def test_a_file_is_given_as_the_run_wrote_it_or_not_at_all(served, tmp_path, name, lay, status):
    """An edited table was given as that of the run; pipe and device were read without end, links followed."""
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    port = served("one")
    (tmp_path / "one" / name).unlink()
    lay(tmp_path / "one" / name)
    answer, told = ask(port, f"/result/one/{name}")
    assert answer.status == status
    assert "secret" not in told


def test_who_says_nothing_any_more_is_left(served, monkeypatch):
    """Each of them kept a thread and a connection for ever, until there were none left."""
    monkeypatch.setattr(serving, "PATIENCE_S", 0.2)
    port = served("one")
    assert sent(port, b"GET / HTTP/1.1\r\n") == b""


def test_tables_that_nobody_can_read_are_told(served, tmp_path, capsys):
    port = served("one")
    (tmp_path / "one" / "summary.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    seal(tmp_path / "one")
    assert ask(port, "/")[0].status == 500
    assert "Traceback" not in capsys.readouterr().err


def test_who_leaves_while_being_answered_is_no_fault(port, capsys):
    request = f"GET / HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode()
    for _ in range(5):
        sent(port, request, linger=False)
    assert ask(port, "/")[0].status == 200
    assert "Traceback" not in capsys.readouterr().err


def test_a_request_gives_no_orders_to_the_terminal(port, capsys):
    request = f"GET /\x1b[31mred HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
    assert sent(port, request.encode()).startswith(b"HTTP/1.1 404 ")
    assert "GET /\\x1b[31mred HTTP/1.1: 404" in capsys.readouterr().err


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(port, method):
    assert ask(port, "/", method=method)[0].status == 501


def test_head_has_no_body(port):
    answer, content = ask(port, "/", method="HEAD")
    assert answer.status == 200
    assert content == ""


def test_words_of_the_reader_are_escaped(port):
    _, page = ask(port, "/?words=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in page


def test_folders_of_one_name_are_told_apart(made):
    assert list(Shelf.of([made["run"], made["run"]]).results) == ["run", "run-2"]


def test_what_is_no_result_is_refused(tmp_path):
    with pytest.raises(InputError, match="is not a result folder"):
        carry_out([tmp_path], 0)


def test_a_port_that_is_taken_is_told(made, port):
    with pytest.raises(InputError, match="cannot be had"):
        carry_out([made["run"]], port)
