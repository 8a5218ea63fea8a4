// The cursor of the native query: docs/protocols/query.md, "The cursor".
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "core/query_runner.h"

namespace cordwood::api {

struct QueryCursor {
  core::Direction direction = core::Direction::kBackward;
  core::RowPosition after;
};

std::string encode_cursor(const QueryCursor& cursor);
// InvalidArgument for anything that encode_cursor did not make.
base::StatusOr<QueryCursor> decode_cursor(std::string_view text);

}  // namespace cordwood::api
