"""The calls of Grafana's Loki data source and of Logs Drilldown as they go over the wire, replayed in order, and what each
client reads of the answers. Written from the sources of both (grafana/grafana pkg/tsdb/loki, grafana/logs-drilldown
src/services/datasource.ts); not recorded from a running Grafana, which is not here."""
import json
import time
import urllib.parse

from harness import Server, wait_for
from websocket import WebSocket

SECOND = 10**9
HOUR = 3600 * SECOND
GRAFANA = {"User-Agent": "Grafana/12.1.0", "Accept-Encoding": "identity"}
CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}


class Client:
    def __init__(self, server, tags, headers=None):
        self.server = server
        self.headers = dict(GRAFANA, **{"X-Query-Tags": tags}, **(headers or {}))

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters, doseq=True)
        status, body, headers = self.server.request("GET", f"{path}?{query}", headers=self.headers)
        assert status == 200, (path, parameters, status, body[:300])
        assert headers["Content-Type"].startswith("application/json"), headers["Content-Type"]
        return json.loads(body)


def filled(context):
    server = Server(context).start()
    now = time.time_ns()
    start = now - 20 * 60 * SECOND
    streams = []
    for service in ("cart", "pay"):
        values = []
        for i in range(200):
            level = ("info", "warn", "error")[i % 3]
            line = json.dumps({"level": level, "msg": f"order {i}", "duration": f"{i}ms", "trace": {"id": f"t{i}"}})
            values.append([str(start + i * 5 * SECOND), line, {"trace_id": f"abc{i}"}])
        streams.append({"stream": {"app": service, "namespace": "shop", "pod": f"{service}-1"}, "values": values})
    status, body, _ = server.request("POST", "/loki/api/v1/push", json.dumps({"streams": streams}),
                                     {"Content-Type": "application/json"})
    assert status == 204, body
    server.flush()
    return server, start, now


def test_health_check_and_metadata(context):
    server, start, now = filled(context)
    grafana = Client(server, "Source=grafana")
    health = grafana.get("/loki/api/v1/query", direction="backward", query="vector(1)+vector(1)", time=4 * SECOND)
    assert health["status"] == "success" and health["data"]["resultType"] == "vector"
    assert [sample["value"][1] for sample in health["data"]["result"]] == ["2"], health
    span = {"start": now - HOUR, "end": now}
    assert grafana.get("/loki/api/v1/labels", **span)["data"] == ["app", "namespace", "pod", "service_name"]
    assert grafana.get("/loki/api/v1/label/app/values", query='{namespace="shop"}', **span)["data"] == ["cart", "pay"]
    series = grafana.get("/loki/api/v1/series", **{"match[]": '{app="cart"}'}, **span)["data"]
    assert series == [{"app": "cart", "namespace": "shop", "pod": "cart-1", "service_name": "cart"}], series
    stats = grafana.get("/loki/api/v1/index/stats", query='{app="cart"}', **span)
    assert stats["streams"] == 1 and stats["entries"] == 200 and stats["bytes"] > 0 and stats["chunks"] >= 1
    # Start-up probes: what the data source offers depends on these answering at all.
    assert grafana.get("/loki/api/v1/detected_labels", **span)["detectedLabels"]
    assert grafana.get("/loki/api/v1/drilldown-limits")["limits"]
    assert server.request("GET", "/loki/api/v1/rules")[0] == 404, "404 means that there is no ruler"


