// Structured metadata of a block's rows: names by shape, values by name, so that like values stand together.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "base/status.h"
#include "core/record.h"

namespace cordwood::segment::pages {

// Collects the metadata of one block after another; memory is kept between blocks.
class MetadataEncoder {
 public:
  void add_row(std::span<const core::MetadataPair> pairs);
  // No row since clear() had any: the page is left out.
  bool empty() const { return names_.empty(); }
  void append(std::string& out);
  void clear();

 private:
  struct Column {
    std::vector<std::uint64_t> lengths;
    std::string values;
  };
  std::uint32_t name_index(std::string_view name);
  std::uint32_t shape_index();

  std::vector<std::string> names_;  // in order of first use
  base::StringMap<std::uint32_t> name_indexes_;
  std::vector<Column> columns_;  // at least one a name
  std::vector<std::vector<std::uint32_t>> shapes_;
  base::StringMap<std::uint32_t> shape_indexes_;  // by the bytes of the name indexes
  std::vector<std::uint32_t> row_shapes_;
  std::vector<std::uint32_t> row_names_;  // of the row being added
};

// Row i has pairs[begin[i], begin[i + 1]).
struct Metadata {
  std::vector<std::uint32_t> begin;
  std::vector<core::MetadataPair> pairs;
};
// The pairs are views into `bytes`. At most `pairs_max` pairs.
base::StatusOr<Metadata> read_metadata(std::string_view bytes, std::size_t rows, std::uint64_t pairs_max);

}  // namespace cordwood::segment::pages
