"""Loki's tail: a WebSocket fed where rows come in."""
import threading
import time
import urllib.parse

from harness import Server, wait_for
from websocket import WebSocket


def tail_path(query, **parameters):
    return "/loki/api/v1/tail?" + urllib.parse.urlencode({"query": query, **parameters})


def values_of(message):
    return [value[1] for stream in message["streams"] for value in stream["values"]]


def test_history_then_live_rows_each_once(context):
    server = Server(context).start()
    server.push({"app": "t"}, [f"old {i}" for i in range(20)], time.time_ns() - 10**9)
    tail = WebSocket(server.port, tail_path('{app="t"} != "noise"', limit=5))
    assert values_of(tail.message()) == [f"old {i}" for i in range(15, 20)]
    for i in range(5):
        server.push({"app": "t"}, [f"live {i}", "noise"], time.time_ns())
        server.push({"app": "other"}, ["not this"], time.time_ns())
    got = []
    while len(got) < 5:
        got += values_of(tail.message())
    assert got == [f"live {i}" for i in range(5)], got
    tail.send(9, b"still there?")
    opcode, payload = tail.frame()
    assert opcode == 10 and payload == b"still there?"
    tail.close()
    wait_for(lambda: b"cordwood_tails 0\n" in server.request("GET", "/metrics")[1], 5, "the tail did not end")


def test_parsers_and_categories(context):
    server = Server(context).start()
    headers = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
    tail = WebSocket(server.port, tail_path('{app="t"} | logfmt | status >= 500'), headers)
    time.sleep(0.3)
    server.push({"app": "t"}, ["status=200", "status=503 level=error"], time.time_ns())
    message = tail.message()
    assert message["encodingFlags"] == ["categorize-labels"]
    value = message["streams"][0]["values"][0]
    assert value[1] == "status=503 level=error" and value[2]["parsed"]["status"] == "503", value
    assert value[2]["structuredMetadata"]["detected_level"] == "error", value


def test_stopping_the_server_closes_tails(context):
    server = Server(context).start()
    tail = WebSocket(server.port, tail_path('{app="t"}'))
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 8, "the server waited for a tail"
    assert tail.message() is None and tail.close_code == 1000


def test_a_slow_reader_is_told_what_it_missed(context):
    server = Server(context).start()
    tail = WebSocket(server.port, tail_path('{app="t"}'), receive_buffer=65536)
    time.sleep(0.5)
    sent = 0
    for batch in range(16):
        server.push({"app": "t"}, ["x" * 900 + f" {batch} {i}" for i in range(1000)], time.time_ns())
        sent += 1000
    got, dropped = 0, 0
    for _ in range(200):
        message = tail.message()
        got += len(values_of(message))
        dropped += len(message.get("dropped_entries", []))
        if message.get("dropped_entries"):
            break
    assert dropped > 0 and got < sent, (got, dropped, sent)


def test_many_tails(context, tails=200):
    """Every tail gets every line of its stream; soak_many_tails has a thousand."""
    server = Server(context).start()
    streams = 20
    open_tails = [WebSocket(server.port, tail_path(f'{{app="s{i % streams}"}}')) for i in range(tails)]
    time.sleep(0.5)
    lines = 50
    received = [[] for _ in range(tails)]
    latest = []

    def read(number):
        while len(received[number]) < lines:
            message = open_tails[number].message()
            now = time.time_ns()
            for stream in message["streams"]:
                for value in stream["values"]:
                    received[number].append(value[1])
                    latest.append((now - int(value[0])) / 1e6)

    readers = [threading.Thread(target=read, args=(i,)) for i in range(tails)]
    for reader in readers:
        reader.start()
    for i in range(lines):
        for stream in range(streams):
            server.push({"app": f"s{stream}"}, [f"line {i}"], time.time_ns())
    for reader in readers:
        reader.join(60)
    assert all(got == [f"line {i}" for i in range(lines)] for got in received), [len(got) for got in received][:20]
    latest.sort()
    return f"{tails} tails, {len(latest)} lines, delay p50 {latest[len(latest) // 2]:.0f} ms p99 {latest[len(latest) * 99 // 100]:.0f} ms"


def soak_many_tails(context):
    return test_many_tails(context, tails=1000)
