// LogQL's stages applied to one record at a time: the reference implementation of what a query does to a row.
//
// Pipeline is compiled once per query and immutable; any number of threads may share it. PipelineRun is a thread's
// working state for one stream: it reuses its buffers from row to row and allocates nothing for rows that only pass
// line filters. A query over a stream looks like this:
//   ASSIGN_OR_RETURN(auto pipeline, Pipeline::build(log.stages, {.now = query_time}));
//   PipelineRun run(pipeline, stream_labels);
//   for (row) if (run.process(time, line, metadata)) use(run.line(), run.labels(...));
// Metric queries use SampleExtractor (sample_extractor.h), which wraps a Pipeline.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "core/labels.h"
#include "core/record.h"
#include "logql/ast.h"
#include "pipeline/labels_builder.h"
#include "pipeline/line_filter.h"
#include "pipeline/stage.h"

namespace cordwood::pipeline {

struct PipelineOptions {
  // What the template function `now` gives: one moment for the whole query, so that every node answers alike.
  base::UnixNanos now{};
};

class Pipeline {
 public:
  // Compiles the stages; the tree is not needed afterwards. InvalidArgument with Loki's text for what Loki rejects
  // here: paths, templates, ip arguments, patterns, regexes.
  static base::StatusOr<std::shared_ptr<const Pipeline>> build(const std::vector<logql::Stage>& stages,
                                                               PipelineOptions options);

  // The line filters that see the line as stored (those before anything that changes the line), in query order and
  // without no-ops. A row that fails them is dropped whatever its labels are, so they can be asked before any parsing
  // or even decoding of metadata. PipelineRun::process asks them first itself.
  const LineFilters& line_filters() const { return line_filters_; }
  // Nothing to do at all: every row is kept as it is.
  bool is_noop() const { return stages_.empty() && line_filters_.empty(); }
  // A row is decided by line_filters() alone and its labels and line stay as they are.
  bool only_line_filters() const { return stages_.empty(); }
  // Whether a stage may replace the line (line_format, unpack, decolorize).
  bool may_change_line() const { return may_change_line_; }
  // Names of labels that filters and templates read; for hints and for planning.
  std::vector<std::string> required_labels() const;

  // Runs the stages behind line_filters(). `line` may be replaced; then it lives as long as the builder's row.
  bool run_stages(base::UnixNanos time, std::string_view& line, LabelsBuilder& labels) const;

 private:
  Pipeline() = default;
  LineFilters line_filters_;
  std::vector<std::unique_ptr<const Stage>> stages_;
  bool may_change_line_ = false;
};

// Not thread-safe. Keeps the pipeline alive; `stream` must outlive it.
class PipelineRun {
 public:
  PipelineRun(std::shared_ptr<const Pipeline> pipeline, const core::Labels& stream)
      : pipeline_(std::move(pipeline)), labels_(stream, nullptr) {}

  // Whether the row is kept. Afterwards the accessors below describe it until the next call; they point into `line`,
  // `metadata` and this object.
  bool process(base::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata);

  std::string_view line() const { return line_; }
  // True when the row has the stream's labels and nothing else.
  bool labels_unchanged() const { return labels_.unchanged(); }
  // The labels of a category, sorted by name. Errors (`__error__`) are among the parsed labels.
  std::span<const LabelView> labels(LabelCategory category);
  // All categories merged, sorted by name.
  std::span<const LabelView> all_labels();
  bool has_error() const { return labels_.has_error(); }
  LabelsBuilder& builder() { return labels_; }

 private:
  std::shared_ptr<const Pipeline> pipeline_;
  LabelsBuilder labels_;
  std::string_view line_;
  std::array<std::vector<LabelView>, kLabelCategories> by_category_;
  std::vector<LabelView> all_;
};

// Sorts by name.
void sort_labels(std::vector<LabelView>& labels);
// A copy that owns its bytes.
core::Labels to_labels(std::span<const LabelView> labels);

}  // namespace cordwood::pipeline
