"""Loki's endpoints over HTTP: each answers what its clients need, over rows in the head and in segments."""
import json
import time
import urllib.parse

from harness import Server, wait_for

HOUR = 3600 * 10**9
MINUTE = 60 * 10**9


def lines_of(i):
    """Three lines a second: JSON, logfmt and plain text."""
    return [json.dumps({"status": 200 + i % 3, "took": f"{i}ms", "user": {"id": f"u{i % 5}"}}),
            f"level={'error' if i % 10 == 0 else 'info'} msg=\"request {i} done\" bytes={i}kB",
            f"WARN connection from 10.0.0.{i % 250}:{1000 + i} closed after {i} ms"]


def filled(context):
    """(server, start): 60 seconds of three streams, half of it flushed."""
    server = Server(context).start()
    start = (time.time_ns() - HOUR) // MINUTE * MINUTE
    for half in (0, 1):
        for number, job in enumerate(("json", "logfmt", "text")):
            lines = [lines_of(i)[number] for i in range(half * 30, half * 30 + 30)]
            server.push({"job": job, "cluster": "eu"}, lines, start + half * 30 * 10**9, 10**9)
        if half == 0:
            server.flush()
    return server, start


def both(server, path, **parameters):
    """The answer to GET, which must be that to a form POST."""
    got = server.get_json(path, **parameters)
    status, body, _ = server.request("POST", path, urllib.parse.urlencode(parameters),
                                     {"Content-Type": "application/x-www-form-urlencoded"})
    posted = json.loads(body)
    for answer in (got, posted):
        answer.pop("stats", None)
        if isinstance(answer.get("data"), dict):
            answer["data"].pop("stats", None)
    assert status == 200 and posted == got, (path, status, got, posted)
    return got


def test_stats_and_volumes(context):
    server, start = filled(context)
    span = {"start": start, "end": start + 2 * MINUTE}
    raw = sum(len(line) for i in range(60) for line in lines_of(i))
    stats = both(server, "/loki/api/v1/index/stats", query='{cluster="eu"}', **span)
    assert stats["streams"] == 3 and stats["entries"] == 180 and stats["bytes"] == raw, stats
    volume = both(server, "/loki/api/v1/index/volume", query='{cluster="eu"}', targetLabels="job", limit=5000, **span)
    assert volume["data"]["resultType"] == "vector"
    by_job = {s["metric"]["job"]: int(s["value"][1]) for s in volume["data"]["result"]}
    assert sum(by_job.values()) == raw and set(by_job) == {"json", "logfmt", "text"}, by_job
    services = both(server, "/loki/api/v1/index/volume", query='{service_name=~".+"}', **span)
    assert {s["metric"]["service_name"] for s in services["data"]["result"]} == {"json", "logfmt", "text"}, services
    labels = both(server, "/loki/api/v1/index/volume", query='{cluster="eu"}', aggregateBy="labels", **span)
    assert {"job": "", } in [s["metric"] for s in labels["data"]["result"]], labels
    ranged = both(server, "/loki/api/v1/index/volume_range", query='{cluster="eu"}', targetLabels="job", step="30s", **span)
    assert ranged["data"]["resultType"] == "matrix"
    assert sum(int(v[1]) for s in ranged["data"]["result"] for v in s["values"]) == raw
    levels = both(server, "/loki/api/v1/index/volume_range", query='{job="logfmt"}', targetLabels="detected_level",
                  step="30s", **span)
    assert {s["metric"]["detected_level"] for s in levels["data"]["result"]} == {"error", "info"}, levels


