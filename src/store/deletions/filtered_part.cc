#include "store/deletions/filtered_part.h"

#include <algorithm>

#include "store/deletions/hidden_rows.h"

namespace cordwood::store {

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

// Ascending ranges of both, touching ones as one.
std::vector<segment::RowRange> merge_ranges(const std::vector<HiddenRanges>& lists) {
  std::vector<segment::RowRange> all;
  for (const HiddenRanges& list : lists) all.insert(all.end(), list->begin(), list->end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::vector<segment::RowRange> out;
  for (const segment::RowRange& range : all) {
    if (!out.empty() && range.begin <= out.back().end) {
      out.back().end = std::max(out.back().end, range.end);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

// Finding the deleted rows of a block costs its lines, once; a query reads the block as it is stored, with the rows
// that it shall leave out beside it.
class FilteredPart final : public segment::Part {
 public:
  FilteredPart(std::shared_ptr<const segment::Part> part, Deletions deletions, RowFilter* counted)
      : part_(std::move(part)), deletions_(std::move(deletions)), counted_(counted) {
    streams_.assign(part_->streams().begin(), part_->streams().end());
    touched_.resize(streams_.size());
    for (std::size_t s = 0; s < streams_.size(); ++s) look_at_stream(s);
    if (!part_->content_key().empty()) {
      content_ = base::hash128(part_->content_key());
      key_ = part_->content_key();
      for (const auto& deletion : deletions_) key_ += fmt::format(" without {}", deletion->row.id);
    }
  }
  std::string_view name() const override { return part_->name(); }
  // Ids of deletions are not given twice, so the same deletions hide the same rows.
  std::string_view content_key() const override { return key_; }
  core::TimeSpan times() const override { return part_->times(); }
  std::span<const segment::PartStream> streams() const override { return streams_; }
  std::span<const segment::RowSource> sources() const override { return part_->sources(); }
  std::span<const segment::BlockInfo> blocks() const override { return part_->blocks(); }
  // What holds for all rows, or for none, holds without the deleted ones.
  base::Task<base::StatusOr<std::shared_ptr<const segment::StoredLines>>> line_directory(
      std::size_t block) const override {
    return part_->line_directory(block);
  }
  std::size_t kept_bytes() const override { return part_->kept_bytes(); }

  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_block(
      std::size_t index, segment::Columns columns) const override {
    if (!touches(index)) co_return co_await part_->read_block(index, columns);
    if (counted_ != nullptr || !columns.hidden_rows) co_return co_await read_without(index, columns);
    base::StatusOr<std::vector<segment::RowRange>> hidden = co_await find_hidden(index);
    if (!hidden.ok()) co_return hidden.status();
    base::StatusOr<std::shared_ptr<const segment::BlockRows>> rows = co_await part_->read_block(index, columns);
    if (!rows.ok() || hidden->empty()) co_return rows;
    auto marked = std::make_shared<segment::BlockRows>(**rows);
    marked->hidden = *std::move(hidden);
    marked->buffers.push_back(*std::move(rows));
    co_return marked;
  }

 private:
  void look_at_stream(std::size_t index) {
    segment::PartStream& stream = streams_[index];
    bool all = false;
    for (const auto& deletion : deletions_) {
      if (!stream.times.overlaps(deletion->row.range) || !deletion->selector->matches(*stream.labels)) continue;
      touched_[index] = true;
      all = all || (deletion->selector->picks_whole_streams() && stream.times.inside(deletion->row.range));
    }
    if (!all) return;
    stream.times = {};
    stream.records = stream.line_bytes = 0;
  }

  bool touches(std::size_t block) const {
    const segment::BlockInfo& info = part_->blocks()[block];
    const bool in_range = std::any_of(deletions_.begin(), deletions_.end(), [&info](const auto& deletion) {
      return info.times.overlaps(deletion->row.range);
    });
    if (!in_range) return false;
    for (std::uint32_t s = info.first_stream; s <= info.last_stream && s < touched_.size(); ++s) {
      if (touched_[s]) return true;
    }
    return false;
  }

  // The rows are taken out of all columns.
  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_without(std::size_t index,
                                                                                     segment::Columns columns) const {
    segment::Columns wanted = columns;
    const bool reads_rows = std::any_of(deletions_.begin(), deletions_.end(), [](const auto& deletion) {
      return !deletion->selector->picks_whole_streams();
    });
    if (reads_rows) wanted.lines = wanted.metadata = true;
    wanted.encoded_lines = false;
    base::StatusOr<std::shared_ptr<const segment::BlockRows>> rows = co_await part_->read_block(index, wanted);
    if (!rows.ok()) co_return rows.status();
    RowFilter own(counted_ == nullptr ? deletions_ : Deletions());
    RowFilter& filter = counted_ == nullptr ? own : *counted_;
    std::vector<std::uint32_t> keep;
    for_each_row(**rows, filter, [&keep](std::uint32_t row, bool deleted) {
      if (!deleted) keep.push_back(row);
    });
    co_return take_rows(*std::move(rows), keep, columns);
  }

  template <typename Use>
  void for_each_row(const segment::BlockRows& rows, RowFilter& filter, Use use) const {
    std::optional<std::uint32_t> stream;
    for (std::uint32_t row = 0; row < rows.size(); ++row) {
      if (stream != rows.streams[row]) {
        stream = rows.streams[row];
        filter.begin_stream(*streams_[*stream].labels);
      }
      const std::string_view line = rows.lines.empty() ? std::string_view() : rows.lines[row];
      use(row, !filter.spares_stream() && filter.is_deleted(rows.times[row], line, rows.metadata_of(row)));
    }
  }

  base::Task<base::StatusOr<std::vector<segment::RowRange>>> find_hidden(std::size_t block) const {
    std::vector<HiddenRanges> found;
    std::shared_ptr<const segment::BlockRows> rows;
    bool has_lines = false;
    for (const auto& deletion : deletions_) {
      HiddenRanges ranges = key_.empty() ? nullptr : deletion->hidden->get(content_, block);
      if (ranges == nullptr) {
        const bool needs_lines = !deletion->selector->picks_whole_streams();
        if (rows == nullptr || (needs_lines && !has_lines)) {
          const segment::Columns columns{.lines = needs_lines, .positions = false, .metadata = needs_lines};
          auto read = co_await part_->read_block(block, columns);
          if (!read.ok()) co_return read.status();
          rows = *std::move(read);
          has_lines = needs_lines;
        }
        ranges = ranges_of(*rows, deletion);
        if (!key_.empty()) deletion->hidden->put(content_, block, ranges);
      }
      found.push_back(std::move(ranges));
    }
    co_return merge_ranges(found);
  }

  HiddenRanges ranges_of(const segment::BlockRows& rows, const std::shared_ptr<const Deletion>& deletion) const {
    auto ranges = std::make_shared<std::vector<segment::RowRange>>();
    RowFilter filter({deletion});
    for_each_row(rows, filter, [&ranges](std::uint32_t row, bool deleted) {
      if (!deleted) return;
      if (!ranges->empty() && ranges->back().end == row) {
        ++ranges->back().end;
      } else {
        ranges->push_back({row, row + 1});
      }
    });
    return ranges;
  }

  const std::shared_ptr<const segment::Part> part_;
  const Deletions deletions_;
  RowFilter* const counted_;
  std::vector<segment::PartStream> streams_;
  std::vector<bool> touched_;  // streams of which rows may be deleted
  base::Hash128 content_;
  std::string key_;
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
