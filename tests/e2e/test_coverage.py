"""What an answer is complete for: hosts that fall silent, that come back, that lose lines; told by every command."""
import os
import subprocess
import time

from harness import Agent, Server, wait_for

FAST = {"CORDWOOD_TEST_TIME_SCALE": "10"}


def make_host(context, server, name):
    directory = context.path(name + "-logs")
    os.makedirs(directory)
    log = os.path.join(directory, "app.log")
    with open(log, "w") as file:
        file.write("".join(f"{name} line {i}\n" for i in range(100)))
    agent = Agent(context, server.url, directory + "/*", name=name, options=("--host", name), env=FAST).start()
    return log, agent


def coverage_of(server, query='{job="app"}', since_s=3600):
    now = time.time_ns()
    return server.get_json("/api/v1/coverage", query=query, start=now - since_s * 10**9, end=now)


def test_a_silent_host_is_named_since_when_and_comes_back(context):
    server = Server(context).start()
    agents = {name: make_host(context, server, name) for name in ("web-1", "web-2", "db-3")}
    wait_for(lambda: coverage_of(server)["complete"], 60, lambda: f"never complete: {coverage_of(server)}")
    code, out, err = context.run("query", '{job="app"}', "--limit", "0", "-o", "text", "--url", server.url)
    assert len(out.splitlines()) == 300 and "on 3 of 3 hosts" in err, err
    code, _, err = context.run("grep", "no such line", "--url", server.url, check=False)
    assert code == 1, (code, err)
    # Stopped: the host goes on writing and nobody reads it.
    agents["web-2"][1].stop()
    with open(agents["web-2"][0], "a") as file:
        file.write("web-2 unseen\n")
    wait_for(lambda: coverage_of(server)["hosts"]["silent"] == 1, 30, lambda: f"not silent: {coverage_of(server)}")
    code, _, err = context.run("query", '{job="app"}', "--url", server.url)
    assert "on 2 of 3 hosts; web-2 silent since " in err, err
    code, _, err = context.run("grep", "unseen", "--url", server.url, check=False)
    assert code == 2 and "web-2 silent since" in err, (code, err)
    code, out, _ = context.run("fleet", "--behind", "--url", server.url)
    assert "web-2" in out and "web-1" not in out, out
    # A question that does not concern it is complete.
    assert coverage_of(server, '{host="web-1"}')["complete"]
    # So after kill -9 and a restart of the server: it is still expected.
    server.kill()
    server.start()
    wait_for(lambda: coverage_of(server)["hosts"]["complete"] == 2, 30, lambda: f"{coverage_of(server)}")
    assert coverage_of(server)["hosts"]["silent"] == 1, coverage_of(server)
    agents["web-2"][1].start()
    wait_for(lambda: coverage_of(server)["complete"], 60, lambda: f"never complete again: {coverage_of(server)}")
    code, out, err = context.run("grep", "unseen", "--url", server.url, check=False)
    assert code == 0 and "web-2:" in out, (code, out, err)


def test_what_is_complete_is_there(context):
    """The promise itself: once the watermark has passed a moment, every line written before it is found."""
    server = Server(context, "--flush-bytes", "1MB", "--head-bytes", "64MB").start()
    log, agent = make_host(context, server, "web-1")
    written = rotations = 0
    for _ in range(20):
        with open(log, "a") as file:
            for _ in range(500):
                written += 1
                file.write(f"n={written} written\n")
        moment = time.time_ns()
        if context.random.random() < 0.2:
            rotations += 1
            os.rename(log, f"{log}.{rotations}")
        if context.random.random() < 0.15:
            agent.kill()
            agent.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            through = coverage_of(server, since_s=1)["complete_through"]
            if through is not None and int(through) > moment:
                break
            time.sleep(0.05)
        else:
            raise AssertionError(f"the watermark does not pass {moment}: {coverage_of(server)} {agent.log_text()[-1500:]}")
        found = sum(1 for _ in server.rows('{job="app"} |= "written"'))
        assert found == written, f"complete through {through}, after {moment}, but {found} of {written} lines are there"


def test_an_agent_that_ends_is_complete_and_no_selector_is_not(context):
    server = Server(context).start()
    log = context.path("batch.log")
    with open(log, "w") as file:
        file.write("done\n")
    agent = Agent(context, server.url, log, options=("--once", "--host", "batch-1")).start()
    wait_for(lambda: not agent.running(), 60)
    coverage = coverage_of(server, '{job="batch"}')
    assert coverage["complete"] and coverage["hosts"]["expected"] == 1, coverage
    code, _, err = context.run("grep", "x", '{job="nothing"}', "--url", server.url, check=False)
    assert code == 2 and "no stream matches" in err, (code, err)
    # A sender that gives no account is never complete.
    server.push({"job": "pushed"}, ["x"])
    coverage = coverage_of(server, '{job="pushed"}')
    assert not coverage["complete"] and coverage["unaccounted_streams"] == 1, coverage


def test_a_file_deleted_before_it_was_read_is_a_loss_in_bytes(context):
    server = Server(context).start()
    log, agent = make_host(context, server, "web-1")
    wait_for(lambda: coverage_of(server)["complete"], 60)
    # The agent sees the file grow while the server is away, is killed, and the file is gone when it comes back.
    server.stop()
    with open(log, "a") as file:
        file.write("".join(f"lost {i}\n" for i in range(1000)))
    size = os.path.getsize(log)
    wait_for(lambda: agent.status().get("bytes_waiting", 0) > 0, 30)
    time.sleep(1)
    agent.kill()
    os.remove(log)
    server.start()
    agent.start()

    def lost():
        return coverage_of(server)["lost_bytes"]
    wait_for(lambda: lost()["at_least"] > 0 or not lost()["exact"], 120, lambda: f"no loss: {coverage_of(server)} {agent.status()}")
    seen = sum(len(f"web-1 line {i}\n") for i in range(100))
    assert lost()["at_least"] <= size - seen, (lost(), size - seen)
    code, out, _ = context.run("fleet", "--lost", "--url", server.url)
    assert "web-1" in out and "app.log" in out, out
    _, _, err = context.run("query", '{job="app"}', "--url", server.url)
    assert "lost" in err, err
    return f"{lost()} of {size - seen} bytes"
