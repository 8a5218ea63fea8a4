#include "segment/writer.h"

#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/hash_map.h"
#include "segment/format.h"
#include "segment/trailer.h"
#include "segment/v1/block_encoder.h"
#include "segment/v1/tables.h"

namespace cordwood::segment {

class SegmentWriter::State {
 public:
  State(ByteSink& sink, WriterOptions options)
      : sink_(sink), options_(options), compressor_(options.zstd_level), block_(options.zstd_level) {
    CHECK(options.block_rows_max >= 1 && options.block_rows_max <= kBlockRowsMax);
    CHECK(options.block_weight_max >= 1 && options.block_weight_max <= kBlockWeightMax);
    emit(kHeaderMagic);
  }

  void begin_stream(core::SharedLabels labels);
  void add(const SegmentRow& row);
  base::StatusOr<SegmentStats> finish();
  const base::Status& status() const { return status_; }
  std::uint64_t records() const { return summary_.records; }
  std::uint64_t raw_bytes() const { return summary_.line_bytes + summary_.records; }

 private:
  void check_order(const SegmentRow& row);
  void count(const SegmentRow& row);
  std::uint32_t source_index(const RowSource& source);
  void end_block();
  void emit(std::string_view bytes);
  // Appends a table to the sink; ResourceExhausted when it is larger than readers accept.
  void emit_table(v1::TableKind kind, const std::string& table, v1::Footer& footer);

  ByteSink& sink_;
  const WriterOptions options_;
  base::Status status_;
  std::uint64_t offset_ = 0;  // bytes given to the sink
  bool finished_ = false;

  core::SharedLabels stream_;  // of the rows being added
  bool stream_has_rows_ = false;
  core::UnixNanos last_time_;
  core::GenerationId last_generation_;
  std::uint64_t last_offset_ = 0;

  std::vector<PartStream> streams_;
  std::vector<RowSource> sources_;
  // By generation, named and unnamed ones apart.
  base::IntegerMap<base::Hash128, std::uint32_t> source_indexes_[2];
  std::uint32_t last_source_ = 0;
  std::vector<v1::BlockEntry> blocks_;
  v1::Summary summary_;

