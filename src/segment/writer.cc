#include "segment/writer.h"

#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/hash_map.h"
#include "segment/format.h"
#include "segment/trailer.h"
#include "segment/v2/format.h"
#include "segment/v2/group_encoder.h"
#include "segment/v2/rollup.h"
#include "segment/v2/tables.h"

namespace cordwood::segment {

namespace {
// Tables are small beside the blocks.
constexpr int kTableZstdLevel = 9;
}  // namespace

class SegmentWriter::State {
 public:
  State(ByteSink& sink, WriterOptions options)
      : sink_(sink),
        options_(options),
        group_bytes_max_(
            options.group_bytes_max.value_or(options.level == WriterLevel::kCompaction ? kCompactionGroupBytes : 0)),
        compressor_(kTableZstdLevel),
        group_(options.level) {
    CHECK(options.block_rows_max >= 1 && options.block_rows_max <= kBlockRowsMax);
    CHECK(options.block_weight_max >= 1 && options.block_weight_max <= kBlockWeightMax);
    CHECK(group_bytes_max_ <= kGroupBytesMax);
    emit(kHeaderMagic);
  }

  void begin_stream(core::SharedLabels labels);
  void add(const SegmentRow& row);
  base::StatusOr<SegmentStats> finish();
  const base::Status& status() const { return status_; }
  std::uint64_t records() const { return common_.summary.records; }
  std::uint64_t raw_bytes() const { return common_.summary.line_bytes + common_.summary.records; }

 private:
  void check_order(const SegmentRow& row);
  void count(const SegmentRow& row);
  std::uint32_t source_index(const RowSource& source);
  void end_block();
  void end_group();
  void emit(std::string_view bytes);
  // Appends a table to the sink; ResourceExhausted when it is larger than readers accept.
  void emit_table(pages::TableKind kind, const std::string& table);
  void emit_lines_tables();
  // Absent when it is too large: it only spares work.
  pages::PageEntry emit_rollup(const std::string& table);

  ByteSink& sink_;
  const WriterOptions options_;
  const std::uint64_t group_bytes_max_;
  base::Status status_;
  std::uint64_t offset_ = 0;  // bytes given to the sink
  bool finished_ = false;

  core::SharedLabels stream_;  // of the rows being added
  bool stream_has_rows_ = false;
  core::UnixNanos last_time_;
  core::GenerationId last_generation_;
  std::uint64_t last_offset_ = 0;

