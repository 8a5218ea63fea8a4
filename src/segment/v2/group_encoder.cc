#include "segment/v2/group_encoder.h"

#include <span>
#include <utility>

#include "base/check.h"

namespace cordwood::segment::v2 {
namespace {

// Of the pages beside the lines, which are a small part of the whole.
int zstd_level(WriterLevel level) {
  return level == WriterLevel::kFlush ? 3 : 9;
}

}  // namespace

GroupEncoder::GroupEncoder(WriterLevel level)
    : columns_(zstd_level(level)), lines_(codec::LineEncoderOptions{.level = level}) {}

GroupEncoder::Pending& GroupEncoder::current() {
  if (blocks_.size() == pending_) blocks_.emplace_back();
  return blocks_[pending_];
}

void GroupEncoder::add(const SegmentRow& row, std::uint32_t stream, std::uint32_t source) {
  columns_.add(row, stream, source);
  current().text.append(row.line);
}

void GroupEncoder::end_block() {
  Pending& block = current();
  block.lengths.assign(columns_.lengths().begin(), columns_.lengths().end());
  block.columns = columns_.finish(block.column_bytes);
  text_bytes_ += block.text.size();
  ++pending_;
}

void GroupEncoder::finish(std::uint64_t offset, std::string& out, std::vector<BlockEntry>& blocks,
                          GroupTables& tables) {
  CHECK(pending_ > 0);
  std::vector<std::span<const std::string_view>> lines;
  for (Pending& block : std::span(blocks_).first(pending_)) {
    std::size_t at = 0;
    for (const std::uint64_t length : block.lengths) {
      block.lines.push_back(std::string_view(block.text).substr(at, length));
      at += length;
    }
    lines.emplace_back(block.lines);
  }
  lines_.encode_group(lines, encoded_);
  CHECK(encoded_.blocks.size() == pending_);
  tables.templates = std::move(encoded_.templates);
  for (std::size_t i = 0; i < pending_; ++i) {
    BlockEntry& entry = blocks.emplace_back();
    entry.columns = blocks_[i].columns;
    entry.columns.offset = offset + out.size();
    out += blocks_[i].column_bytes;
    out += encoded_.blocks[i].pages;
    entry.line_bytes = encoded_.blocks[i].pages.size();
    entry.directory_bytes = encoded_.blocks[i].directory.size();
    tables.directories.push_back(std::move(encoded_.blocks[i].directory));
    tables.filters.emplace_back();
    entry.filter_bytes = tables.filters.back().size();
  }
  for (Pending& block : std::span(blocks_).first(pending_)) {
    block.column_bytes.clear();
    block.text.clear();
    block.lines.clear();
  }
  pending_ = 0;
  text_bytes_ = 0;
}

}  // namespace cordwood::segment::v2
