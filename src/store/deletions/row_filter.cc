#include "store/deletions/row_filter.h"

#include <algorithm>

namespace cordwood::store {

void RowFilter::begin_stream(const core::Labels& labels) {
  here_.clear();
  for (std::size_t i = 0; i < deletions_.size(); ++i) {
    const core::RecordSelector& selector = *deletions_[i]->selector;
    if (!selector.matches(labels)) continue;
    here_.push_back({i, selector.picks_whole_streams() ? nullptr : selector.picker(labels)});
  }
}

bool RowFilter::is_deleted(core::UnixNanos time, std::string_view line, std::span<const core::MetadataPair> metadata) {
  for (Here& here : here_) {
    if (!deletions_[here.deletion]->row.range.contains(time)) continue;
    if (here.picker != nullptr && !here.picker->picks(time, line, metadata)) continue;
    ++counts_[here.deletion];
    return true;
  }
  return false;
}

std::uint64_t RowFilter::count() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts_) sum += count;
  return sum;
}

void RowFilter::add_counts(std::vector<catalog::Change::Removed>& out) const {
  for (std::size_t i = 0; i < deletions_.size(); ++i) {
    if (counts_[i] > 0) out.push_back({deletions_[i]->row.id, counts_[i]});
  }
}

namespace {

// Rows `keep` of `from`; the columns that are there stay there.
std::shared_ptr<const segment::BlockRows> take_rows(std::shared_ptr<const segment::BlockRows> from,
                                                    const std::vector<std::uint32_t>& keep, segment::Columns columns) {
  const auto take = [&keep](const auto& column, auto& out) {
    if (column.empty()) return;
    out.reserve(keep.size());
    for (const std::uint32_t row : keep) out.push_back(column[row]);
  };
  auto out = std::make_shared<segment::BlockRows>();
  take(from->times, out->times);
  take(from->streams, out->streams);
  if (columns.lines) take(from->lines, out->lines);
  take(from->sources, out->sources);
  take(from->offsets, out->offsets);
  take(from->line_numbers, out->line_numbers);
  take(from->flags, out->flags);
  if (columns.metadata && !from->metadata_begin.empty()) {
    out->metadata_begin.push_back(0);
    for (const std::uint32_t row : keep) {
      const auto metadata = from->metadata_of(row);
      out->metadata.insert(out->metadata.end(), metadata.begin(), metadata.end());
      out->metadata_begin.push_back(static_cast<std::uint32_t>(out->metadata.size()));
    }
  }
  out->buffers.push_back(std::move(from));
  return out;
}

class FilteredPart final : public segment::Part {
 public:
  FilteredPart(std::shared_ptr<const segment::Part> part, Deletions deletions, RowFilter* counted)
      : part_(std::move(part)), deletions_(std::move(deletions)), counted_(counted) {
    streams_.assign(part_->streams().begin(), part_->streams().end());
    for (segment::PartStream& stream : streams_) {
      const bool all = std::any_of(deletions_.begin(), deletions_.end(), [&stream](const auto& deletion) {
        return deletion->selector->picks_whole_streams() && stream.times.inside(deletion->row.range) &&
               deletion->selector->matches(*stream.labels);
      });
      if (!all) continue;
      stream.times = {};
      stream.records = stream.line_bytes = 0;
    }
    reads_rows_ = std::any_of(deletions_.begin(), deletions_.end(),
                              [](const auto& deletion) { return !deletion->selector->picks_whole_streams(); });
  }
  std::string_view name() const override { return part_->name(); }
  core::TimeSpan times() const override { return part_->times(); }
  std::span<const segment::PartStream> streams() const override { return streams_; }
  std::span<const segment::RowSource> sources() const override { return part_->sources(); }
  std::span<const segment::BlockInfo> blocks() const override { return part_->blocks(); }

  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_block(
      std::size_t index, segment::Columns columns) const override {
    segment::Columns wanted = columns;
    if (reads_rows_) wanted.lines = wanted.metadata = true;
    wanted.encoded_lines = false;  // rows are taken out one by one
    base::StatusOr<std::shared_ptr<const segment::BlockRows>> rows = co_await part_->read_block(index, wanted);
    if (!rows.ok()) co_return rows.status();
    RowFilter own(counted_ == nullptr ? deletions_ : Deletions());
    RowFilter& filter = counted_ == nullptr ? own : *counted_;
    std::vector<std::uint32_t> keep;
    std::optional<std::uint32_t> stream;
    for (std::uint32_t row = 0; row < (*rows)->size(); ++row) {
      if (stream != (*rows)->streams[row]) {
        stream = (*rows)->streams[row];
        filter.begin_stream(*streams_[*stream].labels);
      }
      const std::string_view line = (*rows)->lines.empty() ? std::string_view() : (*rows)->lines[row];
      if (filter.spares_stream() || !filter.is_deleted((*rows)->times[row], line, (*rows)->metadata_of(row))) {
        keep.push_back(row);
      }
    }
    co_return take_rows(*std::move(rows), keep, columns);
  }

 private:
  const std::shared_ptr<const segment::Part> part_;
  const Deletions deletions_;
  RowFilter* const counted_;
  std::vector<segment::PartStream> streams_;
  bool reads_rows_ = false;
};

}  // namespace

bool may_delete_from(const segment::Part& part, const Deletions& deletions) {
  for (const segment::PartStream& stream : part.streams()) {
    for (const auto& deletion : deletions) {
      if (stream.times.overlaps(deletion->row.range) && deletion->selector->matches(*stream.labels)) return true;
    }
  }
  return false;
}

std::shared_ptr<const segment::Part> filter_part(std::shared_ptr<const segment::Part> part, Deletions deletions,
                                                 RowFilter* counted) {
  if (!may_delete_from(*part, deletions)) return part;
  return std::make_shared<const FilteredPart>(std::move(part), std::move(deletions), counted);
}

}  // namespace cordwood::store
