"""The independent witness of a kernel's iopub: writes down, one JSON line each, every message it publishes.

Shares nothing with the recorder: a plain subscription, no merging, no positions. Usage: witness.py CONNECTION_FILE OUT.
Ends with its parent's pipe.
"""

import hashlib
import json
import os
import sys
import threading

import zmq


def main():
    with open(sys.argv[1]) as file:
        info = json.load(file)
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.LINGER, 0)
    socket.subscribe(b"")
    socket.connect("%s://%s:%d" % (info["transport"], info["ip"], info["iopub_port"]))
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    with open(sys.argv[2], "w", buffering=1 << 16) as out:
        while True:
            if not socket.poll(50):
                out.flush()
                if not socket.poll(60_000):
                    continue
            parts = socket.recv_multipart()
            at = parts.index(b"<IDS|MSG>")
            try:
                header = json.loads(parts[at + 2])
                parent = json.loads(parts[at + 3] or b"{}")
            except ValueError:
                # No client can read it either. It is told, so that nobody takes the silence after it for the kernel's.
                print("the witness met a message without a header:", parts, file=sys.stderr, flush=True)
                continue
            content = parts[at + 5]
            kind = header["msg_type"]
            line = {
                "id": header["msg_id"],
                "type": kind,
                "parent": parent.get("msg_id", ""),
                "sha": hashlib.sha1(content).hexdigest(),
            }
            if kind in ("stream", "status"):
                decoded = json.loads(content)
                line["text"] = decoded.get("text", decoded.get("execution_state", ""))
                line["name"] = decoded.get("name", "")
            out.write(json.dumps(line) + "\n")


main()
