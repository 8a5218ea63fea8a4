"""The table `Bad input` of the interfaces: each row is a test against the real server."""
import json
import socket
import subprocess
import time
import zlib

from harness import Agent, Server, need

HOUR = 3600 * 10**9
JSON = {"Content-Type": "application/json"}


def body_of(lines, labels=None):
    now = time.time_ns()
    values = [[str(now + i), line] for i, line in enumerate(lines)]
    return json.dumps({"streams": [{"stream": labels or {"app": "bad"}, "values": values}]})


def stored(server):
    return server.status()["records"]


def test_malformed_bodies_are_400_and_store_nothing(context):
    server = Server(context).start()
    good = body_of(["x"]).encode()
    cases = [
        ("cut JSON", good[:-5], JSON),
        ("not JSON", b"hello", JSON),
        ("garbage protobuf", b"\x0f" * 50, {"Content-Type": "application/x-protobuf"}),
        ("unknown encoding", good, dict(JSON, **{"Content-Encoding": "br"})),
        ("truncated gzip", zlib.compress(good, wbits=31)[:-10], dict(JSON, **{"Content-Encoding": "gzip"})),
        ("not gzip", good, dict(JSON, **{"Content-Encoding": "gzip"})),
        ("native garbage", b"\xff" * 64, {"Content-Type": "application/x-protobuf"}),
    ]
    for name, body, headers in cases:
        path = "/api/v1/push" if name.startswith("native") else "/loki/api/v1/push"
        status, answer, _ = server.request("POST", path, body, headers)
        assert status == 400 and answer.strip(), (name, status, answer)
    assert stored(server) == 0


def test_some_records_bad_others_good(context):
    server = Server(context, "--limits-line-bytes", "100").start()
    status, answer, _ = server.request("POST", "/loki/api/v1/push", body_of(["good", "y" * 101, "fine"]), JSON)
    assert status == 400 and b"max entry size '100' bytes exceeded" in answer, (status, answer)
    assert stored(server) == 2


def test_too_large_is_413_before_memory_is_taken(context):
    server = Server(context, "--limits-body-bytes", "1MB", "--limits-body-decompressed-bytes", "4MB").start()
    before = server.peak_memory_bytes()
    assert server.request("POST", "/loki/api/v1/push", b" " * 1_100_000, JSON)[0] == 413
    bomb = zlib.compress(b" " * 900_000_000, level=9, wbits=31)
    assert server.request("POST", "/loki/api/v1/push", bomb, dict(JSON, **{"Content-Encoding": "gzip"}))[0] == 413
    # A length that is announced and never sent.
    with socket.create_connection(("127.0.0.1", server.port)) as liar:
        liar.sendall(b"POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")
        assert b" 413 " in liar.recv(1000)
    assert server.peak_memory_bytes() - before < 64 << 20, server.peak_memory_bytes()
    assert stored(server) == 0


def test_over_a_limit_is_429_with_retry_after_and_stores_nothing(context):
    server = Server(context, "--limits-ingestion-rate", "1kB", "--limits-ingestion-burst", "10kB", "--limits-max-streams", "3").start()
    push = lambda lines, labels: server.request("POST", "/loki/api/v1/push", body_of(lines, labels), JSON)  # noqa: E731
    assert push(["x" * 9000], {"app": "a"})[0] == 204
    status, answer, headers = push(["y" * 9000], {"app": "a"})
    assert status == 429 and b"Ingestion rate limit exceeded" in answer, (status, answer)
    assert 1 <= int(headers["Retry-After"]) <= 10, headers["Retry-After"]
    for name in "bc":
        assert push(["z"], {"app": name})[0] == 204
    status, answer, headers = push(["z"], {"app": "d"})
    assert status == 429 and b"Maximum active stream limit exceeded" in answer and headers["Retry-After"], (status, answer)
    assert stored(server) == 3
    # The agent waits and delivers all of it.
    with open(context.path("app.log"), "w") as log:
        log.write("".join(f"line {i:04} {'w' * 90}\n" for i in range(150)))
    server.stop()
    server.arguments[server.arguments.index("--limits-max-streams") + 1] = "9"
    server.start()
    agent = Agent(context, server.url, context.path("app.log")).start()
    agent.wait_caught_up()
    assert sum(1 for _ in server.rows('{job="app"}')) == 150


