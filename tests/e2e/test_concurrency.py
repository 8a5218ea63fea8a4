"""Many clients at a time: no errors, and tenants do not stand behind each other."""
import json
import threading
import time
import urllib.parse

from harness import Server

QUERIES = [("query_range", '{app="a"} |= "needle"'), ("query_range", 'sum by (level) (count_over_time({app="a"} | logfmt [1m]))'),
           ("query", 'count_over_time({app="a"}[1h])'), ("query_range", '{app="a"} |~ "n.*7$" | json'), ("labels", None),
           ("series", None), ("query", 'topk(3, sum by (user) (rate({app="a"} | logfmt [5m])))'),
           ("query_range", '{app="a"} | logfmt | user="u3"')]


def fill(server, tenant):
    now = time.time_ns()
    for batch in range(10):
        values = [[str(now - (batch * 1000 + i) * 10**6), f"level={'warn' if i % 9 else 'error'} user=u{i % 40} needle={i} n{i}"]
                  for i in range(1000)]
        body = json.dumps({"streams": [{"stream": {"app": "a"}, "values": values}]})
        status, answer, _ = server.request("POST", "/loki/api/v1/push", body,
                                           {"Content-Type": "application/json", "X-Scope-OrgID": tenant})
        assert status == 204, answer


def ask(server, tenant, number):
    endpoint, query = QUERIES[number % len(QUERIES)]
    parameters = {"query": query} if query else {}
    began = time.monotonic()
    status, body, _ = server.request("GET", f"/loki/api/v1/{endpoint}?" + urllib.parse.urlencode(parameters),
                                     headers={"X-Scope-OrgID": tenant}, timeout=300)
    return status, body, time.monotonic() - began


def run(context, busy_clients, quiet_clients, rounds):
    server = Server(context, "--tenants").start()
    fill(server, "busy")
    fill(server, "quiet")
    server.flush()
    times = {"busy": [], "quiet": []}
    failures = []

    def client(tenant, first, pause):
        for number in range(rounds):
            status, body, took = ask(server, tenant, first + number)
            times[tenant].append(took)
            if status != 200:
                failures.append((tenant, status, body[:200]))
            time.sleep(pause)

    threads = [threading.Thread(target=client, args=("busy", i, 0)) for i in range(busy_clients)]
    threads += [threading.Thread(target=client, args=("quiet", i, 0.05)) for i in range(quiet_clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]
    metrics = server.request("GET", "/metrics")[1].decode()
    assert "cordwood_queries_running 0" in metrics and "cordwood_queries_waiting 0" in metrics

    def percentile(tenant, share):
        sorted_times = sorted(times[tenant])
        return sorted_times[min(int(len(sorted_times) * share), len(sorted_times) - 1)]

    text = ", ".join(f"{tenant} p50 {percentile(tenant, 0.5) * 1e3:.0f} ms p99 {percentile(tenant, 0.99) * 1e3:.0f} ms"
                     for tenant in times)
    return percentile("busy", 0.5), percentile("quiet", 0.5), text


def test_a_quiet_tenant_is_not_kept_waiting(context):
    busy, quiet, text = run(context, busy_clients=60, quiet_clients=2, rounds=6)
    assert quiet < busy, f"the quiet tenant waits as long as the busy one: {text}"
    return text


def soak_200_clients(context):
    return run(context, busy_clients=180, quiet_clients=20, rounds=20)[2]
