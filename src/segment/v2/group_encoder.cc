#include "segment/v2/group_encoder.h"

#include <span>
#include <utility>

#include "base/check.h"
#include "codec/line_block.h"
#include "segment/v2/block_grams.h"

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
  Pending& block = current();
  block.text.append(row.line);
  for (const core::MetadataPair& pair : row.metadata) block.pairs.insert(codec::key_of_pair(pair.name, pair.value));
}

void GroupEncoder::end_block() {
  Pending& block = current();
  block.lengths.assign(columns_.lengths().begin(), columns_.lengths().end());
  block.columns = columns_.finish(block.column_bytes);
  text_bytes_ += block.text.size();
  ++pending_;
}

void GroupEncoder::append_filter(std::size_t index, const std::shared_ptr<const codec::TemplateTable>& table,
                                 std::string& out) {
  const codec::EncodedBlock& bytes = encoded_.blocks[index];
  auto block = codec::LineBlock::open(table, bytes.directory, bytes.pages, "block just written");
  CHECK_MSG(block.ok(), block.status().ToString());
  grams_.clear();
  const base::Status status = BlockGrams(*block, grams_).add();
  CHECK_MSG(status.ok(), status.ToString());
  for (const std::uint64_t pair : blocks_[index].pairs) grams_.add_pair(pair);
  grams_.append_filter(out);
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
  const auto table = codec::TemplateTable::parse(encoded_.templates, "templates just written");
  CHECK_MSG(table.ok(), table.status().ToString());
  tables.templates = std::move(encoded_.templates);
  for (std::size_t i = 0; i < pending_; ++i) {
    BlockEntry& entry = blocks.emplace_back();
    entry.columns = blocks_[i].columns;
    entry.columns.offset = offset + out.size();
    out += blocks_[i].column_bytes;
    out += encoded_.blocks[i].pages;
    append_filter(i, *table, tables.filters.emplace_back());
    entry.line_bytes = encoded_.blocks[i].pages.size();
    entry.directory_bytes = encoded_.blocks[i].directory.size();
    tables.directories.push_back(std::move(encoded_.blocks[i].directory));
    entry.filter_bytes = tables.filters.back().size();
  }
  for (Pending& block : std::span(blocks_).first(pending_)) {
    block.column_bytes.clear();
    block.text.clear();
    block.lines.clear();
    block.pairs.clear();
  }
  pending_ = 0;
  text_bytes_ = 0;
}

}  // namespace cordwood::segment::v2
