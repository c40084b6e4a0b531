"""What cargo-lambda's front does with requests before, and with answers after, a function has them.

usage: front.py PATH_OF_CARGO_LAMBDA

The function here is the smallest there can be: it speaks the runtime API by hand, answers every event with
`ok`, and sets no header. Two of the conformance suite's cases are not run on Lambda because of what this
shows; it fails once either is no longer so.
"""

import http.client
import json
import socket
import subprocess
import sys
import threading
import time

ANSWER = {"statusCode": 200, "headers": {}, "multiValueHeaders": {}, "body": "ok", "isBase64Encoded": False, "cookies": []}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def function(port, events):
    """Takes one event after another, as a custom runtime does."""
    while True:
        try:
            runtime = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            runtime.request("GET", "/.rt/2018-06-01/runtime/invocation/next")
            event = runtime.getresponse()
            request = event.getheader("lambda-runtime-aws-request-id")
            events.append(event.read())
            runtime.request("POST", f"/.rt/2018-06-01/runtime/invocation/{request}/response", json.dumps(ANSWER))
            runtime.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)


def ask(port, body=b"hello", **headers):
    front = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    front.request("POST", "/", body, headers)
    answer = front.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def wait_for(port):
    for _ in range(600):
        try:
            if ask(port)[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.1)
    sys.exit("cargo-lambda does not answer")


def main(program):
    port = free_port()
    command = [program, "lambda", "watch", "--only-lambda-apis", "--ignore-changes", "-A", "127.0.0.1", "-P", str(port)]
    front = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    events = []
    threading.Thread(target=function, args=(port, events), daemon=True).start()
    try:
        wait_for(port)
        _, headers, _ = ask(port, origin="https://evil.example")
        origin = headers.get("access-control-allow-origin")
        before = len(events)
        status, _, _ = ask(port, b"\xff")
        time.sleep(0.2)
        asked = len(events) - before
    finally:
        front.terminate()
        front.wait()
    shown = {
        f"a page of any origin may read answers that allow none (allow-origin: {origin})": origin is not None,
        f"a body that is not UTF-8 is answered {status}, with {asked} events for the function": status == 500 and asked == 0,
    }
    for text, holds in shown.items():
        print("still so:" if holds else "NO LONGER SO:", text)
    failed = list(shown.values()).count(False)
    print(f"{len(shown) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


main(sys.argv[1])
