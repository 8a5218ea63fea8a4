// What operators ask of the store: `cordwood admin` (docs/operating/store.md). Answers are JSON, or with format=text
// lines for people.

#include <charconv>
#include <ctime>

#include "api/errors.h"
#include "api/loki_params.h"
#include "api/routes.h"
#include "base/json_writer.h"
#include "logql/units.h"

namespace cordwood::api {
namespace {

bool wants_text(const Call& call) {
  return call.param("format") == "text";
}

// A refused request is the client's to mend; Doing::kStoring would call FailedPrecondition a stale epoch.
io::HttpResponse failed(const base::Status& status) {
  if (status.code() == base::StatusCode::kFailedPrecondition) {
    return plain_error(400, fmt::format("{}\n", base::message_of(status)));
  }
  return error_response(status, Doing::kStoring);
}

io::HttpResponse done(const base::Status& status) {
  if (!status.ok()) return failed(status);
  io::HttpResponse response;
  response.status = 204;
  return response;
}

std::string time_text(base::UnixNanos time) {
  const std::time_t seconds = time.value / 1'000'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// "720h", "30d", "forever".
base::StatusOr<base::nanoseconds> parse_keep(std::string_view text) {
  if (text == "forever") return base::nanoseconds(0);
  if (!text.empty() && text.back() == 'd') {
    std::uint64_t days = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size() - 1, days);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() - 1 || days > 100'000) {
      return base::invalid_argument_error("\"{}\" is no time to keep: 30d, 720h or forever", text);
    }
    return base::nanoseconds(std::chrono::hours(24 * days));
  }
  ASSIGN_OR_RETURN(const base::nanoseconds keep, logql::parse_duration(text));
  if (keep.count() <= 0) return base::invalid_argument_error("\"{}\" is no time to keep: 30d, 720h or forever", text);
  return keep;
}

std::string keep_text(base::nanoseconds keep) {
  return keep.count() == 0 ? "forever"
                           : fmt::format("{}h", std::chrono::duration_cast<std::chrono::hours>(keep).count());
}

// --- parts, journal, verify ---

std::string parts_json(const std::vector<core::PartFacts>& parts) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_array();
  for (const core::PartFacts& part : parts) {
    json.begin_object().key("tenant").string(part.tenant.value).key("object").string(part.object_key);
    json.key("day").string(part.day).key("level").number(std::uint64_t{part.level});
    json.key("retention_class").number(std::uint64_t{part.retention_class});
    json.key("first").string(time_text(part.times.first)).key("last").string(time_text(part.times.last));
    json.key("records").number(part.records).key("raw_bytes").number(part.raw_bytes);
    json.key("stored_bytes").number(part.stored_bytes).end_object();
  }
  json.end_array();
  return out += '\n';
}

std::string parts_text(const std::vector<core::PartFacts>& parts) {
  std::string out = fmt::format("{:<10} {:<12} {:>5} {:>5} {:>10} {:>10} {:>10}  object\n", "day", "tenant", "level",
                                "class", "records", "raw MB", "stored MB");
  for (const core::PartFacts& part : parts) {
    out += fmt::format("{:<10} {:<12} {:>5} {:>5} {:>10} {:>10.1f} {:>10.1f}  {}\n", part.day, part.tenant.value,
                       part.level, part.retention_class, part.records, static_cast<double>(part.raw_bytes) / 1e6,
                       static_cast<double>(part.stored_bytes) / 1e6, part.object_key);
  }
  return out;
}

base::Task<io::HttpResponse> parts(Call& call) {
  base::Task<base::StatusOr<std::vector<core::PartFacts>>> task = call.deps.store.list_parts(std::nullopt);
  const base::StatusOr<std::vector<core::PartFacts>> list = co_await task;
  if (!list.ok()) co_return failed(list.status());
  if (wants_text(call)) co_return io::text_response(200, parts_text(*list));
  co_return io::json_response(200, parts_json(*list));
}

