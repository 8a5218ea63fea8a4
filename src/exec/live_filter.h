// A log query over single rows as they arrive, whatever their stream: what live tails run.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "core/query_runner.h"
#include "exec/level_column.h"
#include "exec/log_scan.h"

namespace cordwood::exec {

// A row that is not in a part yet. The views must live through the call that they are given to.
struct LiveRow {
  core::UnixNanos time;
  std::string_view line;
  const core::SharedLabels* labels = nullptr;  // of its stream
  core::StreamId stream;
  std::span<const core::MetadataPair> metadata;
};

// Not thread-safe. Memory: a pipeline's state for each of the last kStreamsMax streams.
class LiveFilter {
 public:
  static constexpr std::size_t kStreamsMax = 256;

  explicit LiveFilter(std::shared_ptr<const LogPlan> plan) : plan_(std::move(plan)) {}

  // Appends the rows that pass; their positions have time and stream only. The selector has been looked at before.
  void filter(std::span<const LiveRow> rows, std::vector<core::Row>& out);

 private:
  struct Stream {
    core::SharedLabels labels;
    std::unique_ptr<pipeline::PipelineRun> run;
  };
  Stream& stream_of(const LiveRow& row);
  std::optional<core::Row> make_row(const LiveRow& row);

  const std::shared_ptr<const LogPlan> plan_;
  base::IntegerMap<core::StreamId, Stream> streams_;
  LevelColumn level_;
  std::vector<std::string_view> lines_;
  std::vector<std::uint32_t> candidates_;
};

}  // namespace cordwood::exec
