"""LogQL over HTTP, query by query over a few lines: from the head, from segments, and after a restart."""
import json
import urllib.parse

from harness import Server

T = 1767225600  # 2026-01-01T00:00:00Z
NS = 10**9


def store(server):
    def stream(labels, values):
        return {"stream": labels, "values": [[str((T + at) * NS)] + rest for at, *rest in values]}
    streams = [
        stream({"app": "mix"}, [
            (1, '{"level":"info","took":"1.5s","size":"2KB","n":3,"deep":{"a":{"b":"x"},"list":[1,{"k":"v"}]}}'),
            (6, '{"level":"error","took":"soon","size":"3MiB","n":"5","ip":"10.1.2.3"}'),
            (11, 'level=warn took=250ms size=1kB n=7 msg="hello \\"you\\"" none= bare ip=fe80::1'),
            (16, '10.0.0.7 - frank [10/Oct] "GET /index.html HTTP/1.1" 200 1234'),
            (21, "plain \x1b[31mred\x1b[0m text"),
            (26, "")]),
        stream({"app": "n", "host": "h1"}, [(10 * i, f"v={2**i} k=x") for i in range(6)]),
        stream({"app": "n", "host": "h2"}, [(10 * i, f"v={2**i * 10} k=y") for i in range(6)]),
        stream({"app": "c", "host": "h1"}, [(10 * i, f"v={v}") for i, v in enumerate((5, 10, 3, 8, 8, 20))]),
        # Lines alike at the same time that differ in metadata alone.
        stream({"app": "m", "level": "base"}, [(1, "level=parsed trace=t0", {"level": "meta", "trace": "t1"}),
                                                (1, "level=parsed trace=t0", {"trace": "t2"}),
                                                (2, "again", {"trace": "t3"}), (2, "again", {"trace": "t3"})]),
    ]
    body = json.dumps({"streams": streams})
    status, answer, _ = server.request("POST", "/loki/api/v1/push", body, {"Content-Type": "application/json"})
    assert status == 204, (status, answer)


def instant(server, query):
    """{labels without service_name as text: value} or the error's first line."""
    status, body, _ = server.request("GET", "/loki/api/v1/query?" + urllib.parse.urlencode({"query": query, "time": T + 60}))
    if status != 200:
        return f"{status} {body.decode().splitlines()[0]}"
    data = json.loads(body)["data"]
    if data["resultType"] == "scalar":
        return data["result"][1]
    return {",".join(f"{k}={v}" for k, v in sorted(series["metric"].items()) if k != "service_name"): series["value"][1]
            for series in data["result"]}


def lines(server, query):
    """[(line, labels that are not the stream's own)] in the order of time, or the error."""
    parameters = {"query": query, "start": T, "end": T + 61, "direction": "forward"}
    status, body, _ = server.request("GET", "/loki/api/v1/query_range?" + urllib.parse.urlencode(parameters))
    if status != 200:
        return f"{status} {body.decode().splitlines()[0]}"
    found = []
    for stream in json.loads(body)["data"]["result"]:
        labels = {k: v for k, v in stream["stream"].items() if k not in ("app", "service_name", "detected_level", "__error_details__")}
        found += [(int(at), line, labels) for at, line in stream["values"]]
    return [(line, labels) for _, line, labels in sorted(found, key=lambda entry: entry[:2])]


