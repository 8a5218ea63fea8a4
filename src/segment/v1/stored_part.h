// The Part over a stored segment of version 1.
#pragma once

#include <memory>
#include <vector>

#include "segment/v1/open.h"

namespace cordwood::segment::v1 {

// Splits the contents of a text page; `lengths` are the rows' (their sum is right). DataLoss names no place.
base::Status decode_text(std::string_view text, const std::vector<std::uint64_t>& lengths,
                         std::vector<std::string_view>& lines);

class StoredPart final : public Part {
 public:
  StoredPart(std::shared_ptr<ByteSource> source, Tables tables);

  std::string_view name() const override { return source_->name(); }
  core::TimeSpan times() const override { return tables_.common.summary.times; }
  std::span<const PartStream> streams() const override { return tables_.common.streams; }
  std::span<const RowSource> sources() const override { return tables_.common.sources; }
  std::span<const BlockInfo> blocks() const override { return infos_; }
  base::Task<base::StatusOr<std::shared_ptr<const BlockRows>>> read_block(std::size_t index,
                                                                          Columns columns) const override;

 private:
  const std::shared_ptr<ByteSource> source_;
  const Tables tables_;
  std::vector<BlockInfo> infos_;
};

}  // namespace cordwood::segment::v1
