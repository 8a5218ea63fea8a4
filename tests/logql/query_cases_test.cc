// The conformance rows that run through the whole engine: kinds metric_query, log_query, limit_check. Each query runs
// over the same rows in one part, in seven parts, in blocks of 1 and 7 rows, as text, as templates and columns, and as
// segments behind the cache; and again from what was remembered: the answers must not differ.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "base/random.h"
#include "base/sim_executor.h"
#include "base/task.h"
#include "exec/encoded/encoded_part.h"
#include "logql/case_reader.h"
#include "logql/query_case.h"
#include "logql/units.h"
#include "objectstore/mem/mem_store.h"
#include "query/query_engine.h"
#include "query/segment_cache.h"
#include "segment/mem_part.h"

namespace cordwood::logql_cases {
namespace {

enum class Form { kText, kTemplates, kSegments };
struct Layout {
  const char* name;
  std::size_t parts;
  std::uint32_t block_rows;
  Form form = Form::kText;
};
constexpr Layout kLayouts[] = {{"one part", 1, 65536},
                               {"seven parts", 7, 65536},
                               {"blocks of one row", 1, 1},
                               {"seven parts, blocks of seven", 7, 7},
                               {"one part of templates", 1, 65536, Form::kTemplates},
                               {"seven parts of templates, blocks of seven", 7, 7, Form::kTemplates},
                               {"one segment", 1, 65536, Form::kSegments},
                               {"one segment, blocks of one row", 1, 1, Form::kSegments},
                               {"three segments, blocks of seven", 3, 7, Form::kSegments}};

class FixedParts final : public query::PartProvider {
 public:
  explicit FixedParts(std::vector<std::shared_ptr<const segment::Part>> parts) : parts_(std::move(parts)) {}
  base::Task<base::StatusOr<query::PartSet>> parts(core::TenantId, core::TimeRange) override {
    query::PartSet set{parts_, {}};
    co_return std::move(set);
  }

 private:
  std::vector<std::shared_ptr<const segment::Part>> parts_;
};

// What parts of one layout stand on.
class Shelf {
 public:
  std::vector<std::shared_ptr<const segment::Part>> make_parts(const std::vector<segment::MemRow>& rows,
                                                               const Layout& layout) {
    std::vector<std::vector<segment::MemRow>> split(layout.parts);
    base::SeededRandom random(layout.parts);
    for (const segment::MemRow& row : rows) split[random.next() % layout.parts].push_back(row);
    std::vector<std::shared_ptr<const segment::Part>> parts;
    for (std::size_t i = 0; i < split.size(); ++i) {
      if (!split[i].empty()) parts.push_back(make_part(fmt::format("part-{}", i), std::move(split[i]), layout));
    }
    return parts;
  }
  base::SimExecutor executor{1};

 private:
  std::shared_ptr<const segment::Part> make_part(const std::string& name, std::vector<segment::MemRow> rows,
                                                 const Layout& layout) {
    if (layout.form == Form::kSegments) return make_segment(name, std::move(rows), layout.block_rows);
    auto text = segment::make_mem_part(name, std::move(rows), layout.block_rows);
    if (layout.form == Form::kText) return text;
    return std::make_shared<exec::EncodedPart>(std::move(text));
  }
  std::shared_ptr<const segment::Part> make_segment(const std::string& name, std::vector<segment::MemRow> rows,
                                                    std::uint32_t block_rows) {
    segment::sort_rows(rows);
    auto bytes = std::make_shared<std::string>();
    segment::StringSink sink(*bytes);
    segment::WriterOptions options;
    options.block_rows_max = block_rows;
    const auto written = segment::write_rows(rows, sink, options);
    catalog::PartRow row;
    row.object_key = name;
    row.stored_bytes = bytes->size();
    if (!written.ok() || !base::sync_wait(executor, objects_.put(name, bytes)).ok()) std::abort();
    return base::sync_wait(executor, cache_.open(row)).value();
  }

  objectstore::MemStore objects_{executor};
  query::SegmentCache cache_{executor, objects_};
};

std::string check_layout(const Row& row, const Layout& layout, const std::vector<segment::MemRow>& rows) {
  const core::QueryRequest request = make_request(row);
  Shelf shelf;
  base::MemoryBudget memory("test", 1 << 30);
  FixedParts provider(shelf.make_parts(rows, layout));
  const auto engine = query::make_query_engine(shelf.executor, provider, memory, {});
  // The second time from what was remembered of segments.
  const int times = layout.form == Form::kSegments ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    const auto result = base::sync_wait(shelf.executor, engine->run(request));
    std::string difference = compare_result(row.at("expect"), result, request);
    if (!difference.empty()) return difference;
  }
  return "";
}

std::string check_query(const Row& row) {
  const std::vector<segment::MemRow> rows = read_rows(row);
  for (const Layout& layout : kLayouts) {
    const std::string difference = check_layout(row, layout, rows);
    if (!difference.empty()) return fmt::format("{} [{}]: {}", row.query(), layout.name, difference);
  }
  return "";
}

std::string check_limit(const Row& row) {
  query::EngineOptions options;
  const auto range = logql::parse_prometheus_duration(std::string_view(row.at("limits")["max_query_range"]));
  if (!range.ok()) return "the row's limit is not a duration";
  options.limits.query_range_max = *range;
  core::QueryRequest request;
  request.query = row.query();
  request.instant = true;
  base::SimExecutor executor(1);
  base::MemoryBudget memory("test", 1 << 30);
  FixedParts provider({});
  const auto result =
      base::sync_wait(executor, query::make_query_engine(executor, provider, memory, options)->run(request));
  if (row.boolean("ok") != result.ok()) return fmt::format("want ok={} got ok={}", row.boolean("ok"), result.ok());
  if (result.ok() || !row.has("error_contains")) return "";
  const std::string message(base::message_of(result.status()));
  if (message.find(row.text("error_contains")) != std::string::npos) return "";
  return compare(row.text("error_contains"), message);
}

}  // namespace
}  // namespace cordwood::logql_cases

int main(int argc, char** argv) {
  cordwood::logql_cases::CaseSuite suite;
  suite.add("metric_query", cordwood::logql_cases::check_query);
  suite.add("log_query", cordwood::logql_cases::check_query);
  suite.add("limit_check", cordwood::logql_cases::check_limit);
  return suite.run(argc, argv);
}