base::Task<io::HttpResponse> journal(Call& call) {
  base::Task<base::StatusOr<core::JournalFacts>> task = call.deps.store.journal_facts();
  const base::StatusOr<core::JournalFacts> facts = co_await task;
  if (!facts.ok()) co_return failed(facts.status());
  std::string out;
  if (wants_text(call)) {
    out = fmt::format("node {} epoch {}: committed through {}, flushed through {}\n", facts->node, facts->epoch,
                      facts->committed_through, facts->flushed_through);
    for (const core::JournalFileFacts& file : facts->files) {
      out += fmt::format("{:>12} bytes  sequences {} to {}{}  {}\n", file.bytes, file.first_sequence,
                         file.last_sequence, file.damaged ? " DAMAGED" : "", file.path);
    }
    co_return io::text_response(200, out);
  }
  base::JsonWriter json(out);
  json.begin_object().key("node").string(facts->node).key("epoch").number(facts->epoch);
  json.key("committed_through").number(facts->committed_through).key("flushed_through").number(facts->flushed_through);
  json.key("files").begin_array();
  for (const core::JournalFileFacts& file : facts->files) {
    json.begin_object().key("path").string(file.path).key("bytes").number(file.bytes);
    json.key("first_sequence").number(file.first_sequence).key("last_sequence").number(file.last_sequence);
    json.key("damaged").boolean(file.damaged).end_object();
  }
  json.end_array().end_object();
  out += '\n';
  co_return io::json_response(200, std::move(out));
}

base::Task<io::HttpResponse> verify(Call& call) {
  base::Task<base::StatusOr<core::VerifyReport>> task = call.deps.store.verify();
  const base::StatusOr<core::VerifyReport> report = co_await task;
  if (!report.ok()) co_return failed(report.status());
  std::string out;
  if (wants_text(call)) {
    out =
        fmt::format("{}: segments={} blocks={} records={} stored_bytes={} faults={}\n", report->ok() ? "ok" : "FAULTY",
                    report->parts, report->blocks, report->records, report->stored_bytes, report->faults.size());
    for (const std::string& fault : report->faults) out += fault + "\n";
    co_return io::text_response(200, out);
  }
  base::JsonWriter json(out);
  json.begin_object().key("ok").boolean(report->ok()).key("parts").number(report->parts);
  json.key("blocks").number(report->blocks).key("records").number(report->records);
  json.key("stored_bytes").number(report->stored_bytes).key("faults").begin_array();
  for (const std::string& fault : report->faults) json.string(fault);
  json.end_array().end_object();
  out += '\n';
  co_return io::json_response(200, std::move(out));
}

// --- retention ---

base::Task<io::HttpResponse> list_retention(Call& call) {
  core::TenantId tenant = call.tenant;
  base::Task<base::StatusOr<std::vector<core::RetentionRule>>> task = call.deps.store.retention(std::move(tenant));
  const base::StatusOr<std::vector<core::RetentionRule>> rules = co_await task;
  if (!rules.ok()) co_return failed(rules.status());
  std::string out;
  if (wants_text(call)) {
    for (const core::RetentionRule& rule : *rules) {
      out += fmt::format("{:<10} {}\n", keep_text(rule.keep), rule.selector.empty() ? "all others" : rule.selector);
    }
    co_return io::text_response(200, out.empty() ? "everything is kept until the disk budget is spent\n" : out);
  }
  base::JsonWriter json(out);
  json.begin_array();
  for (const core::RetentionRule& rule : *rules) {
    json.begin_object().key("selector").string(rule.selector).key("keep").string(keep_text(rule.keep));
    json.key("class").number(std::uint64_t{rule.retention_class}).end_object();
  }
  json.end_array();
  out += '\n';
  co_return io::json_response(200, std::move(out));
}

base::Task<io::HttpResponse> set_retention(Call& call) {
  const base::StatusOr<base::nanoseconds> keep = parse_keep(call.param("keep"));
  if (!keep.ok()) co_return failed(keep.status());
  core::RetentionRule rule{call.tenant, std::string(call.param("selector")), *keep, 0};
  base::Task<base::Status> task = call.deps.store.set_retention(std::move(rule));
  const base::Status status = co_await task;
  co_return done(status);
}

base::Task<io::HttpResponse> remove_retention(Call& call) {
  core::TenantId tenant = call.tenant;
  std::string selector(call.param("selector"));
  base::Task<base::Status> task = call.deps.store.remove_retention(std::move(tenant), std::move(selector));
  const base::Status status = co_await task;
  co_return done(status);
}

// --- deletion ---