  codec::ZstdCompressor compressor_;  // of tables
  v1::BlockEncoder block_;
  std::string pages_;
};

void SegmentWriter::State::begin_stream(core::SharedLabels labels) {
  CHECK(!finished_ && labels != nullptr);
  CHECK_MSG(stream_ == nullptr || *stream_ < *labels, "streams are not in the order of their labels");
  stream_ = std::move(labels);
  stream_has_rows_ = false;
}

void SegmentWriter::State::check_order(const SegmentRow& row) {
  CHECK_MSG(stream_ != nullptr, "a row before the first stream");
  if (stream_has_rows_) {
    CHECK_MSG(
        std::tie(last_time_, last_generation_, last_offset_) <= std::tie(row.time, row.source.generation, row.offset),
        "rows of a stream are not in the order (time, generation, offset)");
  }
  last_time_ = row.time;
  last_generation_ = row.source.generation;
  last_offset_ = row.offset;
}

std::uint32_t SegmentWriter::State::source_index(const RowSource& source) {
  if (!sources_.empty()) {
    const RowSource& last = sources_[last_source_];
    if (last.generation == source.generation && last.named == source.named) return last_source_;
  }
  const auto [place, inserted] = source_indexes_[source.named ? 1 : 0].emplace(
      source.generation.value, static_cast<std::uint32_t>(sources_.size()));
  if (inserted) sources_.push_back(source);
  last_source_ = place->second;
  return last_source_;
}

void SegmentWriter::State::count(const SegmentRow& row) {
  if (!stream_has_rows_) {
    streams_.emplace_back().labels = stream_;
    stream_has_rows_ = true;
  }
  PartStream& stream = streams_.back();
  ++stream.records;
  stream.line_bytes += row.line.size();
  stream.times.include(row.time);
  ++summary_.records;
  summary_.line_bytes += row.line.size();
  summary_.times.include(row.time);
}

void SegmentWriter::State::add(const SegmentRow& row) {
  CHECK(!finished_);
  check_order(row);
  if (!status_.ok()) return;
  const std::uint64_t weight = v1::BlockEncoder::weight_of(row);
  if (weight > kRowWeightMax) {
    status_ =
        base::resource_exhausted_error("a row of {} bytes: a segment holds rows of at most {}", weight, kRowWeightMax);
    return;
  }
  const bool full = block_.rows() >= options_.block_rows_max || block_.weight() + weight > options_.block_weight_max;
  if (full && block_.rows() > 0) end_block();
  count(row);
  block_.add(row, static_cast<std::uint32_t>(streams_.size() - 1), source_index(row.source));
}

void SegmentWriter::State::end_block() {
  pages_.clear();
  blocks_.push_back(block_.finish(offset_, pages_));
  emit(pages_);
}

void SegmentWriter::State::emit(std::string_view bytes) {
  if (!status_.ok()) return;
  status_ = sink_.append(bytes);
  offset_ += bytes.size();
}

void SegmentWriter::State::emit_table(v1::TableKind kind, const std::string& table, v1::Footer& footer) {
  if (table.size() > v1::kTableBytesMax && status_.ok()) {
    status_ = base::resource_exhausted_error("{} of {} bytes, more than {}: write a smaller segment",
                                             v1::kTableNames[static_cast<std::size_t>(kind)], table.size(),
                                             v1::kTableBytesMax);
  }
  if (!status_.ok()) return;
  pages_.clear();
  footer.tables[static_cast<std::size_t>(kind)] = v1::append_page(table, compressor_, pages_);
  emit(pages_);
}

base::StatusOr<SegmentStats> SegmentWriter::State::finish() {
  CHECK(!finished_);
  finished_ = true;
  if (!status_.ok()) return status_;
  if (summary_.records == 0) return base::failed_precondition_error("a segment without records is not written");
  end_block();
  v1::Footer footer;
  footer.summary = summary_;
  std::string table;
  v1::append_streams(streams_, summary_, table);
  emit_table(v1::TableKind::kStreams, table, footer);
  table.clear();
  v1::append_sources(sources_, table);
  emit_table(v1::TableKind::kSources, table, footer);
  table.clear();
  v1::append_blocks(blocks_, summary_, table);
  emit_table(v1::TableKind::kBlocks, table, footer);

  std::string end;
  v1::append_footer(footer, end);
  Trailer trailer;
  trailer.footer_bytes = static_cast<std::uint32_t>(end.size());
  trailer.segment_bytes = offset_ + end.size() + kTrailerBytes;
  trailer.version = v1::kVersion;
  const std::string footer_bytes = end;
  append_trailer(trailer, footer_bytes, end);
  emit(end);
  if (!status_.ok()) return status_;

  SegmentStats stats;
  stats.records = summary_.records;
  stats.raw_bytes = raw_bytes();
  stats.stored_bytes = offset_;
  stats.streams = streams_.size();
  stats.blocks = blocks_.size();
  stats.times = summary_.times;
  return stats;
}

SegmentWriter::SegmentWriter(ByteSink& sink, WriterOptions options) : state_(std::make_unique<State>(sink, options)) {}
SegmentWriter::~SegmentWriter() = default;
void SegmentWriter::begin_stream(core::SharedLabels labels) {
  state_->begin_stream(std::move(labels));
}
void SegmentWriter::add(const SegmentRow& row) {
  state_->add(row);
}
const base::Status& SegmentWriter::status() const {
  return state_->status();
}
std::uint64_t SegmentWriter::records() const {
  return state_->records();
}
std::uint64_t SegmentWriter::raw_bytes() const {
  return state_->raw_bytes();
}
base::StatusOr<SegmentStats> SegmentWriter::finish() {
  return state_->finish();
}

}  // namespace cordwood::segment
