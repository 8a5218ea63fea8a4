// Patterns from the rows of a query. Where lines are stored as templates few rows of each template are looked at, and
// the others are counted with them.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include "exec/log_scan.h"
#include "exec/pattern_tree.h"
#include "logql/parse.h"
#include "query/block_plan.h"
#include "query/explore.h"

namespace cordwood::query {
namespace {

// Lines of one pattern by the begin of their step.
using Counts = std::map<std::int64_t, std::uint64_t>;

class PatternCounter {
 public:
  struct Level {
    exec::PatternTree tree;
    std::vector<Counts> counts;
  };
  // Where a row is counted.
  struct Place {
    Level* level = nullptr;
    std::uint32_t group = 0;
    bool operator==(const Place&) const = default;
  };

  explicit PatternCounter(base::nanoseconds step) : step_(step.count()) {}

  Place place_of(const core::Row& row) {
    Level& of = levels_[std::string(level_of(row))];
    const std::uint32_t group = of.tree.add(row.line);
    if (group >= of.counts.size()) of.counts.resize(group + 1);
    return {&of, group};
  }
  void count(Place place, base::UnixNanos time, std::uint64_t weight) {
    const std::int64_t below = ((time.value % step_) + step_) % step_;
    place.level->counts[place.group][time.value - below] += weight;
  }

  core::LogPatterns take(std::size_t patterns_max) {
    core::LogPatterns all;
    for (auto& [level, of] : levels_) {
      for (std::uint32_t group = 0; group < of.counts.size(); ++group) {
        core::LogPattern pattern{of.tree.pattern(group), level, 0, {}};
        for (const auto& [time, lines] : of.counts[group]) {
          pattern.lines += lines;
          pattern.samples.emplace_back(base::UnixNanos{time}, lines);
        }
        if (pattern.lines > 0) all.push_back(std::move(pattern));
      }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const core::LogPattern& a, const core::LogPattern& b) { return a.lines > b.lines; });
    if (all.size() > patterns_max) all.resize(patterns_max);
    return all;
  }

 private:
  static std::string_view level_of(const core::Row& row) {
    for (const core::Label& label : row.structured_metadata) {
      if (label.name == "detected_level") return label.value;
    }
    return "unknown";
  }
  const std::int64_t step_;
  std::map<std::string, Level> levels_;
};

// Leaves one of `every` blocks. Blocks are in the order of parts and time, so what stays is spread over the range.
std::uint64_t thin_out(BlockPlan& plan, std::uint64_t rows_max) {
  std::uint64_t rows = 0;
  for (const BlockRef& ref : plan.blocks) rows += plan.info(ref).rows;
  const std::uint64_t every = (rows + rows_max - 1) / rows_max;
  if (every <= 1) return 1;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < plan.blocks.size(); i += every) plan.blocks[kept++] = plan.blocks[i];
  plan.blocks.resize(kept);
  return every;
}

// One reading of the query's blocks.
struct Job {
  const BlockPlan& blocks;
  exec::LogWorker& worker;
  PatternCounter& counter;
  QueryContext& context;
  std::uint64_t weight = 1;
  bool by_templates = false;
  // Where the rows of a template in a stream were counted last, and whether all of them there.
  struct Known {
    PatternCounter::Place place;
    bool mixed = false;
  };
  std::map<std::tuple<const codec::TemplateTable*, std::uint32_t, std::uint16_t>, Known> known{};
  std::uint64_t rows_left = kPatternRowsMax;  // that may still be put together
};

base::Status count_rows(Job& job, const exec::ScanBlock& block, const exec::RowRun& run) {
  std::vector<core::Row> rows;
  core::QueryStats stats;
  const auto all = [](std::uint32_t) { return true; };
  RETURN_IF_ERROR(job.worker.scan_all(block, run, all, rows, stats));
  for (const core::Row& row : rows) {
    job.counter.count(job.counter.place_of(row), row.position.time, job.weight);
  }
  job.context.add(stats);
  return base::ok_status();
}

// Rows of one template in a run, and where they are counted as far as that is known.
struct TemplateRows {
  std::vector<std::uint32_t> rows;
  std::vector<std::pair<std::uint32_t, PatternCounter::Place>> seen;  // by row
  bool mixed = false;
};

// Puts together the rows chosen (ascending) of templates and finds their places. All rows pass the query.
base::Status look_at(Job& job, const exec::ScanBlock& block, const exec::RowRun& run,
                     const std::map<std::uint32_t, TemplateRows*>& chosen) {
  std::vector<core::Row> rows;
  core::QueryStats stats;
  const auto accept = [&chosen](std::uint32_t row) { return chosen.contains(row); };
  RETURN_IF_ERROR(job.worker.scan_all(block, run, accept, rows, stats));
  stats.lines_processed = rows.size();
  stats.bytes_processed = 0;
  job.rows_left -= std::min<std::uint64_t>(job.rows_left, rows.size());
  auto at = chosen.begin();
  for (const core::Row& row : rows) {
    if (at == chosen.end()) break;
    stats.bytes_processed += row.line.size();
    at->second->seen.emplace_back(at->first, job.counter.place_of(row));
    ++at;
  }
  job.context.add(stats);
  return base::ok_status();
}

