"""The test that counts: a writer numbers its lines across rotations by the real logrotate while agent and server are
killed at random; afterwards each number is found exactly once and in order."""
import bisect
import os
import re
import subprocess
import sys
import threading
import time

from harness import Agent, Process, Server, logrotate, need, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
# Product timers run ten times as fast, so that back-off and polling do not make the test wait.
FAST = {"CORDWOOD_TEST_TIME_SCALE": "10"}

STYLES = {
    "rename": "create",
    "rename-gzip": "create\n  compress",
    "rename-delayed-gzip": "create\n  compress\n  delaycompress",
    "nocreate": "nocreate",
    "copytruncate": "copytruncate",
    "copytruncate-gzip": "copytruncate\n  compress",
}


class Fleet:
    """One host with a numbered log, its logrotate configurations, an agent and a server."""

    def __init__(self, context, rate=3000):
        need("logrotate")
        self.context = context
        self.logs = context.path("logs")
        self.control = context.path("control")
        os.makedirs(self.logs, mode=0o755)
        os.makedirs(self.control)
        self.log = os.path.join(self.logs, "app.log")
        self.server = Server(context, "--flush-bytes", "1MB", "--head-bytes", "64MB", env=FAST).start()
        self.agent = Agent(context, self.server.url, os.path.join(self.logs, "*"), env=FAST)
        self.rate = rate
        self.writer = None

    def start_writer(self, first=1):
        arguments = [sys.executable, os.path.join(HERE, "writer.py"), self.log, str(first), self.control, str(self.rate)]
        self.writer = Process(self.context, arguments, self.context.path("writer.log")).start()
        wait_for(lambda: os.path.exists(self.log), 10)

    def stop_writer(self):
        self.writer.stop()
        with open(os.path.join(self.control, "last")) as file:
            return int(file.read())

    def rotate(self, style, pause=True, start=1):
        """One rotation; logrotate's own scripts pause the writer around copytruncate and tell it to reopen else. Names
        count from `start`: a style that follows another one needs lower numbers of its own, because logrotate shifts
        only the names of its own style and overwrites the others."""
        config = self.context.path(f"rotate-{style}-{pause}-{start}.conf")
        if not os.path.exists(config):
            if style.startswith("copytruncate"):
                scripts = f"""  prerotate
    touch {self.control}/pause; while [ ! -e {self.control}/paused ]; do sleep 0.005; done
  endscript
  postrotate
    rm -f {self.control}/pause; while [ -e {self.control}/paused ]; do sleep 0.005; done
  endscript
""" if pause else ""
            else:
                scripts = f"  postrotate\n    kill -HUP {self.writer.child.pid}\n  endscript\n"
            with open(config, "w") as file:
                file.write(f"{self.log} {{\n  rotate 1000\n  start {start}\n  missingok\n  {STYLES[style]}\n{scripts}}}\n")
            os.chmod(config, 0o644)
        logrotate(config, self.context.path("rotate.state"))

    def check(self, last, allow_missing=False):
        """Each number from 1 to `last` once and in order; gives the missing ones when those are allowed."""
        numbers = [int(re.search(rb" n=(\d+) ", line).group(1)) for line, _ in self.server.rows('{job="app"}', order="source")]
        present = set(numbers)
        missing = [n for n in range(1, last + 1) if n not in present]
        twice = len(numbers) - len(present)
        assert twice == 0, f"{twice} numbers twice, first {next(n for i, n in enumerate(numbers) if n in set(numbers[:i]))}"
        assert allow_missing or not missing, f"{len(missing)} of {last} numbers missing, first {missing[:5]}"
        assert numbers == sorted(numbers), f"order broken at {next((a, b) for a, b in zip(numbers, numbers[1:]) if a > b)}"
        files = {row_labels["file"] for row_labels in self.server.get_json("/loki/api/v1/series", **{"match[]": '{job="app"}'})["data"]}
        assert files == {self.log}, files
        return missing


def rotations_with_kills(context, count):
    fleet = Fleet(context)
    fleet.start_writer()
    fleet.agent.start()
    stop = threading.Event()
    kills = {"agent": 0, "server": 0}

    def killer():
        chance = context.random
        while not stop.wait(chance.uniform(0.3, 2.0)):
            victim = chance.choice(["agent", "server", "both"])
            if victim in ("agent", "both"):
                fleet.agent.kill()
                kills["agent"] += 1
            if victim in ("server", "both"):
                fleet.server.kill()
                kills["server"] += 1
            time.sleep(chance.uniform(0, 0.5))
            if not fleet.server.running():
                fleet.server.start()
            if not fleet.agent.running():
                fleet.agent.start()

    thread = threading.Thread(target=killer)
    thread.start()
    try:
        done = 0
        start = 9990
        while done < count:
            style = context.random.choice(list(STYLES))
            start -= 12  # at most 11 rotations follow
            for _ in range(min(context.random.randrange(1, 12), count - done)):
                time.sleep(context.random.uniform(0.02, 0.25))
                fleet.rotate(style, start=start)
                done += 1
    finally:
        stop.set()
        thread.join()
    last = fleet.stop_writer()
    fleet.agent.wait_caught_up()
    fleet.check(last)
    # The same again from segments, and after a restart.
    fleet.server.flush()
    fleet.check(last)
    assert fleet.server.stop() == 0
    fleet.server.start()
    fleet.check(last)
    return f"{count} rotations, {last} lines, agent killed {kills['agent']} times, server {kills['server']} times"