base::Task<io::HttpResponse> list_deletions(Call& call) {
  core::TenantId tenant = call.tenant;
  base::Task<base::StatusOr<std::vector<core::DeletionStatus>>> task = call.deps.store.deletions(std::move(tenant));
  const base::StatusOr<std::vector<core::DeletionStatus>> deletions = co_await task;
  if (!deletions.ok()) co_return failed(deletions.status());
  std::string out;
  base::JsonWriter json(out);
  if (!wants_text(call)) json.begin_array();
  for (const core::DeletionStatus& one : *deletions) {
    const bool removed = one.state == core::DeletionState::kRemoved;
    if (wants_text(call)) {
      const std::string state = removed ? "removed from storage at " + time_text(*one.removed)
                                        : fmt::format("hidden, {} segments to go", one.parts_waiting);
      out += fmt::format("{:>6}  {}  {}  records removed: {}  {}\n", one.id, time_text(one.created), state,
                         one.records_removed, one.request.query);
      continue;
    }
    json.begin_object().key("id").string(one.id).key("query").string(one.request.query);
    json.key("created").string(time_text(one.created)).key("state").string(removed ? "removed" : "hidden");
    json.key("parts_waiting").number(one.parts_waiting).key("records_removed").number(one.records_removed);
    json.end_object();
  }
  if (wants_text(call)) co_return io::text_response(200, out);
  json.end_array();
  out += '\n';
  co_return io::json_response(200, std::move(out));
}

base::Task<io::HttpResponse> request_deletion(Call& call) {
  core::DeletionRequest request;
  request.tenant = call.tenant;
  request.query = std::string(call.param("query"));
  const base::StatusOr<base::UnixNanos> from = parse_timestamp(call.param("from"), base::UnixNanos::min());
  if (!from.ok()) co_return failed(from.status());
  const base::StatusOr<base::UnixNanos> to = parse_timestamp(call.param("to"), call.arrival);
  if (!to.ok()) co_return failed(to.status());
  request.range = {*from, *to};
  base::Task<base::StatusOr<std::string>> task = call.deps.store.request_deletion(std::move(request));
  const base::StatusOr<std::string> id = co_await task;
  if (!id.ok()) co_return failed(id.status());
  co_return io::text_response(200, *id + "\n");
}

base::Task<io::HttpResponse> cancel_deletion(Call& call) {
  core::TenantId tenant = call.tenant;
  std::string id(call.param("id"));
  base::Task<base::Status> task = call.deps.store.cancel_deletion(std::move(tenant), std::move(id));
  const base::Status status = co_await task;
  co_return done(status);
}

// --- backup ---

base::Task<io::HttpResponse> begin_backup(Call& call) {
  const std::string_view given = call.param("lasts");
  const base::StatusOr<base::nanoseconds> lasts = parse_keep(given.empty() ? "24h" : given);
  if (!lasts.ok()) co_return failed(lasts.status());
  base::Task<base::StatusOr<core::BackupFacts>> task = call.deps.store.begin_backup(*lasts);
  const base::StatusOr<core::BackupFacts> facts = co_await task;
  if (!facts.ok()) co_return failed(facts.status());
  if (wants_text(call)) co_return io::text_response(200, facts->id + "\n");
  std::string out;
  base::JsonWriter json(out);
  json.begin_object().key("id").string(facts->id).key("until").string(time_text(facts->until));
  json.key("objects").begin_array();
  for (const std::string& key : facts->object_keys) json.string(key);
  json.end_array().end_object();
  out += '\n';
  co_return io::json_response(200, std::move(out));
}

base::Task<io::HttpResponse> end_backup(Call& call) {
  std::string id(call.param("id"));
  base::Task<base::Status> task = call.deps.store.end_backup(std::move(id));
  const base::Status status = co_await task;
  co_return done(status);
}

}  // namespace

void add_admin_store_routes(Router& router) {
  router.add("GET", "/api/v1/admin/parts", parts, Scope::kInstallation).right = Right::kAdmin;
  router.add("GET", "/api/v1/admin/journal", journal, Scope::kInstallation).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/verify", verify, Scope::kInstallation).right = Right::kAdmin;
  router.add("GET", "/api/v1/admin/retention", list_retention).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/retention", set_retention).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/retention/remove", remove_retention).right = Right::kAdmin;
  router.add("GET", "/api/v1/admin/deletions", list_deletions).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/deletions", request_deletion).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/deletions/cancel", cancel_deletion).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/backup/begin", begin_backup, Scope::kInstallation).right = Right::kAdmin;
  router.add("POST", "/api/v1/admin/backup/end", end_backup, Scope::kInstallation).right = Right::kAdmin;
}

}  // namespace cordwood::api
