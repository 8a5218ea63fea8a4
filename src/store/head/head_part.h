// HeadPart: a piece of the head as a query sees it: a Chunk in memory, or a SpilledChunk that is read from the journal.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "segment/part.h"

namespace cordwood::store {

class HeadPart : public segment::Part {
 public:
  std::string_view name() const override { return "head"; }
  virtual std::uint32_t rows() const = 0;
  virtual std::uint64_t line_bytes() const = 0;
  // Everything this part keeps alive; labels, which other parts may share, are counted in each.
  virtual std::uint64_t memory_bytes() const = 0;

  // DeletionTable: deletions up to this id do not mean these rows. Set before anybody else has seen the part.
  void set_deletions_applied(std::uint64_t id) { deletions_applied_ = id; }
  std::uint64_t deletions_applied() const { return deletions_applied_; }

 private:
  std::uint64_t deletions_applied_ = 0;
};

using HeadParts = std::vector<std::shared_ptr<const HeadPart>>;

}  // namespace cordwood::store
