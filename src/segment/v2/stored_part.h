// The Part over a stored segment of version 2.
#pragma once

#include <memory>
#include <vector>

#include "segment/v2/lines_tables.h"
#include "segment/v2/tables.h"

namespace cordwood::segment::v2 {

class StoredPart final : public Part {
 public:
  // `lines_tables` as for LinesTables.
  StoredPart(std::shared_ptr<ByteSource> source, Tables tables, std::shared_ptr<const std::string> lines_tables);

  std::string_view name() const override { return source_->name(); }
  core::TimeSpan times() const override { return tables_.common.summary.times; }
  std::span<const PartStream> streams() const override { return tables_.common.streams; }
  std::span<const RowSource> sources() const override { return tables_.common.sources; }
  std::span<const BlockInfo> blocks() const override { return infos_; }
  base::Task<base::StatusOr<std::shared_ptr<const BlockRows>>> read_block(std::size_t index,
                                                                          Columns columns) const override;
  base::Task<base::StatusOr<std::shared_ptr<const StoredLines>>> line_directory(std::size_t block) const override;
  base::Task<base::StatusOr<std::shared_ptr<const Rollup>>> rollup() const override;
  std::size_t kept_bytes() const override;

 private:
  const std::shared_ptr<ByteSource> source_;
  const Tables tables_;
  const LinesTables lines_tables_;
  std::vector<BlockInfo> infos_;
  mutable base::Mutex mutex_;
  mutable std::shared_ptr<const Rollup> rollup_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::segment::v2
