"""Serves a site to this machine alone, and tells its pages when there is something new.

Only 127.0.0.1 is listened on, and only requests that name it are answered: a page of the web that points its own name at this
machine (DNS rebinding) gets nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from gitjournal.errors import GitjournalError

HOST = "127.0.0.1"
VERSION = "/-/version"
POLL_SECONDS = 1.0
# asks whether there is something new; stands in what is served, never in what is built
RELOAD = f"""
(() => {{
  let known = null;
  setInterval(async () => {{
    try {{
      const now = await (await fetch("{VERSION}", {{ cache: "no-store" }})).text();
      if (known !== null && now !== known) location.reload();
      known = now;
    }} catch {{ /* the server has ended */ }}
  }}, {int(POLL_SECONDS * 1000)});
}})();
""".strip()
Edit = Callable[[str], str]


class Server(ThreadingHTTPServer):
    """A server of one folder. `version` goes up when its pages changed."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int, edit: Edit) -> None:
        """Listen. Raises GitjournalError where the port is taken."""
        self.version = 0
        self.edit = edit
        try:
            super().__init__((HOST, port), partial(_Handler, directory=str(folder)))
        except OSError as fault:
            message = f"port {port} cannot be used: {fault.strerror or fault}"
            raise GitjournalError(message, hint="choose another, or any free one: --port 0") from None

    @property
    def port(self) -> int:
        """The port, also where any was asked for."""
        return int(self.server_address[1])

    def in_background(self) -> threading.Thread:
        """Answer requests in a background thread."""
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        return thread


class _Handler(SimpleHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        """Answer with a page that reloads itself, or with the version."""
        if not self._is_asked_here():
            return
        path = urlsplit(self.path).path
        if path == VERSION:
            self._send(str(self.server.version).encode(), "text/plain")
            return
        file = Path(self.translate_path("/index.html" if path == "/" else path))
        if file.suffix == ".html" and file.is_file() and not file.is_symlink():
            self._send(self.server.edit(file.read_text(encoding="utf-8")).encode(), "text/html; charset=utf-8")
            return
        self.send_error(HTTPStatus.NOT_FOUND)

    def do_HEAD(self) -> None:
        """Refuse: nobody needs it."""
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    def _is_asked_here(self) -> bool:
        port = self.server.port
        if self.headers.get("Host", "") in (f"{HOST}:{port}", f"localhost:{port}"):
            return True
        self.send_error(HTTPStatus.FORBIDDEN, f"this is {HOST}:{port} alone")
        return False

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), "Cache-Control": "no-store"}
        headers |= {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the library
        """Say nothing."""
