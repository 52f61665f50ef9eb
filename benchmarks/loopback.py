"""An index on loopback that lives in memory and lets clients cache its pages."""

import hashlib
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["project_pages", "serve_pages"]

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"


def project_pages(
    name: str, version: str, filenames: list[str], variants_json: bytes
) -> dict[str, bytes]:
    """Return the pages of an index with one project, by path; the wheels are only names.

    Page and files share a folder, as `whichwheel index` writes them.
    """
    metadata = METADATA.format(name=name, version=version).encode()
    digest = hashlib.sha256(metadata).hexdigest()
    index_file = f"{name}-{version}-variants.json"
    lines = [
        f'<a href="{filename}#sha256={"0" * 64}" data-core-metadata="sha256={digest}">'
        f"{filename}</a><br>"
        for filename in filenames
    ]
    variants_digest = hashlib.sha256(variants_json).hexdigest()
    lines.append(f'<a href="{index_file}#sha256={variants_digest}">{index_file}</a>')
    page = "<!DOCTYPE html><html><body>\n" + "\n".join(lines) + "\n</body></html>\n"
    return {
        f"/simple/{name}/": page.encode(),
        f"/simple/{name}/{index_file}": variants_json,
        **{f"/simple/{name}/{filename}.metadata": metadata for filename in filenames},
    }


def _part(wanted: str | None, body: bytes) -> tuple[int, int] | None:
    """Return where the part of a body begins and ends that a ``Range`` header asks for."""
    found = _RANGE.fullmatch(wanted or "")
    if found is None or not body:
        return None
    if not found[1]:
        return max(0, len(body) - int(found[2])), len(body)
    return int(found[1]), min(len(body), int(found[2] or len(body)) + 1)


@contextmanager
def serve_pages(
    pages: Mapping[str, bytes],
    *,
    delay: float = 0.0,
    asked: list[str] | None = None,
    parts: bool = True,
) -> Iterator[str]:
    """Serve pages on a free port until the block ends, and yield the URL of the index.

    :param delay: seconds by which every answer comes later
    :param asked: takes the path of each request
    :param parts: whether a part of a file can be had, where one is asked for
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # so that head and body leave together

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base's name
            """Keep quiet."""

        def do_GET(self) -> None:
            """Answer with a page, or that it has not changed."""
            if asked is not None:
                asked.append(self.path)
            time.sleep(delay)
            body = pages.get(self.path)
            status = 200 if body is not None else 404
            body = body or b""
            etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if status == 200 and self.headers.get("If-None-Match") == etag:  # noqa: PLR2004
                status, body = 304, b""
            kind = "text/html" if self.path.endswith("/") else "application/octet-stream"
            if kind == "text/html" and body.startswith(b"{"):
                kind = "application/vnd.pypi.simple.v1+json"
            part = _part(self.headers.get("Range"), body) if parts else None
            whole = len(body)
            if part is not None:
                status, body = 206, body[slice(*part)]
            self.send_response(status)
            if part is not None:
                self.send_header("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{whole}")
            self.send_header("Content-Type", kind)
            self.send_header("Cache-Control", "max-age=600")
            self.send_header("ETag", etag)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Keep quiet about clients that wanted a part and got a whole."""

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/simple"
        finally:
            server.shutdown()
            thread.join()
