"""The command line against a real server; grep beside the system's grep on the same files."""
import json
import os
import subprocess
import time

from harness import Agent, Server, Skip, need

FAST = {"CORDWOOD_TEST_TIME_SCALE": "10"}

LINES = ["alpha one", "beta two", "alphabet", "", "ALPHA three", "a.b", "axb", "word_alpha", "tail alpha", "tab\there", "last"]


def shipped(context):
    """A server that holds files a.log and b.log (rotated once) of host `h`, and their paths."""
    logs = context.path("logs")
    os.makedirs(logs)
    files = {"a.log": LINES, "b.log": [f"{i} beta {'alpha' if i % 7 == 0 else 'x'}" for i in range(100)], "empty-of-it.log": ["nothing", "here"]}
    for name, lines in files.items():
        with open(os.path.join(logs, name), "w") as file:
            file.write("".join(line + "\n" for line in lines))
    server = Server(context, env=FAST).start()
    agent = Agent(context, server.url, logs, options=["--host", "h", "--once"], env=FAST).start()
    assert agent.child.wait(60) == 0, agent.log_text()[-1000:]
    return server, logs, {name: os.path.join(logs, name) for name in files}


def grep(context, server, *arguments):
    code, out, err = context.run("grep", *arguments, check=False, env={"CORDWOOD_URL": server.url})
    return code, out, err


def test_grep_says_what_grep_says(context):
    need("grep")
    server, logs, files = shipped(context)
    cases = [["alpha"], ["-i", "alpha"], ["-v", "alpha"], ["-w", "alpha"], ["-x", "alphabet"], ["-n", "a"], ["-c", "alpha"], ["-c", "-v", "alpha"],
             ["-F", "a.b"], ["a.b"], ["-E", "one|two"], ["one\\|two"], ["-o", "al[a-z]*"], ["-o", "-n", "-i", "a"], ["-e", "one", "-e", "two"],
             ["-m", "2", "alpha"], ["-m1", "-c", "beta"], ["-A", "1", "beta"], ["-B", "1", "-n", "ALPHA"], ["-C", "2", "three"], ["-C1", "-n", "alpha"],
             ["-E", "^[0-9]+ beta x$"], ["[[:upper:]]"], ["-vn", "x"], ["-on", "beta"], ["^$"], ["-c", "^$"], ["-w", "-o", "alpha"]]
    for case in cases:
        done = subprocess.run(["grep", "-H", *case, *sorted(files.values())], capture_output=True, text=True, env=dict(os.environ, LC_ALL="C.UTF-8"))
        separator = "-" if any(c.startswith(("-A", "-B", "-C")) for c in case) else None
        expected = []
        for line in done.stdout.splitlines():
            expected.append("--" if line == "--" else "h:" + line)
        code, out, err = grep(context, server, *case, logs + "/*")
        assert out.splitlines() == expected, f"grep {case}: {separator}\n{chr(10).join(out.splitlines()[:12])}\nwanted\n{chr(10).join(expected[:12])}\n{err}"
        assert code == done.returncode, (case, code, done.returncode)
    for case in (["-l", "alpha"], ["-L", "alpha"]):
        done = subprocess.run(["grep", *case, *sorted(files.values())], capture_output=True, text=True)
        code, out, _ = grep(context, server, *case, logs + "/*")
        assert sorted(out.splitlines()) == sorted("h:" + line for line in done.stdout.splitlines()), (case, out, done.stdout)
    assert grep(context, server, "-h", "three")[1] == "ALPHA three\n"
    assert grep(context, server, "-q", "three")[:2] == (0, "")
    return f"{len(cases)} calls"


def test_grep_exit_codes(context):
    server, _, _ = shipped(context)
    assert grep(context, server, "alpha")[0] == 0
    assert grep(context, server, "no such words")[0] == 1
    code, _, err = grep(context, server, "alpha", '{job="nope"}')
    assert code == 2 and "no stream matches" in err, (code, err)
    code, _, err = grep(context, server, "\\(a")
    assert code == 3 and err.count("\n") == 1, (code, err)
    code, _, err = grep(context, server, "-E", "(a)\\1")
    assert code == 3 and "back-reference" in err, (code, err)
    assert context.run("grep", "x", "--url", "http://127.0.0.1:1", check=False)[0] == 3


def test_query_formats(context):
    server, _, files = shipped(context)
    env = {"CORDWOOD_URL": server.url, "TZ": "UTC"}
    _, raw, _ = context.run("query", '{job="a"}', "--direction", "forward", "-o", "raw", "--since", "1h", env=env)
    assert raw == "".join(line + "\n" for line in LINES), raw
    _, text, _ = context.run("query", '{job="a"} |= "alphabet"', env=env)
    assert text.endswith(f"Z h {files['a.log']} alphabet\n") or f"+00:00 h {files['a.log']} alphabet" in text, text
    _, out, _ = context.run("query", '{job="a"} |= "tab"', "-o", "json", env=env)
    assert json.loads(out)["line"] == "tab\there" and json.loads(out)["labels"]["host"] == "h", out
    _, out, _ = context.run("query", '{job="b"}', "--limit", "0", "-o", "csv", env=env)
    assert out.count("\r\n") == 101, out[:200]
    _, out, _ = context.run("query", 'sum by (job) (count_over_time({host="h"}[1h]))', env=env)
    assert "100  {job=\"b\"}" in out, out