def test_200_rotations_while_agent_and_server_are_killed(context):
    return rotations_with_kills(context, 200)


def test_each_style_without_kills(context):
    fleet = Fleet(context)
    fleet.start_writer()
    fleet.agent.start()
    start = 1000
    for style in STYLES:
        start -= 40
        for _ in range(3):
            time.sleep(0.15)
            fleet.rotate(style, start=start)
    last = fleet.stop_writer()
    fleet.agent.wait_caught_up()
    fleet.check(last)
    return f"{3 * len(STYLES)} rotations, {last} lines"


def test_rotations_while_the_agent_is_stopped(context):
    fleet = Fleet(context)
    fleet.start_writer()
    fleet.agent.start()
    wait_for(lambda: fleet.agent.status().get("lines_acked", 0) > 0, 60)
    start = 1000
    for style in ("rename", "rename-delayed-gzip", "copytruncate", "rename-gzip", "copytruncate-gzip", "rename"):
        start -= 40
        fleet.agent.stop()
        for _ in range(2):
            time.sleep(0.1)
            fleet.rotate(style, start=start)
        fleet.agent.start()
        time.sleep(0.2)
    last = fleet.stop_writer()
    fleet.agent.wait_caught_up()
    fleet.check(last)


def test_history_of_rotated_and_compressed_siblings(context):
    """First start on files that were rotated before there was an agent."""
    fleet = Fleet(context)
    fleet.start_writer()
    for style in ("rename-gzip", "rename-gzip", "rename-delayed-gzip", "rename"):
        time.sleep(0.1)
        fleet.rotate(style)
    last = fleet.stop_writer()
    fleet.agent.start()
    fleet.agent.wait_caught_up()
    fleet.check(last)


def uncovered_by_losses(fleet, missing):
    """Missing numbers that are in no reported loss. A loss covers what was written between its `since` and `until`, of the
    generation that the line before is in, from where that line ends; or of one that was gone before it was looked into."""
    lines = {}
    for line, row in fleet.server.rows('{job="app"}', order="source"):
        lines[int(re.search(rb" n=(\d+) ", line).group(1))] = (row["generation"], row["offset"] + len(line) + 1, len(line))
    with open(os.path.join(fleet.control, "times")) as file:
        times = [tuple(map(int, line.split())) for line in file]
    losses = fleet.agent.status()["losses"]
    known = {generation for generation, _, _ in lines.values()}
    uncovered = []
    for number in missing:
        before = max((n for n in lines if n < number), default=None)
        written = times[bisect.bisect_right(times, (number, 2**63)) - 1][1]
        generation, end, length = lines[before] if before else (None, 0, 0)
        # A piece of a line may have been copied before the rest was destroyed.
        if not any(loss["since"] <= written <= loss["until"] + 50_000_000 and
                   (loss["generation"] not in known or
                    loss["generation"] == generation and loss["begin"] <= end + length + 20) for loss in losses):
            uncovered.append((number, generation, end, written))
    return uncovered, losses


def test_copytruncate_without_a_pause_reports_what_is_lost(context):
    """logrotate itself destroys what is written between its copy and its truncate: nothing may be twice or out of order,
    and each missing line is inside a reported loss, which never overstates."""
    fleet = Fleet(context)
    fleet.start_writer()
    fleet.agent.start()
    for _ in range(20):
        time.sleep(context.random.uniform(0.05, 0.2))
        fleet.rotate("copytruncate", pause=False)
    last = fleet.stop_writer()
    fleet.agent.wait_caught_up()
    missing = fleet.check(last, allow_missing=True)
    # How much of it was seen before it was destroyed is known when the copy has been quiet for a while.
    deadline = time.monotonic() + 30
    uncovered, losses = uncovered_by_losses(fleet, missing)
    while uncovered and time.monotonic() < deadline:
        time.sleep(1)
        uncovered, losses = uncovered_by_losses(fleet, missing)
    assert not uncovered, f"{len(uncovered)} of {len(missing)} missing lines in no reported loss, first {uncovered[:3]}; losses {losses}"
    assert all(not loss["exact"] and loss["reason"] == "truncated" for loss in losses), losses
    stated = sum(loss["at_least"] for loss in losses)
    assert stated <= len(missing) * 80, f"{stated} bytes said to be lost, {len(missing)} lines are missing"
    return f"{len(missing)} of {last} lines destroyed by logrotate, all inside {len(losses)} reported losses"


def test_lost_state_directory_ships_nothing_twice(context):
    import shutil
    fleet = Fleet(context)
    fleet.start_writer()
    fleet.agent.start()
    time.sleep(0.5)
    fleet.rotate("rename")
    time.sleep(0.3)
    fleet.agent.kill()
    shutil.rmtree(fleet.agent.state)
    fleet.rotate("rename-gzip")
    fleet.agent.start()
    time.sleep(0.5)
    last = fleet.stop_writer()
    fleet.agent.wait_caught_up()
    fleet.check(last)


def test_new_data_directory_gets_everything_again(context):
    import shutil
    fleet = Fleet(context)
    fleet.start_writer()
    fleet.agent.start()
    time.sleep(0.5)
    fleet.rotate("rename-gzip")
    time.sleep(0.3)
    fleet.agent.stop()
    fleet.server.stop()
    shutil.rmtree(fleet.server.data)
    fleet.server.start()
    fleet.agent.start()
    last = fleet.stop_writer()
    fleet.agent.wait_caught_up()
    fleet.check(last)


def soak_2000_rotations(context):
    return rotations_with_kills(context, 2000)