def test_detected_fields_labels_and_patterns(context):
    server, start = filled(context)
    span = {"start": start, "end": start + 2 * MINUTE}
    labels = both(server, "/loki/api/v1/detected_labels", **span)
    found = {entry["label"]: entry["cardinality"] for entry in labels["detectedLabels"]}
    assert found == {"cluster": 1, "job": 3, "service_name": 3}, found
    fields = both(server, "/loki/api/v1/detected_fields", query='{job="json"}', line_limit=500, **span)
    by_name = {field["label"]: field for field in fields["fields"]}
    assert by_name["status"]["type"] == "int" and by_name["status"]["cardinality"] == 3, by_name
    assert by_name["took"]["type"] == "duration" and by_name["took"]["parsers"] == ["json"], by_name
    assert by_name["user_id"]["jsonPath"] == ["user", "id"], by_name
    assert by_name["detected_level"]["parsers"] is None, by_name
    assert not {"job", "cluster", "service_name"} & set(by_name), "indexed labels are no fields"
    values = both(server, "/loki/api/v1/detected_field/user_id/values", query='{job="json"}', **span)
    assert values["values"] == [f"u{i}" for i in range(5)], values
    assert both(server, "/loki/api/v1/detected_field/nothing/values", query='{job="json"}', **span)["values"] == []
    logfmt = both(server, "/loki/api/v1/detected_fields", query='{job="logfmt"}', **span)
    assert {"level": "string", "msg": "string", "bytes": "bytes", "detected_level": "string"} == {
        field["label"]: field["type"] for field in logfmt["fields"]}, logfmt
    patterns = both(server, "/loki/api/v1/patterns", query='{job="text"}', step="30s", **span)
    assert len(patterns["data"]) == 1, patterns
    assert patterns["data"][0]["pattern"] == "WARN connection from <_> closed after <_> ms", patterns
    assert patterns["data"][0]["level"] == "warn"
    assert sum(count for _, count in patterns["data"][0]["samples"]) == 60
    # What it says is a pattern of the language.
    kept = server.entries('{job="text"} |> "' + patterns["data"][0]["pattern"] + '"', start, start + HOUR)
    assert len(kept) == 60


def test_detected_level_is_there_when_asked(context):
    server, start = filled(context)
    result = server.query_range('{job="logfmt"} | detected_level="error"', start, start + HOUR)["result"]
    assert sum(len(s["values"]) for s in result) == 6 and result[0]["stream"]["detected_level"] == "error", result
    counted = server.get_json("/loki/api/v1/query", time=start + 2 * MINUTE,
                              query='sum by (level, detected_level) (count_over_time({cluster="eu"} | drop __error__ [5m]))')
    by_level = {s["metric"].get("detected_level"): int(s["value"][1]) for s in counted["data"]["result"]}
    assert by_level == {"info": 54, "error": 6, "warn": 60, "unknown": 60}, by_level


def test_legacy_paths(context):
    server, start = filled(context)
    span = {"start": start, "end": start + HOUR}
    answer = both(server, "/api/prom/query", query='{job="text"}', regexp=":10(0|1)[0-9] ", limit=5, direction="FORWARD",
                  **span)
    entries = [entry["line"] for stream in answer["streams"] for entry in stream["entries"]]
    assert entries == [lines_of(i)[2] for i in range(5)], entries
    assert answer["streams"][0]["labels"].startswith('{cluster="eu", ') and answer["streams"][0]["entries"][0]["ts"].endswith("Z")
    assert server.request("GET", "/api/prom/query?query=rate(%7Bjob%3D%22x%22%7D%5B1m%5D)")[0] == 400
    assert both(server, "/api/prom/label", **span)["values"] == ["cluster", "job", "service_name"]
    assert both(server, "/api/prom/label/job/values", **span)["values"] == ["json", "logfmt", "text"]
    assert len(both(server, "/api/prom/series", **{"match[]": '{cluster="eu"}'}, **span)["data"]) == 3


def test_small_answers_for_tools(context):
    server = Server(context).start()
    limits = server.get_json("/loki/api/v1/drilldown-limits")
    assert limits["limits"]["max_entries_limit_per_query"] == 5000 and limits["limits"]["volume_enabled"] is True
    assert limits["pattern_ingester_enabled"] is True
    assert server.get_json("/loki/api/v1/format_query", query='{a="b"}|="c"')["data"] == '{a="b"} |= "c"'
    assert server.get_json("/loki/api/v1/status/buildinfo")["version"]
    for path in ("/loki/api/v1/labels", "/loki/api/v1/index/volume?query=%7B%7D", "/loki/api/v1/patterns?query=%7Ba%3D%22b%22%7D",
                 "/loki/api/v1/detected_labels", "/loki/api/v1/detected_fields?query=%7Ba%3D%22b%22%7D"):
        assert server.request("GET", path)[0] == 200, path


