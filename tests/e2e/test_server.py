"""One server: what is acknowledged is found, once, whatever happens to the process."""
import json
import os
import threading
import time

from harness import Server, wait_for

HOUR = 3600 * 10**9


def test_push_then_query_then_restart(context):
    server = Server(context).start()
    now = time.time_ns()
    server.push({"app": "shop", "host": "a"}, [f"order {i}" for i in range(100)], now)
    query = '{app="shop"}'
    expected = [(now + i, f"order {i}") for i in range(100)]
    assert server.entries(query, now - HOUR, now + HOUR) == expected
    server.flush()
    assert server.entries(query, now - HOUR, now + HOUR) == expected
    assert server.stop() == 0
    server.start()
    assert server.entries(query, now - HOUR, now + HOUR) == expected
    assert server.entries(query + ' |= "order 7"', now - HOUR, now + HOUR, limit=3, direction="backward") == [
        (now + i, f"order {i}") for i in (79, 78, 77)]


def test_kill_9_keeps_what_was_acknowledged(context):
    server = Server(context, "--flush-bytes", "200000", "--head-bytes", "20MB").start()
    acknowledged = []
    start = time.time_ns() - 10 * 60 * 10**9

    def send(worker, count):
        for i in range(count):
            lines = [f"worker={worker} n={i * 20 + j} " + "x" * context.random.randrange(200) for j in range(20)]
            try:
                server.push({"app": "load", "worker": str(worker)}, lines, start + i * 1000 + worker)
                acknowledged.extend(line.split(" x")[0].strip() for line in lines)
            except Exception:  # noqa: BLE001: the server is gone, in whatever way that shows
                return

    for round_number in range(6):
        workers = [threading.Thread(target=send, args=(round_number * 10 + w, 400)) for w in range(3)]
        for worker in workers:
            worker.start()
        time.sleep(0.2 + context.random.random())
        server.kill()
        for worker in workers:
            worker.join()
        server.start()
    found = {}
    for line, _ in server.rows('{app="load"}'):
        key = line.decode().split(" x")[0].strip()
        found[key] = found.get(key, 0) + 1
    missing = [key for key in acknowledged if key not in found]
    twice = [key for key, count in found.items() if count > 1]
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged lines are missing: {missing[:3]}"
    assert not twice, f"{len(twice)} lines twice: {twice[:3]}"
    return f"{len(acknowledged)} acknowledged"


def test_graceful_stop_finishes_and_flushes(context):
    server = Server(context).start()
    server.push({"app": "x"}, ["last words"])
    assert server.stop() == 0
    assert os.path.isdir(server.data)
    journal = os.path.join(server.data, "journal")
    server.start()
    status = server.status()
    assert status["records"] == 1 and status["parts"] == 1, status
    assert os.path.isdir(journal)


def test_second_server_on_the_same_data_is_refused(context):
    server = Server(context).start()
    code, _, err = context.run("server", "--data", server.data, "--listen", "127.0.0.1:0", check=False)
    assert code == 1 and str(server.child.pid) in err and err.count("\n") == 1, (code, err)


def test_refuses_to_listen_for_everyone_without_authentication(context):
    code, _, err = context.run("server", "--data", context.path("d"), "--listen", "0.0.0.0:0", check=False)
    assert code == 1 and "--insecure" in err, (code, err)


def test_unknown_configuration_key_names_the_nearest(context):
    with open(context.path("c.toml"), "w") as file:
        file.write('data = "x"\nlisen = "127.0.0.1:1"\n')
    code, _, err = context.run("server", "--config", context.path("c.toml"), "--check", check=False)
    assert code == 1 and "c.toml:2" in err and "'listen'" in err, (code, err)


def test_repeated_body_is_stored_once(context):
    server = Server(context).start()
    now = time.time_ns()
    for _ in range(3):
        server.push({"app": "retry"}, ["same", "lines"], now)
    assert len(server.entries('{app="retry"}', now - HOUR, now + HOUR)) == 2
    server.kill()
    server.start()
    server.push({"app": "retry"}, ["same", "lines"], now)
    server.flush()
    server.push({"app": "retry"}, ["same", "lines"], now)
    assert len(server.entries('{app="retry"}', now - HOUR, now + HOUR)) == 2


def test_tail_follows(context):
    server = Server(context).start()
    server.push({"app": "t"}, ["before"], time.time_ns())
    import subprocess
    tail = subprocess.Popen([context.binary, "tail", '{app="t"}', "-o", "raw"], stdout=subprocess.PIPE,
                            env=dict(os.environ, CORDWOOD_URL=server.url, NO_COLOR="1"))
    try:
        time.sleep(1)
        for i in range(5):
            server.push({"app": "t"}, [f"live {i}"], time.time_ns())
            time.sleep(0.2)
        lines = [tail.stdout.readline().decode().strip() for _ in range(5)]
        assert lines == [f"live {i}" for i in range(5)], lines
    finally:
        tail.kill()
        tail.wait()


def test_other_tenants_rows_are_not_seen(context):
    server = Server(context, "--tenants").start()
    body = json.dumps({"streams": [{"stream": {"app": "x"}, "values": [[str(time.time_ns()), "secret"]]}]})
    headers = {"Content-Type": "application/json"}
    assert server.request("POST", "/loki/api/v1/push", body, headers)[0] == 401
    assert server.request("POST", "/loki/api/v1/push", body, dict(headers, **{"X-Scope-OrgID": "a"}))[0] == 204
    path = "/loki/api/v1/query_range?query=%7Bapp%3D%22x%22%7D"
    seen = {t: len(json.loads(server.request("GET", path, headers={"X-Scope-OrgID": t})[1])["data"]["result"]) for t in ("a", "b")}
    assert seen == {"a": 1, "b": 0}, seen
    assert server.request("GET", path, headers={"X-Scope-OrgID": "../a"})[0] in (400, 401)
