// Puts the rows of a text together: the static text of their templates and the values of their columns, at full speed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "codec/line_column.h"
#include "codec/template_table.h"

namespace cordwood::codec::lines {

// Where the values of one column come from: a decoded column, or the strings of a nested text.
struct JoinSource {
  ColumnForm form = ColumnForm::kConstant;
  ColumnInfo info;
  std::span<const std::uint64_t> integers;
  std::span<const std::uint32_t> ids;
  StringList strings;
  std::uint32_t next = 0;
};

struct JoinedText {
  std::string data;
  std::vector<std::uint32_t> ends;  // of each row, without what follows it
};

// `sources` is indexed by column and has those that the templates of `ids` mention, with as many values as they are
// mentioned. Each row is followed by `separator_bytes` (0 or 1) LFs. DataLoss when the text (without separators) has
// more than `bytes_max`, which is found before memory is taken. Reuses the memory of `out`.
base::Status join_text(std::span<const Template> templates, std::span<const std::uint16_t> ids,
                       std::span<JoinSource> sources, std::uint32_t separator_bytes, std::uint64_t bytes_max,
                       JoinedText& out);

}  // namespace cordwood::codec::lines
