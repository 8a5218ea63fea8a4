#include "segment/mem_part.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/hash_map.h"

namespace cordwood::segment {
namespace {

std::vector<core::MetadataPair> views_of(const std::vector<core::Label>& metadata) {
  std::vector<core::MetadataPair> pairs;
  pairs.reserve(metadata.size());
  for (const core::Label& pair : metadata) pairs.push_back({pair.name, pair.value});
  return pairs;
}

class MemPart final : public Part {
 public:
  MemPart(std::string name, std::vector<MemRow> rows, std::uint32_t block_rows)
      : name_(std::move(name)),
        rows_(std::make_shared<const std::vector<MemRow>>(std::move(rows))),
        block_rows_(block_rows) {
    for (const MemRow& row : *rows_) add(row);
  }

  std::string_view name() const override { return name_; }
  core::TimeSpan times() const override { return times_; }
  std::span<const PartStream> streams() const override { return streams_; }
  std::span<const RowSource> sources() const override { return sources_; }
  std::span<const BlockInfo> blocks() const override { return blocks_; }

  base::Task<base::StatusOr<std::shared_ptr<const BlockRows>>> read_block(std::size_t index,
                                                                          Columns columns) const override {
    CHECK(index < blocks_.size());
    auto out = std::make_shared<BlockRows>();
    const std::size_t begin = index * block_rows_;
    const std::span rows = std::span(*rows_).subspan(begin, blocks_[index].rows);
    bool any_metadata = false;
    for (const MemRow& row : rows) any_metadata = any_metadata || !row.metadata.empty();
    const bool metadata = columns.metadata && any_metadata;
    if (metadata) out->metadata_begin.push_back(0);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const MemRow& row = rows[i];
      out->times.push_back(row.time);
      out->streams.push_back(row_streams_[begin + i]);
      if (columns.lines) out->lines.push_back(row.line);
      if (columns.lengths) out->lengths.push_back(row.line.size());
      if (columns.positions) {
        out->sources.push_back(row_sources_[begin + i]);
        out->offsets.push_back(row.offset);
        out->line_numbers.push_back(row.line_number);
        out->flags.push_back(row.flags);
      }
      if (!metadata) continue;
      for (const core::MetadataPair& pair : views_of(row.metadata)) out->metadata.push_back(pair);
      out->metadata_begin.push_back(static_cast<std::uint32_t>(out->metadata.size()));
    }
    out->buffers.push_back(rows_);
    std::shared_ptr<const BlockRows> done = std::move(out);
    co_return done;
  }

 private:
  void add(const MemRow& row) {
    if (streams_.empty() || *streams_.back().labels != *row.labels) {
      PartStream& stream = streams_.emplace_back();
      stream.labels = row.labels;
      stream.id = row.labels->stream_id();
    }
    PartStream& stream = streams_.back();
    ++stream.records;
    stream.line_bytes += row.line.size();
    stream.times.include(row.time);
    const auto stream_index = static_cast<std::uint32_t>(streams_.size() - 1);
    row_streams_.push_back(stream_index);
    row_sources_.push_back(source_index(row.source));
    if (blocks_.empty() || blocks_.back().rows == block_rows_) blocks_.emplace_back().first_stream = stream_index;
    BlockInfo& block = blocks_.back();
    ++block.rows;
    block.line_bytes += row.line.size();
    block.times.include(row.time);
    block.last_stream = stream_index;
    times_.include(row.time);
  }
  std::uint32_t source_index(const RowSource& source) {
    const auto [place, inserted] = source_indexes_[source.named ? 1 : 0].emplace(
        source.generation.value, static_cast<std::uint32_t>(sources_.size()));
    if (inserted) sources_.push_back(source);
    return place->second;
  }

  const std::string name_;
  const std::shared_ptr<const std::vector<MemRow>> rows_;
  const std::uint32_t block_rows_;
  core::TimeSpan times_;
  std::vector<PartStream> streams_;
  std::vector<RowSource> sources_;
  base::IntegerMap<base::Hash128, std::uint32_t> source_indexes_[2];
  std::vector<BlockInfo> blocks_;
  std::vector<std::uint32_t> row_streams_;
  std::vector<std::uint32_t> row_sources_;
};

MemRow row_of(const Part& part, const BlockRows& block, std::size_t i) {
  MemRow row;
  row.labels = part.streams()[block.streams[i]].labels;
  row.time = block.times[i];
  row.line = block.lines[i];
  row.source = part.sources()[block.sources[i]];
  row.offset = block.offsets[i];
  row.line_number = block.line_numbers[i];
  row.flags = block.flags[i];
  for (const core::MetadataPair& pair : block.metadata_of(i)) {
    row.metadata.push_back({std::string(pair.name), std::string(pair.value)});
  }
  return row;
}

}  // namespace

bool operator==(const MemRow& a, const MemRow& b) {
  return *a.labels == *b.labels && a.time == b.time && a.line == b.line && a.source.generation == b.source.generation &&
         a.source.named == b.source.named && a.offset == b.offset && a.line_number == b.line_number &&
         a.flags == b.flags && a.metadata == b.metadata;
}

void sort_rows(std::vector<MemRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const MemRow& a, const MemRow& b) {
    if (a.labels != b.labels) {
      if (const auto order = *a.labels <=> *b.labels; order != 0) return order < 0;
    }
    return std::tie(a.time, a.source.generation, a.offset) < std::tie(b.time, b.source.generation, b.offset);
  });
}

std::shared_ptr<const Part> make_mem_part(std::string name, std::vector<MemRow> rows, std::uint32_t block_rows) {
  CHECK(block_rows > 0);
  sort_rows(rows);
  return std::make_shared<MemPart>(std::move(name), std::move(rows), block_rows);
}

base::StatusOr<SegmentStats> write_rows(const std::vector<MemRow>& rows, ByteSink& sink, WriterOptions options) {
  SegmentWriter writer(sink, options);
  const core::Labels* labels = nullptr;
  for (const MemRow& row : rows) {
    if (labels == nullptr || (labels != row.labels.get() && *labels != *row.labels)) writer.begin_stream(row.labels);
    labels = row.labels.get();
    const std::vector<core::MetadataPair> metadata = views_of(row.metadata);
    writer.add({row.time, row.line, row.source, row.offset, row.line_number, row.flags, metadata});
  }
  return writer.finish();
}

base::Task<base::StatusOr<std::vector<MemRow>>> read_all_rows(std::shared_ptr<const Part> part) {
  std::vector<MemRow> rows;
  for (std::size_t i = 0; i < part->blocks().size(); ++i) {
    const Columns all;
    base::StatusOr<std::shared_ptr<const BlockRows>> block = co_await part->read_block(i, all);
    if (!block.ok()) co_return block.status();
    for (std::size_t row = 0; row < (*block)->size(); ++row) rows.push_back(row_of(*part, **block, row));
  }
  co_return rows;
}

}  // namespace cordwood::segment
