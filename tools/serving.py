"""A web server for the built book, as a host of static pages is: text compressed, files kept by the browser."""

import functools
import gzip
import http.server
import threading
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

TEXT = {".html", ".css", ".js", ".svg", ".json", ".xml", ".ipynb"}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder below `path`, silently."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args, path="/", **kwargs):
        self.below = path
        super().__init__(*args, **kwargs)

    def handle(self):
        with suppress(ConnectionError):  # a browser may leave in the middle of a file
            super().handle()

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        file = Path(self.translate_path("/" + path.removeprefix(self.below)))
        if file.is_dir():
            file /= "index.html"
        if not path.startswith(self.below) or not file.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content = file.read_bytes()
        self.send_response(HTTPStatus.OK)
        kind = self.guess_type(file)
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        self.send_header("Cache-Control", "max-age=600")
        if file.suffix in TEXT:
            content = gzip.compress(content, 9, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@contextmanager
def serving(folder, path="/", port=0):
    """Serve `folder` on this machine below `path`; its address, with a slash at its end."""
    handler = functools.partial(Handler, directory=folder, path=path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as web:
        web.daemon_threads = True
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_port}{path}"
        web.shutdown()
