"""``python -m tests.support.talker WHAT …``: a child process that says what it is told and ends as told."""

import os
import signal
import sys
import time


def main(what, *arguments):
    if what == "say":
        print("\n".join(arguments))
    elif what == "greet":
        print(os.environ["GREETING"])
    elif what == "long":
        sys.stdout.write("x" * int(arguments[0]))
    elif what == "count":
        for number in range(1, int(arguments[0]) + 1):
            print(f"line {number}")
        sys.exit(5)
    elif what == "wait":
        time.sleep(60)
    elif what == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf", flush=True)
        time.sleep(60)


main(*sys.argv[1:])
