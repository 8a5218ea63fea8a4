// For tests: a Part whose lines are encoded, over any Part with text. Encodes what is asked for, once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "codec/line_encoder.h"
#include "segment/part.h"

namespace cordwood::exec {

class EncodedPart final : public segment::Part {
 public:
  explicit EncodedPart(std::shared_ptr<const segment::Part> text) : text_(std::move(text)) {}
  std::string_view name() const override { return text_->name(); }
  core::TimeSpan times() const override { return text_->times(); }
  std::span<const segment::PartStream> streams() const override { return text_->streams(); }
  std::span<const segment::RowSource> sources() const override { return text_->sources(); }
  std::span<const segment::BlockInfo> blocks() const override { return text_->blocks(); }

  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_block(
      std::size_t index, segment::Columns columns) const override {
    auto rows = co_await text_->read_block(index, columns);
    if (!rows.ok() || !columns.lines || !columns.encoded_lines) co_return rows;
    auto encoded = std::make_shared<segment::BlockRows>(**rows);
    encoded->lines.clear();
    encoded->buffers.push_back(*rows);
    auto stored = co_await stored_lines(index, true);
    if (!stored.ok()) co_return stored.status();
    encoded->encoded = *stored;
    co_return std::shared_ptr<const segment::BlockRows>(std::move(encoded));
  }
  base::Task<base::StatusOr<std::shared_ptr<const segment::StoredLines>>> line_directory(
      std::size_t block) const override {
    auto stored = co_await stored_lines(block, false);
    co_return stored;
  }

 private:
  struct Encoded {
    codec::EncodedLines lines;
    std::shared_ptr<const codec::TemplateTable> table;
    std::shared_ptr<const segment::StoredLines> directory;
    std::shared_ptr<const segment::StoredLines> all;
  };

  base::Task<base::StatusOr<std::shared_ptr<const segment::StoredLines>>> stored_lines(std::size_t block,
                                                                                       bool pages) const {
    {
      base::MutexLock lock(mutex_);
      const auto found = encoded_.find(block);
      if (found != encoded_.end()) co_return pages ? found->second->all : found->second->directory;
    }
    auto rows = co_await text_->read_block(block, {.positions = false, .metadata = false});
    if (!rows.ok()) co_return rows.status();
    auto made = std::make_shared<Encoded>();
    codec::LineEncoder().encode((*rows)->lines, made->lines);
    CO_ASSIGN_OR_RETURN(made->table, codec::TemplateTable::parse(made->lines.templates, name()));
    made->directory = stored_of(*made, false);
    made->all = stored_of(*made, true);
    base::MutexLock lock(mutex_);
    encoded_[block] = made;
    co_return pages ? made->all : made->directory;
  }
  std::shared_ptr<const segment::StoredLines> stored_of(const Encoded& encoded, bool pages) const {
    auto stored = std::make_shared<segment::StoredLines>();
    stored->object = name();
    stored->templates = encoded.table;
    stored->directory = encoded.lines.blocks[0].directory;
    if (pages) stored->pages = encoded.lines.blocks[0].pages;
    return stored;
  }

  const std::shared_ptr<const segment::Part> text_;
  mutable base::Mutex mutex_;
  mutable std::map<std::size_t, std::shared_ptr<const Encoded>> encoded_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::exec
