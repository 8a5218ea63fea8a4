"""Client libraries of Loki, as they come from their registry: what they push is found, once and in order."""
import json
import os
import subprocess
import time

from harness import REPOSITORY, Server, Skip, need

CLIENTS = os.path.join(REPOSITORY, "tests", "clients")
HOUR = 3600 * 10**9


def push(server, program, *arguments):
    need("node")
    if not os.path.isdir(os.path.join(CLIENTS, "node_modules")):
        raise Skip("tests/clients/node_modules is missing: run `npm ci` there")
    done = subprocess.run(["node", os.path.join(CLIENTS, program), server.url, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, (done.returncode, done.stderr[-1000:])


def test_winston_loki(context):
    server = Server(context).start()
    before = time.time_ns()
    for encoding in ("json", "protobuf"):
        name = f"app-{encoding}"
        push(server, "push_winston.js", encoding, "500", name)
        data = server.query_range(f'{{job="{name}"}}', before - HOUR, time.time_ns() + HOUR)
        found = []
        for stream in data["result"]:
            assert stream["stream"]["part"] in ("0", "1") and stream["stream"]["level"] in ("debug", "info", "warn", "error"), stream["stream"]
            assert stream["stream"]["service_name"] == name, stream["stream"]
            messages = [json.loads(value[1]) for value in stream["values"]]
            numbers = [int(message["message"].split()[1]) for message in messages]
            assert numbers == sorted(numbers), numbers
            assert all(message["message"].endswith("was grüßt") for message in messages)
            found += numbers
        assert sorted(found) == list(range(500)), (encoding, len(found))
        rate = server.get_json("/loki/api/v1/query", query=f'sum by (status) (count_over_time({{job="{name}"}} | json [1h]))')
        counts = {series["metric"]["status"]: int(series["value"][1]) for series in rate["data"]["result"]}
        assert counts == {"200": 167, "201": 167, "202": 166}, counts