def test_more_than_5000_rows_in_order(context):
    server = Server(context).start()
    start = time.time_ns() - 3600 * 10**9
    for i in range(30):
        server.push({"app": "big"}, [f"n={i * 1000 + j}" for j in range(1000)], start + i * 1000)
    server.flush()
    _, out, _ = context.run("query", '{app="big"}', "--limit", "0", "--direction", "forward", "--since", "2h", "-o", "raw", env={"CORDWOOD_URL": server.url})
    assert out.split() == [f"n={i}" for i in range(30000)], out[:100]
    cursor, seen = None, 0
    import urllib.parse
    while True:
        more = {"cursor": cursor} if cursor else {}
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": '{app="big"}', "direction": "forward", "start": 0, "limit": 7000, **more})
        status, body, _ = server.request("GET", path)
        assert status == 200, body[:300]
        rows = 0
        for text in body.splitlines():
            event = json.loads(text)
            if event["event"] == "rows":
                for row in event["rows"]:
                    assert row["line"] == f"n={seen}", (row, seen)
                    seen += 1
                    rows += 1
                cursor = event["cursor"]
        if rows == 0:
            break
    assert seen == 30000


def test_errors_are_one_line_that_says_what_to_do(context):
    server = Server(context).start()
    env = {"CORDWOOD_URL": server.url}
    for arguments, text in [(["query", '{a="b"'], "parse error at line 1"), (["query", '{a="b"}', "--since", "soon"], "duration"), (["query", '{a="b"}', "-o", "xml"], "text, raw, json, csv"),
                            (["query"], "required"), (["frobnicate"], "--help"), (["query", '{a="b"}', "--url", "http://127.0.0.1:1"], "cordwood server")]:
        code, _, err = context.run(*arguments, check=False, env=env)
        assert code == 3 and err.count("\n") == 1 and text in err, (arguments, code, err)
    code, out, _ = context.run("--version")
    assert code == 0 and out.startswith("cordwood "), out


def test_broken_pipe_ends_quietly(context):
    server, _, _ = shipped(context)
    done = subprocess.run(f"{context.binary} query '{{job=\"b\"}}' --limit 0 -o raw | head -1", shell=True, capture_output=True, text=True, env=dict(os.environ, CORDWOOD_URL=server.url))
    assert done.returncode == 0 and done.stderr == "" and "beta" in done.stdout, done


def test_labels_series_status(context):
    server, _, files = shipped(context)
    env = {"CORDWOOD_URL": server.url}
    assert set(context.run("labels", env=env)[1].split()) >= {"file", "host", "job"}
    assert context.run("labels", "job", env=env)[1].split() == ["a", "b", "empty-of-it"]
    assert f'file="{files["a.log"]}"' in context.run("series", '{job="a"}', env=env)[1]
    assert f"{len(LINES) + 102}" in context.run("status", env=env)[1]
    context.run("flush", env=env)
    status = server.status()
    assert status["parts"] >= 1 and status["head_records"] == 0 and status["stored_bytes"] > 0, status


def soak_ten_gigabytes(context):
    """10 GB pushed in one go: memory stays under 1 GB, nothing lost, restart under 10 s, all counts right."""
    load = os.path.join(os.path.dirname(context.binary), "cordwood_load")
    corpora = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(context.binary))), "build", "corpora")
    if not os.path.exists(load) or not os.path.isdir(corpora):
        raise Skip("needs build/release/cordwood_load and build/corpora (./bench/run makes both)")
    files = [f"{name}={os.path.join(corpora, name)}" for name in sorted(os.listdir(corpora)) if not name.endswith(".tmp")]
    server = Server(context).start()
    done = subprocess.run([load, "--url", server.url, "--repeat", "20", *files], capture_output=True, check=True)
    figures = json.loads(done.stdout)
    peak = server.peak_memory_bytes()
    assert peak < 1_000_000_000, f"peak memory {peak / 1e6:.0f} MB"
    assert server.status()["records"] == figures["lines"], (server.status(), figures)
    server.kill()
    began = time.monotonic()
    server.start()
    restart = time.monotonic() - began
    assert restart < 10, f"restart took {restart:.1f} s"
    assert server.status()["records"] == figures["lines"], (server.status(), figures)
    data = server.get_json("/loki/api/v1/query", query='sum(count_over_time({job=~".+"}[30h]))', time=1_767_225_600 + 21 * 3600)
    assert data["data"]["result"][0]["value"][1] == str(figures["lines"]), (data["data"]["result"], figures)
    return f"{figures['raw_bytes'] / 1e9:.1f} GB in {figures['seconds']:.0f} s, peak {peak / 1e6:.0f} MB, restart after kill -9 {restart:.2f} s, stored {server.status()['stored_bytes'] / 1e6:.0f} MB"