// The place of the row, or of the one nearest to it that was looked at.
PatternCounter::Place place_near(const TemplateRows& of, std::uint32_t row) {
  const auto behind = std::lower_bound(of.seen.begin(), of.seen.end(), row,
                                       [](const auto& seen, std::uint32_t wanted) { return seen.first < wanted; });
  return behind == of.seen.end() ? of.seen.back().second : behind->second;
}

base::Status count_templates(Job& job, const exec::ScanBlock& block, const exec::RowRun& run) {
  const segment::StoredLines& lines = *block.rows->encoded;
  std::map<std::uint16_t, TemplateRows> templates;
  {
    ASSIGN_OR_RETURN(const auto lease, lines.lease());
    ASSIGN_OR_RETURN(const std::span<const std::uint16_t> ids, lease->template_ids());
    for (std::uint32_t row = run.begin; row < run.end && row < ids.size(); ++row) {
      templates[ids[row]].rows.push_back(row);
    }
  }
  // Of a template that was met before few rows are enough to see that it is what it was.
  constexpr std::size_t kFirstRows = 16;
  constexpr std::size_t kMoreRows = 4;
  std::map<std::uint32_t, TemplateRows*> chosen;
  for (auto& [id, of] : templates) {
    const bool met = job.known.contains({lines.templates.get(), run.stream, id});
    const std::size_t wanted = std::min(met ? kMoreRows : kFirstRows, of.rows.size());
    for (std::size_t i = 0; i < wanted; ++i) chosen[of.rows[i * of.rows.size() / wanted]] = &of;
  }
  RETURN_IF_ERROR(look_at(job, block, run, chosen));
  chosen.clear();
  for (auto& [id, of] : templates) {
    if (of.seen.empty()) continue;
    Job::Known& known = job.known.try_emplace({lines.templates.get(), run.stream, id}, of.seen[0].second).first->second;
    known.mixed = known.mixed || std::any_of(of.seen.begin(), of.seen.end(),
                                             [&](const auto& seen) { return seen.second != known.place; });
    of.mixed = known.mixed;
    if (!of.mixed || job.rows_left < of.rows.size()) continue;
    of.seen.clear();
    for (const std::uint32_t row : of.rows) chosen[row] = &of;
  }
  if (!chosen.empty()) RETURN_IF_ERROR(look_at(job, block, run, chosen));
  for (const auto& [id, of] : templates) {
    if (of.seen.empty()) continue;
    for (const std::uint32_t row : of.rows) {
      job.counter.count(of.mixed ? place_near(of, row) : of.seen[0].second, block.rows->times[row], job.weight);
    }
  }
  return base::ok_status();
}

base::Task<base::Status> count_block(Job& job, BlockRef ref) {
  BlockNeeds needs{.columns = exec::LogPlan::columns()};
  auto loaded = co_await load_block(job.blocks, ref, needs, job.context);
  if (!loaded.ok()) co_return loaded.status();
  if (loaded->rows == nullptr) co_return base::ok_status();
  const exec::ScanBlock block = loaded->scan();
  // A row's metadata may say its level.
  const bool by_templates =
      job.by_templates && loaded->rows->encoded != nullptr && loaded->rows->metadata_begin.empty();
  for (const exec::RowRun& run : loaded->runs) {
    base::Status counted = by_templates ? count_templates(job, block, run) : count_rows(job, block, run);
    if (!counted.ok()) {
      CO_RETURN_IF_ERROR(leave_out_damage(job.blocks, ref, counted, job.context));
      break;
    }
    CO_RETURN_IF_ERROR(job.context.check());
    co_await job.context.executor().yield();
  }
  co_return base::ok_status();
}

}  // namespace

base::Task<base::StatusOr<core::LogPatterns>> find_patterns(const core::PatternsRequest& request,
                                                            PartProvider& provider, QueryContext& context) {
  CO_ASSIGN_OR_RETURN(const logql::LogExpr log, logql::parse_log_query(request.query));
  CO_ASSIGN_OR_RETURN(const exec::StreamSelector selector, exec::StreamSelector::build(log.matchers));
  auto parts = co_await provider.parts(request.tenant, request.range);
  if (!parts.ok()) co_return parts.status();
  BlockPlan blocks = plan_blocks(parts->parts, selector, request.range, context);
  if (blocks.blocks.empty()) co_return core::LogPatterns();
  const auto now = context.executor().clock().now();
  CO_ASSIGN_OR_RETURN(const auto plan, exec::LogPlan::build(log, now, core::LevelUse::kAlways));
  exec::LogWorker worker(plan);
  PatternCounter counter(request.step);
  Job job{.blocks = blocks, .worker = worker, .counter = counter, .context = context};
  job.by_templates = log.stages.empty();
  job.weight = thin_out(blocks, job.by_templates ? kPatternTemplateRowsMax : kPatternRowsMax);
  for (const BlockRef& ref : blocks.blocks) {
    base::Status status = co_await count_block(job, ref);
    // What was counted within a budget is as good as a sample.
    if (is_budget_error(status)) break;
    if (!status.ok()) co_return status;
  }
  co_return counter.take(request.patterns_max);
}

}  // namespace cordwood::query