def test_media_parameters_are_checked(context):
    server = Server(context).start()
    body = json.dumps({"streams": [{"stream": {"a": "b"}, "values": [[str(time.time_ns()), "x"]]}]})
    for content_type, status in (("application/json; charset=utf-8", 204), ("application/json; charsetutf-8", 400)):
        assert server.request("POST", "/loki/api/v1/push", body, {"Content-Type": content_type})[0] == status, content_type


def test_limits_have_lokis_texts(context):
    server = Server(context).start()
    now = time.time_ns()
    server.push({"a": "b"}, ["x"], now)
    for path, status, text in (
            ("/loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D&limit=6000", 400,
             "max entries limit per query exceeded, limit > max_entries_limit_per_query (6000 > 5000)"),
            ("/loki/api/v1/query_range?query=rate(%7Ba%3D%22b%22%7D%5B1m%5D)&start=0&end=20000&step=1", 400,
             "exceeded maximum resolution of 11,000 points per time series"),
            ("/loki/api/v1/query?query=%7Ba%3D%22b%22%7D", 400, "log queries are not supported as an instant query type")):
        got, body, _ = server.request("GET", path)
        assert got == status and text in body.decode(), (path, got, body)
    for i in range(6):
        server.push({"a": "many", "n": str(i)}, ["x"], now)
    for batch in range(6):
        streams = [{"stream": {"a": "many", "n": str(100 * batch + i)}, "values": [[str(now), "x"]]} for i in range(100)]
        server.request("POST", "/loki/api/v1/push", json.dumps({"streams": streams}), {"Content-Type": "application/json"})
    path = "/loki/api/v1/query?query=" + urllib.parse.quote('count_over_time({a="many"}[1h])')
    got, body, _ = server.request("GET", path)
    assert got == 400 and b"maximum number of series (500) reached for a single query" in body, (got, body)
    got, body, _ = server.request("GET", path, headers={"X-Query-Tags": "Source=grafana-lokiexplore-app"})
    answer = json.loads(body)
    assert got == 200 and len(answer["data"]["result"]) == 500 and "maximum number of series" in answer["warnings"][0]


