#include "segment/v2/lines_tables.h"

#include <utility>

namespace cordwood::segment::v2 {

LinesTables::LinesTables(std::shared_ptr<ByteSource> source, const Tables& tables,
                         std::shared_ptr<const std::string> bytes)
    : source_(std::move(source)),
      tables_(tables),
      bytes_(std::move(bytes)),
      templates_(tables.index.groups.size()),
      blocks_(tables.index.blocks.size()) {}

std::string_view LinesTables::slice(const std::string& bytes, std::uint64_t offset, std::uint64_t length) const {
  return std::string_view(bytes).substr(offset - tables_.index.lines_tables_offset, length);
}

base::Task<base::StatusOr<std::shared_ptr<const std::string>>> LinesTables::bytes() const {
  {
    base::MutexLock lock(mutex_);
    if (bytes_ != nullptr) co_return bytes_;
  }
  std::string section = "lines tables";
  base::StatusOr<std::string> read = co_await read_exactly(source_, tables_.index.lines_tables_offset,
                                                           tables_.index.lines_tables_bytes, std::move(section));
  if (!read.ok()) co_return read.status();
  base::MutexLock lock(mutex_);
  if (bytes_ == nullptr) bytes_ = std::make_shared<const std::string>(*std::move(read));
  co_return bytes_;
}

base::StatusOr<std::shared_ptr<const codec::TemplateTable>> LinesTables::templates(std::uint32_t group,
                                                                                   const std::string& bytes) const {
  {
    base::MutexLock lock(mutex_);
    if (templates_[group] != nullptr) return templates_[group];
  }
  const GroupEntry& entry = tables_.index.groups[group];
  const std::string place = fmt::format("segment={} section=group {}", source_->name(), group);
  ASSIGN_OR_RETURN(std::shared_ptr<const codec::TemplateTable> table,
                   codec::TemplateTable::parse(slice(bytes, entry.templates_offset, entry.templates_bytes), place,
                                               entry.templates_offset));
  base::MutexLock lock(mutex_);
  if (templates_[group] == nullptr) templates_[group] = std::move(table);
  return templates_[group];
}

base::StatusOr<std::shared_ptr<const StoredLines>> LinesTables::make(std::size_t block,
                                                                     std::shared_ptr<const std::string> bytes) const {
  const BlockEntry& entry = tables_.index.blocks[block];
  auto lines = std::make_shared<StoredLines>();
  auto object = std::make_shared<const std::string>(
      fmt::format("segment={} section=block {} lines offset={} directory offset={}", source_->name(), block,
                  entry.lines_offset(), entry.directory_offset));
  lines->object = *object;
  ASSIGN_OR_RETURN(lines->templates, templates(entry.group, *bytes));
  lines->directory = slice(*bytes, entry.directory_offset, entry.directory_bytes);
  lines->buffers = {bytes, object};
  if (entry.filter_bytes > 0) {
    auto filter = codec::GramFilter::open(slice(*bytes, entry.filter_offset, entry.filter_bytes));
    if (!filter.ok()) {
      return base::data_loss_error("segment={} section=block {} filter offset={}: {}", source_->name(), block,
                                   entry.filter_offset, base::message_of(filter.status()));
    }
    lines->filter = *filter;
  }
  // Readers take rows of the columns and rows of the lines for the same.
  const BlockInfo& info = entry.columns.info;
  ASSIGN_OR_RETURN(const SharedLineBlock::Lease lease, lines->lease());
  const codec::LineBlock& opened = *lease;
  if (opened.rows() != info.rows || opened.line_bytes() != info.line_bytes || opened.page_bytes() != entry.line_bytes) {
    return base::data_loss_error("{}: rows, line bytes, page bytes: wanted={} {} {}, found={} {} {}", *object,
                                 info.rows, info.line_bytes, entry.line_bytes, opened.rows(), opened.line_bytes(),
                                 opened.page_bytes());
  }
  std::shared_ptr<const StoredLines> done = std::move(lines);
  return done;
}

base::Task<base::StatusOr<std::shared_ptr<const StoredLines>>> LinesTables::get(std::size_t block) const {
  {
    base::MutexLock lock(mutex_);
    if (blocks_[block] != nullptr) co_return blocks_[block];
  }
  base::StatusOr<std::shared_ptr<const std::string>> read = co_await bytes();
  if (!read.ok()) co_return read.status();
  CO_ASSIGN_OR_RETURN(std::shared_ptr<const StoredLines> lines, make(block, *std::move(read)));
  base::MutexLock lock(mutex_);
  if (blocks_[block] == nullptr) blocks_[block] = std::move(lines);
  co_return blocks_[block];
}

}  // namespace cordwood::segment::v2