N = '{app="n"} | logfmt | unwrap v'
METRICS = [
    ('count_over_time({app="n"}[60s])', {"app=n,host=h1": "5", "app=n,host=h2": "5"}),
    ('count_over_time({app="n"}[30s] offset 30s)', {"app=n,host=h1": "3", "app=n,host=h2": "3"}),
    ('count_over_time({app="n"}[1m] |= "v=1")', {"app=n,host=h1": "1", "app=n,host=h2": "1"}),
    ('sum by (host) (bytes_over_time({app="n"}[60s]))', {"host=h1": "37", "host=h2": "42"}),
    ('absent_over_time({app="zz",x="y",z=~"q"}[1m])', {"app=zz,x=y": "1"}),
    (f"avg_over_time({N}[60s]) by (host)", {"host=h1": "12.4", "host=h2": "124"}),
    (f"quantile_over_time(0.5,{N}[60s]) by (host)", {"host=h1": "8", "host=h2": "80"}),
    (f"quantile_over_time(2,{N}[60s]) by (app)", {"app=n": "+Inf"}),
    (f"stdvar_over_time({N}[60s]) by (host)", {"host=h1": "119.04", "host=h2": "11904"}),
    (f"first_over_time({N}[60s]) by (host)", {"host=h1": "2", "host=h2": "20"}),
    ('rate_counter({app="c"} | logfmt | unwrap v [60s])', {"app=c,host=h1": "0.5"}),
    ('sum(sum_over_time({app="mix"} | json | unwrap duration(took) | __error__="" [1m]))', {"": "1.5"}),
    ('sum(sum_over_time({app="mix"} | json | unwrap bytes(size) | __error__="" [1m]))', {"": "3147728"}),
    ('sum by (level) (sum_over_time({app="mix"} | json | __error__="" | unwrap n [1m]))', {"level=error": "5", "level=info": "3"}),
    ('sum(count_over_time({app="mix"} | json [1m]))', {"": "6"}),
    ('count_over_time({app="mix"} | json | __error__!="" [1m])',
     "400 pipeline error: 'JSONParserErr' for series: '{__error__=\"JSONParserErr\", "
     "__error_details__=\"Value looks like object, but can't find closing '}' symbol\", app=\"mix\", service_name=\"mix\"}'."),
    ('sum by (__error__) (count_over_time({app="mix"} | json | __error__!="" [1m]))', {"__error__=JSONParserErr": "4"}),
    ('sum(count_over_time({app="n"}[1m])) by (host) > bool 100', {"host=h1": "0", "host=h2": "0"}),
    ('count_over_time({app="n"}[1m]) * on(host) count_over_time({app="c"}[1m])', {"host=h1": "25"}),
    ('count_over_time({app="n"}[1m]) unless on(host) count_over_time({app="c"}[1m])', {"app=n,host=h2": "5"}),
    ('sum by (app)(count_over_time({app="c"}[1m])) * on() group_right() count_over_time({app="n"}[1m])',
     {"app=n,host=h1": "25", "app=n,host=h2": "25"}),
    ('count_over_time({app="n"}[1m]) * on(app) count_over_time({app="n"}[1m])',
     "500 found duplicate series on the right hand-side;many-to-many matching not allowed: matching labels must be unique on one side"),
    (f"topk(1, sum by (host) (sum_over_time({N}[60s])))", {"host=h2": "620"}),
    ('count by (nope) (count_over_time({app="n"}[1m]))', {"": "2"}),
    ('label_replace(sum by (host) (count_over_time({app="n"}[1m])), "new", "$1-x", "host", "h(.)")',
     {"host=h1,new=1-x": "5", "host=h2,new=2-x": "5"}),
    ("1 + 2 * 3 ^ 2 ^ 0", "7"), ("1/0", "NaN"), ("-1 ^ 2", "1"), ("vector(1)+vector(1)", {"": "2"}),
    ('sum(count_over_time({app="m"}[1m]))', {"": "3"}),
]
LOGS = [
    ('{app="mix"} | json | level="info" n=3 | line_format `{{.deep_a_b}} {{.nope}}|{{ .level | ToUpper }}`',
     [("x |INFO", {"level": "info", "n": "3", "size": "2KB", "took": "1.5s", "deep_a_b": "x"})]),
    ('{app="mix"} | json v="deep.list[1].k", q="deep.a", none="no.way" | v="v"',
     [('{"level":"info","took":"1.5s","size":"2KB","n":3,"deep":{"a":{"b":"x"},"list":[1,{"k":"v"}]}}',
       {"v": "v", "q": '{"b":"x"}', "none": ""})]),
    ('{app="mix"} | logfmt --strict --keep-empty | took < 1s | line_format "{{.msg}}" | keep bare, none', [('hello "you"', {"bare": "", "none": ""})]),
    ('{app="mix"} | pattern "<ip> - <user> [<_>] \\"<method> <path> <_>\\" <status> <size>" | status="200" | line_format "{{.user}} {{.path}}" | keep user',
     [("frank /index.html", {"user": "frank"})]),
    ('{app="mix"} | decolorize |= "red text"', [("plain red text", {})]),
    ('{app="mix"} |= ip("fe80::/10") or ip("10.0.0.0/16") | line_format "x"', [("x", {}), ("x", {})]),
    ('{app="mix"} |> "<_> - <_> [<_>] <_>" | line_format "{{ __line__ | len }}"', [("61", {})]),
    ('{app="mix"} |> ""', [("", {})]),
    ('{app="mix"} | json | size > 1MB | keep size', [('{"level":"error","took":"soon","size":"3MiB","n":"5","ip":"10.1.2.3"}', {"size": "3MiB"})]),
    ('{app="m"} |= "parsed" | logfmt | drop level', [("level=parsed trace=t0", {"level_extracted": "parsed", "trace": "t1", "trace_extracted": "t0"}),
                                                      ("level=parsed trace=t0", {"level_extracted": "parsed", "trace": "t2", "trace_extracted": "t0"})]),
    ('{app="c"} | logfmt | label_format a="{{.v}}!", b=v | a="10!"', [("v=10", {"host": "h1", "a": "10!", "b": "10"})]),
    ('{app="c"} |= ip("nonsense")', '400 ip: invalid pattern "nonsense"'),
    ('{app="c"} # a comment\n |= "20" # another', [("v=20", {"host": "h1"})]),
]


def ask_all(server, where):
    for query, want in METRICS:
        got = instant(server, query)
        assert got == want, (where, query, got, want)
    for query, want in LOGS:
        got = lines(server, query)
        if isinstance(want, list):
            got, want = [sorted(json.dumps(entry, sort_keys=True) for entry in entries) for entries in (got, want)]
        assert got == want, (where, query, got, want)


def test_queries(context):
    server = Server(context).start()
    store(server)
    ask_all(server, "head")
    server.flush()
    ask_all(server, "segments")
    ask_all(server, "remembered")
    server.stop()
    server.start()
    ask_all(server, "after a restart")
