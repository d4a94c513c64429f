"""An admin listener that gives whatever a test wants, for what reads feeds."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class AdminFeed:
    """``url`` answers each GET with ``status`` and ``body``; ``asked`` has the paths."""

    def __init__(self, url):
        self.url = url
        self.status = 200
        self.body = b""
        self.asked = []


@contextlib.contextmanager
def admin_feed(port=0):
    """An ``AdminFeed`` that listens on *port* until the block ends; then nothing does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            feed.asked.append(self.path)
            self.send_response(feed.status)
            self.send_header("content-length", str(len(feed.body)))
            self.end_headers()
            self.wfile.write(feed.body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        feed = AdminFeed(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield feed
        finally:
            server.shutdown()
            thread.join()
