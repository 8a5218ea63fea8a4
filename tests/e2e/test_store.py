"""The store with real processes: backup and restore, a restart on a full disk, and simulated weeks."""
import os
import shutil
import subprocess
import threading
import time

from harness import Agent, Server, Skip, wait_for
from test_kill_rounds import FileWriter, LokiSender

HOUR = 3600 * 10**9


def count_of(server, *queries):
    found = {}
    for query in queries:
        for line, _ in server.rows(query):
            found[line.decode()] = found.get(line.decode(), 0) + 1
    return found


def test_backup_while_ingesting_and_restore(context):
    """What was acknowledged before the backup began is in it once; agents that go on after a restore make nothing twice."""
    server = Server(context, "--flush-bytes", "300kB", "--head-bytes", "20MB").start()
    logs = context.path("logs")
    os.makedirs(logs)
    writers = [FileWriter(os.path.join(logs, f"{i}.log"), i, context.random) for i in range(2)]
    senders = [LokiSender(server, i, context.random) for i in range(2)]
    agent = Agent(context, server.url, logs + "/*.log").start()
    for thread in writers + senders:
        thread.start()
    wait_for(lambda: server.status()["records"] > 3000, 30, "nothing arrives")
    before = [line for sender in senders for line in list(sender.acknowledged)]
    copy = context.path("copy")
    context.run("admin", "backup", "--url", server.url, "--data", server.data, "--to", copy)
    time.sleep(0.3)
    for thread in writers + senders:
        thread.stopping = True
    for thread in writers + senders:
        thread.join(30)
    acknowledged = {line for sender in senders for line in sender.acknowledged}
    maybe = set().union(*[sender.maybe for sender in senders])

    server.kill()
    shutil.rmtree(server.data)
    shutil.copytree(copy, server.data)
    context.run("admin", "restore", "--data", server.data)
    server.start()
    restored = count_of(server, '{app="loki"}')
    missing = [line for line in before if line not in restored]
    assert before and not missing, f"{len(missing)} of {len(before)} lines from before the backup are missing: {missing[:3]}"
    assert not [line for line, count in restored.items() if count > 1], "lines are twice in the backup"
    assert not set(restored) - acknowledged - maybe, "the backup holds what nobody sent"
    code, out, _ = context.run("admin", "verify", "--url", server.url)
    assert code == 0 and out.startswith("ok"), out

    # The agent goes on from the marks of the restored server, whatever it remembers itself.
    # It learns of the restore with its next heartbeat; until then it believes that all is stored.
    wanted = [line for writer in writers for line in writer.lines]
    wait_for(lambda: len(count_of(server, '{host=~".+"}')) >= len(wanted), 60, "the files are not sent again")
    agent.wait_caught_up()
    server.flush()
    found = count_of(server, '{host=~".+"}')
    lost = [line for line in wanted if line not in found]
    twice = [line for line, count in found.items() if count > 1]
    assert not lost and not twice and set(found) == set(wanted), f"{len(lost)} lost, {len(twice)} twice of {len(wanted)}"
    return f"{len(restored)} of {len(acknowledged)} Loki lines restored, {len(wanted)} lines of files complete"


def test_restart_on_a_full_disk_with_more_journal_than_head(context):
    """Reads work, writes are 503, nothing is lost; with space again all goes on."""
    mount = context.path("small")
    os.makedirs(mount)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", mount]).returncode != 0:
        raise Skip("tmpfs cannot be mounted here")
    try:
        return full_disk(context, mount)
    finally:
        for process in context.processes:
            process.kill()
        subprocess.run(["umount", mount])


def full_disk(context, mount):
    server = Server(context, "--disk-reserve-bytes", "0", "--flush-bytes", "200MB", "--head-bytes", "500MB", "--flush-age", "1h")
    server.arguments[server.arguments.index(server.data)] = os.path.join(mount, "data")
    server.start()
    now = time.time_ns() - HOUR
    sent = 0
    while sent < 40_000:
        lines = [f"n={sent + i} {context.random.getrandbits(1200):x}" for i in range(1000)]
        server.push({"app": "x", "part": str(sent // 10_000)}, lines, now + sent)
        sent += len(lines)
    time.sleep(0.5)
    server.kill()
    with open(os.path.join(mount, "filler"), "wb") as filler:
        try:
            while True:
                filler.write(b"x" * 65536)
                filler.flush()
        except OSError:
            pass
    assert os.statvfs(mount).f_bavail == 0
    small = ["--flush-bytes", "1MB", "--head-bytes", "4MB", "--flush-age", "1h"]
    server.arguments = server.arguments[:-6] + small
    server.start()
    numbers = sorted(int(line.split(b" ")[0][2:]) for line, _ in server.rows('{app="x"}'))
    assert numbers == list(range(sent)), f"{len(numbers)} of {sent} lines on a full disk"
    body = '{"streams":[{"stream":{"app":"y"},"values":[["%d","%s"]]}]}' % (now, "y" * 8_000_000)
    status, _, headers = server.request("POST", "/loki/api/v1/push", body, {"Content-Type": "application/json"})
    assert status == 503 and headers.get("Retry-After"), status
    peak = server.peak_memory_bytes()
    os.remove(os.path.join(mount, "filler"))
    wait_for(lambda: server.request("POST", "/flush")[0] in (200, 204), 60, "no flush with space again", pause=0.5)
    server.push({"app": "z"}, ["after"], now)
    numbers = sorted(int(line.split(b" ")[0][2:]) for line, _ in server.rows('{app="x"}'))
    assert numbers == list(range(sent)), f"{len(numbers)} of {sent} lines with space again"
    assert server.status()["head_records"] <= 1
    return f"{sent} lines, peak {peak / 1e6:.0f} MB with a head of 4 MB"
