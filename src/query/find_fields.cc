#include "exec/field_detector.h"
#include "logql/parse.h"
#include "query/explore.h"
#include "query/log_query.h"

namespace cordwood::query {
namespace {

// The parsers of the query's own stages, by the names that Loki gives them.
std::vector<std::string> parsers_of(const logql::LogExpr& log) {
  std::vector<std::string> parsers;
  for (const logql::Stage& stage : log.stages) {
    if (std::holds_alternative<logql::JsonParser>(stage)) parsers.emplace_back("json");
    if (std::holds_alternative<logql::LogfmtParser>(stage)) parsers.emplace_back("logfmt");
    if (std::holds_alternative<logql::RegexpParser>(stage)) parsers.emplace_back("regexp");
    if (std::holds_alternative<logql::PatternParser>(stage)) parsers.emplace_back("pattern");
    if (std::holds_alternative<logql::UnpackParser>(stage)) parsers.emplace_back("unpack");
  }
  return parsers;
}

}  // namespace

base::Task<base::StatusOr<std::vector<core::DetectedField>>> find_fields(const core::FieldsRequest& request,
                                                                         PartProvider& provider,
                                                                         QueryContext& context) {
  CO_ASSIGN_OR_RETURN(const logql::LogExpr log, logql::parse_log_query(request.query));
  core::QueryRequest sample;
  sample.tenant = request.tenant;
  sample.start = request.range.begin;
  sample.end = request.range.end;
  sample.limit = request.lines_max;
  sample.levels = core::LevelUse::kAlways;
  auto streams = co_await run_log_query(log, sample, provider, context);
  if (!streams.ok()) co_return streams.status();
  exec::FieldDetector detector(parsers_of(log), request.fields_max, request.only);
  for (const core::LogStream& stream : *streams) {
    for (const core::LogEntry& entry : stream.entries) detector.add(stream.labels, entry);
    CO_RETURN_IF_ERROR(context.check());
    co_await context.executor().yield();
  }
  co_return detector.take();
}

}  // namespace cordwood::query
