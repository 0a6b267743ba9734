"""The server of a site: this machine alone, pages alone, and a version that goes up."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitjournal.errors import GitjournalError
from gitjournal.render.site.server import HOST, VERSION, Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<body>here</body>")
    (tmp_path / "site" / "notes.txt").write_text("not a page")
    (tmp_path / "secret.html").write_text("secret")
    (tmp_path / "site" / "link.html").symlink_to(tmp_path / "secret.html")
    with Server(tmp_path / "site", 0, str.upper) as server:
        server.in_background()
        yield server
        server.shutdown()


def answer(server: Server, path: str, *, method: str = "GET", host: str | None = None) -> tuple[int, str]:
    """Return the status and the body of an answer."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    connection.request(method, path, headers={"Host": host or f"{HOST}:{server.port}"})
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_a_page_is_served_as_it_is_edited(server: Server) -> None:
    assert answer(server, "/") == answer(server, "/index.html?x=1") == (200, "<BODY>HERE</BODY>")


@pytest.mark.parametrize("path", ["/notes.txt", "/link.html", "/../secret.html", "/%2e%2e/secret.html", "/nothing.html"])
def test_nothing_but_the_pages_of_the_folder_is_served(server: Server, path: str) -> None:
    status, body = answer(server, path)
    assert status == 404
    assert "secret" not in body.lower().replace("secret.html", "")


def test_only_requests_that_name_this_machine_are_answered(server: Server) -> None:
    assert answer(server, "/", host="evil.example")[0] == 403
    assert answer(server, VERSION, host="evil.example")[0] == 403
    assert answer(server, "/", host=f"localhost:{server.port}")[0] == 200
    assert answer(server, "/", method="HEAD")[0] == 405


def test_the_version_tells_that_there_is_something_new(server: Server) -> None:
    assert answer(server, VERSION) == (200, "0")
    server.version += 1
    assert answer(server, VERSION) == (200, "1")


def test_a_port_that_is_taken_is_a_fault_that_says_what_to_do(server: Server, tmp_path: Path) -> None:
    with pytest.raises(GitjournalError, match=f"port {server.port} cannot be used"):
        Server(tmp_path, server.port, str)