def test_a_client_that_leaves_ends_its_query(context):
    import socket
    server = Server(context).start()
    now = time.time_ns()
    for batch in range(40):
        server.push({"a": "b"}, [f"{batch} {i} " + "x" * 500 for i in range(2000)], now + batch * 10**6)
    # Work of seconds that no index saves: every line is rewritten several times.
    rewrite = '{{ regexReplaceAll "(x)(x*)" __line__ "${2}${1}" }}'
    stages = " ".join(f"| line_format `{rewrite}`" for _ in range(8))
    query = urllib.parse.quote('sum(count_over_time({a="b"} ' + stages + ' |= "absent" [1h]))')
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(f"GET /loki/api/v1/query?query={query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        running = lambda: b"cordwood_queries_running 1\n" in server.request("GET", "/metrics")[1]
        wait_for(running, 10, "the query did not start")
    wait_for(lambda: b"cordwood_queries_running 0\n" in server.request("GET", "/metrics")[1], 5,
             "the query went on without its client")
    wait_for(lambda: b'status="499"' in server.request("GET", "/metrics")[1], 5, "not counted as left")


def test_deletion(context):
    server, start = filled(context)
    path = "/loki/api/v1/delete?" + urllib.parse.urlencode({"query": '{job="text"} |= "10.0.0.7:"', "start": start, "end": start + HOUR // 2})
    status, body, headers = server.request("POST", path)
    if status == 501:
        return "the store has no deletion yet"
    assert status == 204 and headers["X-Delete-Request-ID"], (status, body)
    wait_for(lambda: len(server.entries('{job="text"}', start, start + HOUR)) == 59, 5, "the line is still found")
    listed = server.request("GET", "/loki/api/v1/delete")[1]
    assert json.loads(listed)[0]["request_id"] == headers["X-Delete-Request-ID"], listed
    status, _, _ = server.request("DELETE", "/loki/api/v1/delete?request_id=" + headers["X-Delete-Request-ID"])
    assert status in (204, 400), status
    assert server.request("DELETE", "/loki/api/v1/delete?request_id=nothing")[0] == 404
    return None


def test_commands_that_look_around(context):
    server, start = filled(context)
    env = {"CORDWOOD_URL": server.url}
    _, out, _ = context.run("stats", '{cluster="eu"}', env=env)
    assert out.splitlines()[1].split()[:1] == ["3"] and out.splitlines()[1].split()[2] == "180", out
    _, out, _ = context.run("volume", '{cluster="eu"}', "--by", "job", env=env)
    assert [line.split()[1] for line in out.splitlines()[1:]] == ['{job="text"}', '{job="json"}', '{job="logfmt"}'], out
    _, out, _ = context.run("patterns", '{job="text"}', "--since", "3h", env=env)
    assert out.splitlines()[1].split(None, 2) == ["60", "warn", "WARN connection from <_> closed after <_> ms"], out
    _, out, _ = context.run("detected-fields", '{job="json"}', "--since", "3h", env=env)
    assert ["60", "duration", "json", "took"] in [line.split() for line in out.splitlines()], out
    _, out, _ = context.run("stats", '{cluster="eu"}', "-o", "json", env=env)
    assert json.loads(out)["entries"] == 180
    code, _, err = context.run("patterns", "{", env=env, check=False)
    assert code == 3 and err.startswith("cordwood: ") and err.count("\n") == 1, (code, err)


def test_histogram_of_the_native_query(context):
    server, start = filled(context)
    path = "/api/v1/query?" + urllib.parse.urlencode({"query": '{job="logfmt"} # any', "start": start, "end": start + MINUTE,
                                                      "histogram": 6, "limit": 5, "levels": "true"})
    status, body, _ = server.request("GET", path)
    assert status == 200, body
    events = [json.loads(line) for line in body.splitlines()]
    assert events[-1]["event"] == "end" and "error" not in events[-1]
    rows = [row for event in events if event["event"] == "rows" for row in event["rows"]]
    assert len(rows) == 5 and all("detected_level" in row["meta"] for row in rows), rows
    (histogram,) = [event for event in events if event["event"] == "histogram"]
    assert sum(histogram["levels"]["error"]) == 6 and sum(histogram["levels"]["info"]) == 54, histogram
    assert histogram["levels"]["error"] == [1] * 6, histogram


def test_a_query_over_its_budget_gives_what_it_has(context):
    server = Server(context, "--limits-query-bytes-read", "200kB").start()
    now = time.time_ns()
    # Bytes are counted block by block, so there are several blocks.
    for batch in range(40):
        lines = [f"n={batch} {i} " + "%x" % context.random.getrandbits(1900) for i in range(1500)]
        server.push({"a": "b"}, lines, now - (40 - batch) * 10**9)
    server.flush()
    # Behind a stage that rewrites lines a filter cannot be decided without reading them.
    query = urllib.parse.quote('{a="b"} | line_format "{{__line__}}" |= "absent"')
    status, body, _ = server.request("GET", "/loki/api/v1/query_range?query=" + query)
    answer = json.loads(body)
    assert status == 200 and answer["data"]["partial"] is True, answer
    assert "the query would read too many bytes" in answer["warnings"][0] and "200kB" in answer["warnings"][0], answer["warnings"]
    small = server.get_json("/loki/api/v1/query_range", query='{a="b"}', limit=3)
    assert "partial" not in small["data"] and len(small["data"]["result"][0]["values"]) == 3
    end = json.loads(server.request("GET", "/api/v1/query?query=" + query)[1].splitlines()[-1])
    assert end["event"] == "end" and end["partial"] is True and "too many bytes" in end["error"], end
