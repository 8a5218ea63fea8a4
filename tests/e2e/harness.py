"""Real processes for the end-to-end tests: a server, agents, writers, logrotate; and what they are asked."""
import base64
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Skip(Exception):
    """A test that cannot run here; the text says why."""


class Context:
    """What each test gets: the binary, a scratch directory, a seed, and the processes it started (ended afterwards)."""

    def __init__(self, binary, name, seed, keep=False):
        self.binary = binary
        self.name = name
        self.random = random.Random(seed)
        # /var/tmp: on disk, and (unlike /tmp on some machines) big enough.
        self.dir = tempfile.mkdtemp(prefix=f"cordwood-{name}-", dir="/var/tmp")
        os.chmod(self.dir, 0o755)  # logrotate refuses to work below a folder that others may write
        self.keep = keep
        self.processes = []

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def run(self, *arguments, check=True, input=None, env=None, timeout=120):
        """Runs `cordwood ARGUMENTS`; gives (exit code, stdout, stderr) as text with invalid bytes escaped."""
        environment = dict(os.environ, NO_COLOR="1", **(env or {}))
        done = subprocess.run([self.binary, *arguments], capture_output=True, input=input, env=environment, timeout=timeout)
        out, err = done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "surrogateescape")
        if check and done.returncode != 0:
            raise AssertionError(f"cordwood {' '.join(arguments)}: exit {done.returncode}: {err.strip()}")
        return done.returncode, out, err

    def close(self, failed):
        for process in self.processes:
            process.kill()
        if failed and self.keep:
            print(f"  kept: {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)


class Process:
    """A process that can be killed and started again with the same arguments."""

    def __init__(self, context, arguments, log, env=None):
        self.context = context
        self.arguments = arguments
        self.log = log
        self.env = dict(os.environ, **(env or {}))
        self.child = None
        context.processes.append(self)

    def start(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(self.arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.env)
        return self

    def running(self):
        return self.child is not None and self.child.poll() is None

    def kill(self):
        """kill -9."""
        if self.running():
            self.child.kill()
        if self.child is not None:
            self.child.wait()

    def stop(self, timeout=60):
        """SIGTERM; gives the exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout)

    def log_text(self):
        try:
            with open(self.log, errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def peak_memory_bytes(self):
        with open(f"/proc/{self.child.pid}/status") as status:
            return int(re.search(r"VmHWM:\s+(\d+) kB", status.read()).group(1)) * 1024

    def cpu_seconds(self):
        with open(f"/proc/{self.child.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server(Process):
    def __init__(self, context, *options, name="server", env=None):
        self.data = context.path(name, "data")
        os.makedirs(os.path.dirname(self.data), exist_ok=True)
        self.port = free_port()
        super().__init__(context, [context.binary, "server", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *options],
                         context.path(name + ".log"), env)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, timeout=20):
        super().start()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if not self.running():
                raise AssertionError(f"server ended at start: {self.log_text()[-2000:]}")
            try:
                if self.request("GET", "/ready")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError("server not ready in time: " + self.log_text()[-2000:])

    def request(self, method, path, body=None, headers=None, timeout=120):
        """(status, body bytes, headers)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def get_json(self, path, **parameters):
        status, body, _ = self.request("GET", path + "?" + urllib.parse.urlencode(parameters))
        if status != 200:
            raise AssertionError(f"GET {path} {parameters}: {status} {body[:500]}")
        return json.loads(body)

    def push(self, labels, lines, start_ns=None, step_ns=1):
        """Pushes lines as Loki JSON; gives the status."""
        start_ns = start_ns if start_ns is not None else time.time_ns()
        values = [[str(start_ns + i * step_ns), line] for i, line in enumerate(lines)]
        body = json.dumps({"streams": [{"stream": labels, "values": values}]})
        status, answer, _ = self.request("POST", "/loki/api/v1/push", body, {"Content-Type": "application/json"})
        if status not in (200, 204):
            raise AssertionError(f"push: {status} {answer[:500]}")
        return status

    def query_range(self, query, start_ns, end_ns, limit=5000, direction="forward", **more):
        data = self.get_json("/loki/api/v1/query_range", query=query, start=start_ns, end=end_ns, limit=limit,
                             direction=direction, **more)["data"]
        return data

    def entries(self, query, start_ns, end_ns, limit=5000, direction="forward"):
        """[(ns, line)] over all streams in the order of the answer's times."""
        out = []
        for stream in self.query_range(query, start_ns, end_ns, limit, direction)["result"]:
            out += [(int(value[0]), value[1]) for value in stream["values"]]
        return sorted(out, reverse=direction == "backward")

    def rows(self, query, order="time", direction="forward", start=0, end=None, limit=None):
        """All rows of the native query: yields (line bytes, event row)."""
        parameters = {"query": query, "order": order, "direction": direction, "start": start, "end": end or 4 * 10**18}
        if limit is not None:
            parameters["limit"] = limit
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request("GET", "/api/v1/query?" + urllib.parse.urlencode(parameters))
            answer = connection.getresponse()
            if answer.status != 200:
                raise AssertionError(f"native query: {answer.status} {answer.read()[:500]}")
            ended = False
            for text in answer:
                event = json.loads(text)
                kind = event["event"]
                if kind == "rows":
                    for row in event["rows"]:
                        line = row["line"].encode() if "line" in row else base64.b64decode(row["line_b64"])
                        yield line, row
                elif kind == "end":
                    ended = True
                    if event.get("error"):
                        raise AssertionError(f"native query ended with {event['error']}")
            if not ended:
                raise AssertionError("native query: no end event")
        finally:
            connection.close()

    def flush(self):
        status, body, _ = self.request("POST", "/flush", timeout=600)
        assert status in (200, 204), (status, body)

    def status(self):
        return self.get_json("/api/v1/status")


class Agent(Process):
    def __init__(self, context, server_url, *paths, name="agent", options=(), env=None):
        self.state = context.path(name, "state")
        os.makedirs(os.path.dirname(self.state), exist_ok=True)
        super().__init__(context, [context.binary, "agent", "--server", server_url, "--state", self.state, *options, *paths],
                         context.path(name + ".log"), env)

    def status(self):
        try:
            with open(os.path.join(self.state, "status.json")) as file:
                return json.load(file)
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def wait_caught_up(self, timeout=120):
        """Waits until a status written from now on says that every file is read to its end and acknowledged."""
        wait_for(lambda: self._fresh_status_caught_up(time.time()), timeout, lambda: f"agent not caught up: {self.status()} {self.log_text()[-2000:]}")

    def _fresh_status_caught_up(self, _now):
        if not hasattr(self, "_since"):
            self._since = time.time()
        path = os.path.join(self.state, "status.json")
        try:
            fresh = os.stat(path).st_mtime > self._since + 0.5
        except FileNotFoundError:
            return False
        if fresh and self.status().get("caught_up"):
            del self._since
            return True
        return False


def wait_for(condition, timeout, describe=lambda: "condition not met in time", pause=0.05):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(pause)
    raise AssertionError(describe() if callable(describe) else describe)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def need(*commands):
    for command in commands:
        if not (shutil.which(command) or os.path.exists("/usr/sbin/" + command)):
            raise Skip(f"{command} is not installed")


def logrotate(config, state, force=True):
    arguments = ["/usr/sbin/logrotate", "--state", state] + (["--force"] if force else []) + [config]
    done = subprocess.run(arguments, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"logrotate: {done.stderr}")
