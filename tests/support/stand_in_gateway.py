"""``python -m tests.support.stand_in_gateway CONFIG --host H --port P …``: ready at once, does nothing else.

Answers with its arguments; asked for ``/die`` it exits 4. ``STAND_IN=dies`` in the environment: complains and
exits 3. ``STAND_IN=deaf``: ignores SIGTERM.
"""

import http.server
import os
import signal
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(" ".join((os.environ["ORDERS_URL"], *sys.argv[1:])).encode())
        if self.path == "/die":
            print("last words", file=sys.stderr, flush=True)
            os._exit(4)

    def log_message(self, *_):
        pass


def main():
    behaviour = os.environ.get("STAND_IN", "")
    if behaviour == "dies":
        print("config/gateway.yaml:3:5: no such key", file=sys.stderr)
        sys.exit(3)
    if behaviour == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    port = int(sys.argv[sys.argv.index("--port") + 1])
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


main()
