"""What one query may take: five million rows and ten million values of series and steps, in a budget that is smaller."""
import json
import time
import urllib.parse

from harness import Server

NS = 10**9
MIB = 1 << 20


def fill(server, rows, start):
    """One stream, an hour, a JSON line each with an id of 50,000 and a number."""
    step = 3600 * NS // rows
    batch = 20000
    for begin in range(0, rows, batch):
        lines = [f'{{"id":"i{(i * 7919) % 50000}","n":{i % 1000},"msg":"request done"}}' for i in range(begin, min(rows, begin + batch))]
        server.push({"job": "big"}, lines, start + begin * step, step)
    server.flush()


def reset_peak(server):
    with open(f"/proc/{server.child.pid}/clear_refs", "w") as file:
        file.write("5")


def ask(server, query, start, **more):
    """(answer, memory at its highest less that before the query)."""
    parameters = {"query": query, "start": start, "end": start + 3600 * NS, "limit": 5000, **more}
    reset_peak(server)
    before = server.peak_memory_bytes()
    status, body, _ = server.request("GET", "/loki/api/v1/query_range?" + urllib.parse.urlencode(parameters), timeout=300)
    grown = server.peak_memory_bytes() - before
    assert status == 200, (query, status, body[:500])
    return json.loads(body), grown


def check(context, rows, budget):
    server = Server(context, "--limits-query-memory-bytes", str(budget), "--limits-query-timeout", "5m").start()
    start = (time.time_ns() - 7200 * NS) // (3600 * NS) * (3600 * NS)
    fill(server, rows, start)
    notes = []
    # 50,000 series in 200 steps; and every value of every row kept for a quantile.
    for name, query, step in (("series x steps", 'count(sum by (id) (count_over_time({job="big"} | json [10m])))', "18s"),
                              ("all values", 'quantile_over_time(0.5, {job="big"} | json | unwrap n [1h]) by (job)', "10m")):
        answer, grown = ask(server, query, start, step=step)
        notes.append(f"{name}: {grown // MIB} MiB{' partial' if answer['data'].get('partial') else ''}")
        if answer["data"].get("partial"):
            assert any("memory budget of query is spent" in text and str(budget) in text for text in answer["warnings"]), answer["warnings"]
        # Beside the budget: blocks and answers in the caches, and what the allocator keeps.
        assert grown < budget + 96 * MIB, (name, grown, budget)
    # All rows, at the reader's pace.
    reset_peak(server)
    before = server.peak_memory_bytes()
    count = sum(1 for _ in server.rows('{job="big"}'))
    grown = server.peak_memory_bytes() - before
    assert count == rows, (count, rows)
    assert grown < 160 * MIB, grown
    notes.append(f"export of {rows} rows: {grown // MIB} MiB")
    return "; ".join(notes)


def test_memory_of_queries(context):
    return check(context, 200_000, 48 * MIB)


def soak_memory_of_queries(context):
    return check(context, 5_000_000, 64 * MIB)