def test_explore_logs_volume_and_context(context):
    server, start, now = filled(context)
    explore = Client(server, "Source=logs", CATEGORIZE)
    query = '{app="cart"} | json | level="error" | drop __error__, __error_details__'
    answer = explore.get("/loki/api/v1/query_range", direction="backward", query=query, start=now - HOUR, end=now,
                         limit=1000, step="14400ms")
    data = answer["data"]
    assert data["resultType"] == "streams" and data["encodingFlags"] == ["categorize-labels"]
    entries = [value for stream in data["result"] for value in stream["values"]]
    assert len(entries) == 66 and all(len(value) == 3 for value in entries), len(entries)
    times = [int(value[0]) for value in data["result"][0]["values"]]
    assert len(data["result"]) == 1 and times == sorted(times, reverse=True), "order survives categories"
    categories = entries[0][2]
    assert categories["parsed"]["level"] == "error" and categories["parsed"]["trace_id_extracted"].startswith("t")
    assert categories["structuredMetadata"]["trace_id"].startswith("abc")
    assert categories["structuredMetadata"]["detected_level"] == "error"
    summary = data["stats"]["summary"]
    assert summary["totalLinesProcessed"] >= 200 and summary["totalEntriesReturned"] == 66 and summary["execTime"] > 0, summary
    volume = Client(server, "Source=logvolhist").get(
        "/loki/api/v1/query_range", direction="backward", start=now - HOUR, end=now, step="60000ms",
        query=f"sum by (level, detected_level) (count_over_time({query}[60000ms]))")
    assert volume["data"]["resultType"] == "matrix"
    assert {s["metric"]["detected_level"] for s in volume["data"]["result"]} == {"error"}, volume["data"]["result"][:1]
    assert sum(float(v[1]) for s in volume["data"]["result"] for v in s["values"]) == 66
    sample = Client(server, "Source=logsample", CATEGORIZE).get(
        "/loki/api/v1/query_range", direction="backward", query='{app="cart"}', limit=10, start=now - HOUR, end=now)
    assert sum(len(s["values"]) for s in sample["data"]["result"]) == 10
    middle = start + 100 * 5 * SECOND
    after = explore.get("/loki/api/v1/query_range", direction="forward", query='{app="cart"}', start=middle,
                        end=middle + HOUR, limit=11)
    assert int(after["data"]["result"][0]["values"][0][0]) == middle


def test_errors_are_text_that_grafana_shows(context):
    server, start, now = filled(context)
    for query, text in (('{app="cart"', "parse error at line 1, col"), ('{app="cart"} | json | unknown(', "parse error"),
                        ('{app=~".*"}', "queries require at least one regexp or equality matcher")):
        status, body, headers = server.request("GET", "/loki/api/v1/query_range?" + urllib.parse.urlencode({"query": query}))
        assert status == 400 and text in body.decode(), (query, status, body)
        assert headers["Content-Type"].startswith("text/plain") and headers["X-Content-Type-Options"] == "nosniff"


def iso(time_ns):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ns // SECOND)) + ".000Z"


