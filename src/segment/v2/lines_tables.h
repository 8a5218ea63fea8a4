// The lines tables of a segment: templates and directories, read by one ranged read when they are first asked for and
// kept from then on.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/status.h"
#include "base/task.h"
#include "segment/byte_source.h"
#include "segment/part.h"
#include "segment/v2/tables.h"

namespace cordwood::segment::v2 {

// Thread-safe. Readers that ask at the same time may each read the bytes; one of them is kept.
class LinesTables {
 public:
  // `tables` must outlive this. `bytes` is the whole range if it was fetched with the footer, else null.
  LinesTables(std::shared_ptr<ByteSource> source, const Tables& tables, std::shared_ptr<const std::string> bytes);

  // Without pages. DataLoss as docs/formats/segment.md says; errors of the source as they are. Failures are not kept.
  base::Task<base::StatusOr<std::shared_ptr<const StoredLines>>> get(std::size_t block) const;

 private:
  base::Task<base::StatusOr<std::shared_ptr<const std::string>>> bytes() const;
  base::StatusOr<std::shared_ptr<const codec::TemplateTable>> templates(std::uint32_t group,
                                                                        const std::string& bytes) const;
  base::StatusOr<std::shared_ptr<const StoredLines>> make(std::size_t block,
                                                          std::shared_ptr<const std::string> bytes) const;
  std::string_view slice(const std::string& bytes, std::uint64_t offset, std::uint64_t length) const;

  const std::shared_ptr<ByteSource> source_;
  const Tables& tables_;
  mutable base::Mutex mutex_;
  mutable std::shared_ptr<const std::string> bytes_ GUARDED_BY(mutex_);
  mutable std::vector<std::shared_ptr<const codec::TemplateTable>> templates_ GUARDED_BY(mutex_);
  mutable std::vector<std::shared_ptr<const StoredLines>> blocks_ GUARDED_BY(mutex_);
};

}  // namespace cordwood::segment::v2
