#include "query/log_query.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "query/page_query.h"

namespace cordwood::query {
namespace {

// Thins entries as Loki does: over all streams together, an entry stays when it is at least `interval` away from the
// one that stayed before it.
class Thinner {
 public:
  explicit Thinner(base::nanoseconds interval) : interval_(interval) {}
  bool keeps(base::UnixNanos time) {
    if (interval_.count() > 0 && last_.has_value()) {
      const base::nanoseconds distance = time < *last_ ? *last_ - time : time - *last_;
      if (distance < interval_) return false;
    }
    last_ = time;
    return true;
  }

 private:
  const base::nanoseconds interval_;
  std::optional<base::UnixNanos> last_;
};

core::LogResult group_by_stream(std::vector<core::Row> rows) {
  std::map<core::Labels, std::vector<core::LogEntry>> streams;
  for (core::Row& row : rows) {
    streams[*row.stream_labels].push_back(
        {row.position.time, std::move(row.line), std::move(row.structured_metadata), std::move(row.parsed)});
  }
  core::LogResult result;
  for (auto& [labels, entries] : streams) result.push_back({labels, std::move(entries)});
  return result;
}

}  // namespace

base::Task<base::StatusOr<core::LogResult>> run_log_query(const logql::LogExpr& log, const core::QueryRequest& request,
                                                          PartProvider& provider, QueryContext& context) {
  const core::TimeRange range{request.start, request.end};
  CO_ASSIGN_OR_RETURN(const exec::StreamSelector selector, exec::StreamSelector::build(log.matchers));
  auto parts = co_await provider.parts(request.tenant, range);
  if (!parts.ok()) co_return parts.status();
  for (std::string& text : parts->unreadable) context.add_unreadable(std::move(text));
  BlockPlan blocks = plan_blocks(parts->parts, selector, range, context);
  // Like Loki, stages are only built, and their errors only seen, when there is something to read.
  if (blocks.blocks.empty() || request.limit == 0) co_return core::LogResult();
  CO_ASSIGN_OR_RETURN(const auto plan, exec::LogPlan::build(log, context.executor().clock().now(), request.levels));

  std::vector<core::Row> kept;
  CO_ASSIGN_OR_RETURN(base::MemoryReservation memory, context.memory().reserve(0));
  Thinner thinner(request.interval);
  PageRequest page{.direction = request.direction,
                   .rows_max = request.limit,
                   .bytes_max = context.options().page_bytes_max,
                   .after = std::nullopt};
  while (kept.size() < request.limit) {
    if (request.interval.count() <= 0) page.rows_max = request.limit - kept.size();
    auto result = co_await read_page(plan, blocks, page, context);
    if (!result.ok()) co_return result.status();
    if (!result->rows.empty()) page.after = result->rows.back().position;
    for (core::Row& row : result->rows) {
      if (kept.size() == request.limit || !thinner.keeps(row.position.time)) continue;
      if (base::Status grown = memory.grow(exec::bytes_of(row)); !grown.ok()) {
        context.fail(grown);
        break;
      }
      kept.push_back(std::move(row));
    }
    if (!result->more || context.out_of_budget()) break;
    // Thinning may drop most of a page.
    page.rows_max = std::min(page.rows_max * 4, context.options().page_rows_max);
  }
  co_return group_by_stream(std::move(kept));
}

}  // namespace cordwood::query
