"""kill -9 of the server under load, again and again, with senders that try again: nothing lost, nothing twice."""
import http.client
import json
import os
import threading
import time

from harness import Agent, Server

ROUNDS = int(os.environ.get("CORDWOOD_KILL_ROUNDS", "300"))


class LokiSender(threading.Thread):
    """Sends a body until it is acknowledged, over as many lives of the server as it takes."""

    def __init__(self, server, number, random):
        super().__init__(daemon=True)
        self.server, self.number, self.random = server, number, random
        self.acknowledged = []
        self.maybe = set()  # in the body that was being sent at the end
        self.stopping = False
        self.bad = None

    def run(self):
        count = 0
        start = time.time_ns() - 3600 * 10**9
        while not self.stopping:
            lines = [f"loki={self.number} n={count + i} " + "x" * self.random.randrange(150) for i in range(20)]
            values = [[str(start + (count + i) * 1000), line] for i, line in enumerate(lines)]
            body = json.dumps({"streams": [{"stream": {"app": "loki", "worker": str(self.number)}, "values": values}]})
            self.maybe = set(lines)
            if not self.send(body):
                return
            self.acknowledged += lines
            self.maybe = set()
            count += len(lines)

    def send(self, body):
        while True:
            try:
                status, answer, _ = self.server.request("POST", "/loki/api/v1/push", body, {"Content-Type": "application/json"}, timeout=20)
                if status == 204:
                    return True
                if status != 503:
                    self.bad = f"{status} {answer[:200]}"
                    return False
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)


class FileWriter(threading.Thread):
    def __init__(self, path, number, random):
        super().__init__(daemon=True)
        self.path, self.number, self.random = path, number, random
        self.lines = []
        self.stopping = False

    def run(self):
        with open(self.path, "a", buffering=1) as file:
            while not self.stopping:
                for _ in range(20):
                    line = f"file={self.number} n={len(self.lines)} " + "y" * self.random.randrange(150)
                    file.write(line + "\n")
                    self.lines.append(line)
                time.sleep(0.004)


def kill_rounds(context, rounds):
    server = Server(context, "--flush-bytes", "1MB", "--head-bytes", "20MB").start()
    logs = context.path("logs")
    os.makedirs(logs)
    writers = [FileWriter(os.path.join(logs, f"{i}.log"), i, context.random) for i in range(2)]
    senders = [LokiSender(server, i, context.random) for i in range(3)]
    for thread in writers + senders:
        thread.start()
    agent = Agent(context, server.url, logs + "/*.log").start()
    for number in range(rounds):
        time.sleep(0.05 + context.random.random() * 0.5)
        server.kill()
        if number % 10 == 9:
            agent.kill()
            agent.start()
        server.start()
        if number % 25 == 24:
            server.request("POST", "/api/v1/admin/compact?wait=true")
    for thread in writers + senders:
        thread.stopping = True
    for thread in writers + senders:
        thread.join(60)
    assert not [s.bad for s in senders if s.bad], [s.bad for s in senders]
    agent.wait_caught_up()
    server.flush()
    found = {}
    for query in ('{app="loki"}', '{host=~".+"}'):
        for line, _ in server.rows(query):
            found[line.decode()] = found.get(line.decode(), 0) + 1
    wanted = [line for s in senders for line in s.acknowledged] + [line for w in writers for line in w.lines]
    missing = [line for line in wanted if line not in found]
    twice = [line for line, count in found.items() if count > 1]
    unknown = set(found) - set(wanted) - set().union(*[s.maybe for s in senders])
    assert not missing, f"{len(missing)} of {len(wanted)} lines are missing: {missing[:3]}"
    assert not twice, f"{len(twice)} lines twice: {twice[:3]}"
    assert not unknown, f"{len(unknown)} lines that nobody sent: {list(unknown)[:3]}"
    code, out, _ = context.run("admin", "verify", "--url", server.url)
    assert code == 0 and out.startswith("ok"), out
    return f"{rounds} rounds, {len(wanted)} lines, 0 lost, 0 twice"


def test_kill_rounds_with_file_and_loki_senders(context):
    return kill_rounds(context, 8)


def soak_kill_rounds_with_file_and_loki_senders(context):
    return kill_rounds(context, ROUNDS)