def test_drilldown_from_services_to_values(context):
    server, start, now = filled(context)
    drilldown = Client(server, "Source=grafana-lokiexplore-app")
    span = {"start": iso(now - HOUR), "end": iso(now + 60 * SECOND)}
    # The list of services, and the volume of each over time.
    volume = drilldown.get("/loki/api/v1/index/volume", query='{service_name=~".+"}', limit=5000, targetLabels="service_name",
                           **span)
    assert {s["metric"]["service_name"] for s in volume["data"]["result"]} == {"cart", "pay"}, volume
    levels = drilldown.get("/loki/api/v1/query_range", step="60000ms", direction="backward",
                           query='sum by (detected_level) (count_over_time({service_name="cart"} | detected_level != "" [1m]))',
                           **span)
    assert {s["metric"]["detected_level"] for s in levels["data"]["result"]} == {"info", "warn", "error"}
    ranged = drilldown.get("/loki/api/v1/index/volume_range", query='{service_name="cart"}', targetLabels="detected_level",
                           step="60s", **span)
    assert {s["metric"]["detected_level"] for s in ranged["data"]["result"]} == {"info", "warn", "error"}, ranged
    # One service: its labels, fields and patterns.
    labels = drilldown.get("/loki/api/v1/detected_labels", query='{service_name="cart"}', **span)["detectedLabels"]
    assert {entry["label"] for entry in labels} >= {"app", "namespace", "pod"}, labels
    fields = drilldown.get("/loki/api/v1/detected_fields", query='{service_name="cart"}', line_limit=1000, **span)["fields"]
    by_name = {field["label"]: field for field in fields}
    assert by_name["duration"] == {"label": "duration", "type": "duration", "cardinality": 200, "parsers": ["json"],
                                   "jsonPath": ["duration"]}, by_name["duration"]
    assert by_name["trace_id_extracted"]["parsers"] == ["json"], "the parser's name when metadata has it already"
    assert by_name["trace_id"]["parsers"] is None and "app" not in by_name and "service_name" not in by_name
    patterns = drilldown.get("/loki/api/v1/patterns", query='{service_name="cart"}', step="60s", **span)["data"]
    assert patterns and all(pattern["samples"] for pattern in patterns), "patterns must carry samples"
    values = drilldown.get("/loki/api/v1/detected_field/level/values", query='{service_name="cart"}', **span)
    assert values["values"] == ["error", "info", "warn"], values
    # The standard pipeline of its queries, and the panel of one field.
    pipeline = '{service_name="cart"} | json | logfmt | drop __error__, __error_details__'
    panel = drilldown.get("/loki/api/v1/query_range", step="60000ms", direction="backward",
                          query=f'sum by (level) (count_over_time({pipeline} | level != "" [1m]))', **span)
    assert {s["metric"]["level"] for s in panel["data"]["result"]} == {"info", "warn", "error"}, panel["data"]["result"][:1]
    average = drilldown.get("/loki/api/v1/query_range", step="60000ms", direction="backward",
                            query=f'avg_over_time({pipeline} | duration != "" | unwrap duration(duration) | __error__="" [1m]) by ()',
                            **span)
    assert average["data"]["result"], average
    # Names that nobody knows are an empty success.
    assert drilldown.get("/loki/api/v1/detected_field/nothing/values", query='{service_name="cart"}', **span)["values"] == []
    assert drilldown.get("/loki/api/v1/patterns", query='{service_name="nobody"}', **span)["data"] == []
    assert drilldown.get("/loki/api/v1/index/volume", query='{service_name="nobody"}', **span)["data"]["result"] == []
    assert drilldown.get("/loki/api/v1/query_range", query='{service_name="nobody"}', **span)["data"]["result"] == []


def test_live_tailing_as_the_data_source_opens_it(context):
    server, start, now = filled(context)
    tail = WebSocket(server.port, "/loki/api/v1/tail?" + urllib.parse.urlencode({"query": '{app="cart"}', "limit": 3}),
                     dict(GRAFANA, **CATEGORIZE))
    first = tail.message()
    assert len(first["streams"][0]["values"]) == 3 and len(first["streams"][0]["values"][0]) == 3, first
    server.push({"app": "cart", "namespace": "shop", "pod": "cart-1"}, ["new line"])
    live = tail.message()
    assert live["streams"][0]["values"][0][1] == "new line", live
    tail.close()
    wait_for(lambda: b"cordwood_tails 0\n" in server.request("GET", "/metrics")[1], 5, "the tail did not end")


def test_logcli_pages_by_last_timestamp(context):
    server, start, now = filled(context)
    logcli = Client(server, "Source=logcli")
    seen, end = [], now + HOUR
    while True:
        data = logcli.get("/loki/api/v1/query_range", query='{namespace="shop"}', start=start, end=end, limit=50,
                          direction="BACKWARD")["data"]
        values = [(int(v[0]), v[1]) for s in data["result"] for v in s["values"]]
        fresh = sorted({value for value in values if value not in seen})
        if not fresh:
            break
        seen += fresh
        end = min(time_ns for time_ns, _ in fresh) + 1
    assert len(seen) == 200 and len(set(seen)) == 200, "both services log the same lines at the same times"
    series = logcli.get("/loki/api/v1/series", match='{app="pay"}', start=start, end=now)["data"]
    assert len(series) == 1
