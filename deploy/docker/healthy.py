"""Asks what runs in this container whether it is well; exits with 0 only if it says so."""  # noqa: INP001 - a script

import http.client
import os
import sys

connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("MOTCUA_HTTP_PORT", "8080")), timeout=4)
try:
    connection.request("GET", sys.argv[1])
    answer = connection.getresponse()
except OSError as error:
    sys.exit(f"no answer: {error}")
sys.exit(0 if answer.status == http.client.OK else answer.read(500).decode(errors="replace"))