def test_disk_full_is_503_and_heals(context):
    import os
    if os.geteuid() != 0:
        from harness import Skip
        raise Skip("needs root to mount a tmpfs")
    mount = context.path("small")
    os.makedirs(mount)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", mount]).returncode != 0:
        from harness import Skip
        raise Skip("tmpfs cannot be mounted here")
    try:
        server = Server(context, "--disk-reserve-bytes", "30MB", "--flush-bytes", "4MB", "--head-bytes", "32MB")
        server.arguments[server.arguments.index("--data") + 1] = os.path.join(mount, "data")
        server.start()
        ballast = os.path.join(mount, "ballast")
        acknowledged = 0
        full = None
        for i in range(2000):
            if i > 20:
                time.sleep(0.02)  # free space is looked up now and then, not for each push
            if i == 20:
                space = os.statvfs(mount)
                with open(ballast, "wb") as file:
                    file.write(b"x" * (space.f_bavail * space.f_frsize - (25 << 20)))
            try:
                server.push({"app": "full"}, [f"line {i} {j}" for j in range(100)])
                acknowledged += 100
            except AssertionError as error:
                assert "503" in str(error), error
                full = i
                break
        assert full is not None and full >= 20, f"refused at push {full}"
        status, _, headers = server.request("POST", "/loki/api/v1/push", body_of(["more"]), JSON)
        assert status == 503 and headers["Retry-After"], status
        count = lambda: sum(1 for _ in server.rows('{app="full"}'))  # noqa: E731
        assert count() == acknowledged
        os.remove(ballast)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if server.request("POST", "/loki/api/v1/push", body_of(["healed"], {"app": "after"}), JSON)[0] == 204:
                break
            time.sleep(0.2)
        else:
            raise AssertionError("writes did not recover after space was back")
        assert count() == acknowledged
        server.kill()
        server.start()
        assert count() == acknowledged
        server.kill()
    finally:
        subprocess.run(["umount", "-l", mount])


def test_bad_queries_are_400_with_the_place(context):
    server = Server(context).start()
    for query, text in [('{app="x"', b"parse error"), ("{}", b"at least one"), ('{app="x"} |= ', b"parse error at line 1, col"),
                        ('{app=~"("}', b"error"), ("sum(", b"parse error")]:
        import urllib.parse
        status, answer, _ = server.request("GET", "/loki/api/v1/query_range?" + urllib.parse.urlencode({"query": query}))
        assert status == 400 and text in answer, (query, status, answer)


def test_corrupt_segment_is_reported_and_left_out(context):
    import glob
    import os
    server = Server(context).start()
    now = time.time_ns()
    server.push({"app": "good"}, ["intact"], now)
    server.flush()
    before = set(glob.glob(server.data + "/**/*", recursive=True))
    server.push({"app": "broken"}, [f"line {i} " + "abc" * 30 for i in range(2000)], now)
    server.flush()
    fresh = [f for f in set(glob.glob(server.data + "/**/*", recursive=True)) - before if os.path.isfile(f) and "segments" in f]
    assert fresh, "no segment file found"
    server.stop()
    for file in fresh:
        with open(file, "r+b") as segment:
            segment.seek(os.path.getsize(file) // 3)
            segment.write(b"\xde\xad\xbe\xef")
    server.start()
    lines = []
    status, answer, _ = server.request("GET", "/api/v1/query?query=%7Bapp%3D~%22.%2B%22%7D&start=0&end=" + str(now + HOUR))
    assert status == 200
    end = None
    for text in answer.splitlines():
        event = json.loads(text)
        if event["event"] == "rows":
            lines += [row["line"] for row in event["rows"]]
        if event["event"] == "end":
            end = event
    assert "intact" in lines, lines[:3]
    assert all(line == "intact" or line.startswith("line ") for line in lines)
    assert len(lines) < 2001 and end is not None and end.get("unreadable"), end


def test_half_a_request_and_slow_senders_do_not_hold_the_server(context):
    server = Server(context).start()
    sockets = []
    for i in range(50):
        s = socket.create_connection(("127.0.0.1", server.port))
        s.sendall(b"POST /loki/api/v1/push HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf" if i % 2 else b"GET / HT")
        sockets.append(s)
    assert server.push({"app": "ok"}, ["through"]) == 204
    for s in sockets:
        s.close()
    assert stored(server) == 1
