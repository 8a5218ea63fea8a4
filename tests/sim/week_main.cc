// week [DAYS]: simulated days of one server on the simulated disk (two weeks if not said): a body every minute,
// retention of three days, a deletion a day, flushes by age, merges and sweeps as time brings them. Prints a line a
// day, and exits with 1 when what should stay flat grows: segments, objects, journal, bytes on the disk, memory, the
// time of a query.
#include <malloc.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "sim/world.h"

namespace cordwood::sim {
namespace {

constexpr int kKeepDays = 3;
// From then on each day drops as much as it adds: what is kept, and the day that retention keeps whole.
constexpr int kSteadyDay = kKeepDays + 2;
// Windows and caches of the server that fill up to their bounds (recent lines, SQLite's pages).
constexpr std::uint64_t kCachesBytes = 20 << 20;
constexpr int kLinesOfBody = 20;
constexpr int kStreams = 10;

struct Figures {
  std::uint64_t parts = 0;
  std::uint64_t objects = 0;
  std::uint64_t journal_bytes = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t heap_bytes = 0;
  double query_ms = 0;
  double counted = 0;
};

class Week {
 public:
  Week() : world_(2, Breakage::kNone) {
    world_.options.journal_file_bytes = 256 << 10;
    world_.options.head_flush_bytes = 1 << 20;
    world_.options.head_bytes_max = 4 << 20;
    world_.options.head_flush_age = std::chrono::minutes(5);
  }

  bool begin() {
    if (!world_.open().ok()) return fail("the server does not open");
    core::RetentionRule rule{core::TenantId::default_tenant(), "", std::chrono::hours(24 * kKeepDays), 0};
    return world_.run(world_.life().store->set_retention(std::move(rule))).ok() || fail("no retention");
  }

  bool run_day(int day) {
    for (int minute = 0; minute < 24 * 60; ++minute) {
      if (!push()) return false;
      world_.run_for(std::chrono::minutes(1));
      if (minute == 12 * 60 && !erase(day)) return false;
    }
    return true;
  }

  bool measure(Figures& figures) {
    const base::StatusOr<core::StoreStatus> status = world_.run(world_.life().store->status());
    const base::StatusOr<std::vector<std::string>> keys = world_.object_keys();
    if (!status.ok() || !keys.ok()) return fail("no figures");
    figures.parts = status->parts;
    figures.objects = keys->size();
    figures.journal_bytes = status->journal_bytes;
    figures.disk_bytes = world_.files.used_bytes();
    figures.heap_bytes = ::mallinfo2().uordblks;  // with the disk, which is in memory too
    figures.query_ms = 1e9;
    for (int i = 0; i < 5; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      if (!count(figures.counted)) return false;
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
      figures.query_ms = std::min(figures.query_ms, took.count());
    }
    return true;
  }

 private:
  static bool fail(const std::string& what) {
    std::printf("FAIL week: %s\n", what.c_str());
    return false;
  }

  bool push() {
    std::string body = R"({"streams":[)";
    const std::int64_t now = world_.now().value;
    for (int i = 0; i < kLinesOfBody; ++i) {
      body += fmt::format(R"({}{{"stream":{{"job":"s{}"}},"values":[["{}","request {} user={} took {} ms"]]}})",
                          i == 0 ? "" : ",", i % kStreams, now + i, sent_ + static_cast<std::uint64_t>(i),
                          world_.below(50), world_.below(1000));
    }
    body += "]}";
    sent_ += kLinesOfBody;
    const auto answer = world_.run(world_.post("/loki/api/v1/push", std::move(body), "application/json", ""));
    if (answer.has_value() && answer->status == 204) return true;
    return fail(answer.has_value() ? fmt::format("a push is answered {}", answer->status) : "a push has no answer");
  }

  bool erase(int day) {
    core::DeletionRequest request;
    request.tenant = core::TenantId::default_tenant();
    request.query = fmt::format(R"({{job="s{}"}} |= "user=7 ")", day % kStreams);
    return world_.run(world_.life().store->request_deletion(std::move(request))).ok() || fail("a deletion is refused");
  }

  // Lines of the last day that hold a word.
  bool count(double& out) {
    core::QueryRequest request;
    request.tenant = core::TenantId::default_tenant();
    request.query = R"(sum(count_over_time({job=~".+"} |= "took 12" [24h])))";
    request.instant = true;
    request.end = request.start = world_.now();
    base::StatusOr<core::QueryResult> result = world_.run(world_.life().queries->run(std::move(request)));
    if (!result.ok()) return fail("a query fails: " + result.status().ToString());
    const auto* vector = std::get_if<core::VectorResult>(&result->data);
    if (vector == nullptr || vector->series.empty()) return fail("a query finds nothing");
    out = vector->series[0].samples[0].value;
    return true;
  }

  World world_;
  std::uint64_t sent_ = 0;
};

bool stays_flat(const char* what, double first, double last, double factor) {
  if (last <= first * factor) return true;
  std::printf("FAIL week: %s grew from %.1f to %.1f\n", what, first, last);
  return false;
}

int run(int days) {
  Week week;
  if (!week.begin()) return 1;
  Figures steady;
  Figures last;
  for (int day = 1; day <= days; ++day) {
    if (!week.run_day(day) || !week.measure(last)) return 1;
    std::printf(
        "day %d: segments %llu objects %llu journal %.0f kB disk %.0f kB heap %.1f MB query %.2f ms found %.0f\n", day,
        static_cast<unsigned long long>(last.parts), static_cast<unsigned long long>(last.objects),
        static_cast<double>(last.journal_bytes) / 1e3, static_cast<double>(last.disk_bytes) / 1e3,
        static_cast<double>(last.heap_bytes) / 1e6, last.query_ms, last.counted);
    std::fflush(stdout);
    if (day == kSteadyDay) steady = last;
  }
  if (days <= kSteadyDay) return 0;
  const auto flat = [](const char* what, std::uint64_t a, std::uint64_t b, double factor) {
    return stays_flat(what, static_cast<double>(a), static_cast<double>(b), factor);
  };
  bool ok = flat("segments", steady.parts, last.parts, 1.5);
  ok &= flat("objects", steady.objects, last.objects, 1.5);
  ok &= flat("bytes on the disk", steady.disk_bytes, last.disk_bytes, 1.3);
  ok &= flat("memory", steady.heap_bytes + kCachesBytes, last.heap_bytes, 1);
  ok &= stays_flat("the time of a query", steady.query_ms, last.query_ms, 1.5);
  if (ok) std::printf("ok week: %d days, flat from day %d on\n", days, kSteadyDay);
  return ok ? 0 : 1;
}

}  // namespace
}  // namespace cordwood::sim

int main(int argc, char** argv) {
  cordwood::base::set_log_level(cordwood::base::LogLevel::kNone);
  return cordwood::sim::run(argc > 1 ? std::atoi(argv[1]) : 14);
}
