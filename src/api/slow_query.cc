#include "api/slow_query.h"

#include "base/log.h"
#include "core/labels.h"

namespace cordwood::api {

void log_if_slow(const Call& call, std::string_view query, const core::QueryStats* stats, const base::Status& status) {
  const base::nanoseconds took = call.deps.executor.clock().monotonic() - call.started;
  log_if_slow(call.deps.options, call.tenant, took, query, stats, status);
}

void log_if_slow(const ApiOptions& options, const core::TenantId& tenant, base::nanoseconds took,
                 std::string_view query, const core::QueryStats* stats, const base::Status& status) {
  if (took < options.slow_query_min) return;
  // Enough to recognise it; a query may have 128 KiB.
  constexpr std::size_t kQueryBytesMax = 2000;
  std::string quoted;
  core::append_go_quoted(quoted, query.substr(0, kQueryBytesMax));
  static const core::QueryStats kNone;
  if (stats == nullptr) stats = &kNone;
  base::log_warn("slow query seconds={:.3f} tenant={} result={} bytes={} lines={} parts={} parts_skipped={} query={}",
                 static_cast<double>(took.count()) * 1e-9, tenant.value, base::code_name(status.code()),
                 stats->bytes_processed, stats->lines_processed, stats->parts_total, stats->parts_skipped, quoted);
}

}  // namespace cordwood::api