  pages::CommonTables common_;
  v2::BlockIndex index_;
  std::vector<v2::GroupTables> lines_tables_;  // one a group
  v2::RollupBuilder rollup_;
  // By generation, named and unnamed ones apart.
  base::IntegerMap<base::Hash128, std::uint32_t> source_indexes_[2];
  std::uint32_t last_source_ = 0;
  codec::ZstdCompressor compressor_;  // of tables
  v2::GroupEncoder group_;
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
  if (!common_.sources.empty()) {
    const RowSource& last = common_.sources[last_source_];
    if (last.generation == source.generation && last.named == source.named) return last_source_;
  }
  const auto [place, inserted] = source_indexes_[source.named ? 1 : 0].emplace(
      source.generation.value, static_cast<std::uint32_t>(common_.sources.size()));
  if (inserted) common_.sources.push_back(source);
  last_source_ = place->second;
  return last_source_;
}

void SegmentWriter::State::count(const SegmentRow& row) {
  if (!stream_has_rows_) {
    common_.streams.emplace_back().labels = stream_;
    stream_has_rows_ = true;
  }
  PartStream& stream = common_.streams.back();
  ++stream.records;
  stream.line_bytes += row.line.size();
  stream.times.include(row.time);
  ++common_.summary.records;
  common_.summary.line_bytes += row.line.size();
  common_.summary.times.include(row.time);
  std::string_view level;
  for (const core::MetadataPair& pair : row.metadata) {
    if (pair.name == "detected_level") level = pair.value;
  }
  rollup_.add(static_cast<std::uint32_t>(common_.streams.size() - 1), row.time, level, row.line.size());
}

void SegmentWriter::State::add(const SegmentRow& row) {
  CHECK(!finished_);
  check_order(row);
  if (!status_.ok()) return;
  const std::uint64_t weight = pages::weight_of(row);
  if (weight > kRowWeightMax) {
    status_ =
        base::resource_exhausted_error("a row of {} bytes: a segment holds rows of at most {}", weight, kRowWeightMax);
    return;
  }
  const bool full = group_.rows() >= options_.block_rows_max || group_.weight() + weight > options_.block_weight_max;
  if (full && group_.rows() > 0) end_block();
  count(row);
  group_.add(row, static_cast<std::uint32_t>(common_.streams.size() - 1), source_index(row.source));
}

void SegmentWriter::State::end_block() {
  group_.end_block();
  // The next block may be as large as a block can be.
  if (group_.text_bytes() + options_.block_weight_max > group_bytes_max_) end_group();
}

void SegmentWriter::State::end_group() {
  pages_.clear();
  index_.groups.push_back({static_cast<std::uint32_t>(group_.blocks())});
  group_.finish(offset_, pages_, index_.blocks, lines_tables_.emplace_back());
  index_.groups.back().templates_bytes = lines_tables_.back().templates.size();
  emit(pages_);
}

void SegmentWriter::State::emit(std::string_view bytes) {
  if (!status_.ok()) return;
  status_ = sink_.append(bytes);
  offset_ += bytes.size();
}

void SegmentWriter::State::emit_lines_tables() {
  for (const v2::GroupTables& group : lines_tables_) {
    for (const std::string& filter : group.filters) emit(filter);
  }
  for (const v2::GroupTables& group : lines_tables_) {
    emit(group.templates);
    for (const std::string& directory : group.directories) emit(directory);
  }
}

pages::PageEntry SegmentWriter::State::emit_rollup(const std::string& table) {
  if (table.size() > v2::kRollupBytesMax) return {};
  pages_.clear();
  const pages::PageEntry entry = pages::append_page(table, compressor_, pages_);
  emit(pages_);
  return entry;
}

void SegmentWriter::State::emit_table(pages::TableKind kind, const std::string& table) {
  if (table.size() > pages::kTableBytesMax && status_.ok()) {
    status_ = base::resource_exhausted_error("{} of {} bytes, more than {}: write a smaller segment",
                                             pages::kTableNames[static_cast<std::size_t>(kind)], table.size(),
                                             pages::kTableBytesMax);
  }
  if (!status_.ok()) return;
  pages_.clear();
  common_.entries[static_cast<std::size_t>(kind)] = pages::append_page(table, compressor_, pages_);
  emit(pages_);
}

base::StatusOr<SegmentStats> SegmentWriter::State::finish() {
  CHECK(!finished_);
  finished_ = true;
  if (!status_.ok()) return status_;
  if (common_.summary.records == 0) return base::failed_precondition_error("a segment without records is not written");
  group_.end_block();
  end_group();
  emit_lines_tables();
  std::string table;
  rollup_.append(table);
  const pages::PageEntry rollup = emit_rollup(table);
  table.clear();
  pages::append_streams(common_.streams, common_.summary, table);
  emit_table(pages::TableKind::kStreams, table);
  table.clear();
  pages::append_sources(common_.sources, table);
  emit_table(pages::TableKind::kSources, table);
  table.clear();
  v2::append_index(index_, common_.summary, table);
  emit_table(pages::TableKind::kBlocks, table);

  std::string end;
  v2::append_footer(common_, rollup, end);
  Trailer trailer;
  trailer.footer_bytes = static_cast<std::uint32_t>(end.size());
  trailer.segment_bytes = offset_ + end.size() + kTrailerBytes;
  trailer.version = v2::kVersion;
  const std::string footer_bytes = end;
  append_trailer(trailer, footer_bytes, end);
  emit(end);
  if (!status_.ok()) return status_;

  SegmentStats stats;
  stats.records = common_.summary.records;
  stats.raw_bytes = raw_bytes();
  stats.stored_bytes = offset_;
  stats.streams = common_.streams.size();
  stats.blocks = index_.blocks.size();
  stats.times = common_.summary.times;
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
