#include "segment/reader.h"

#include <utility>

#include "segment/format.h"
#include "segment/trailer.h"
#include "segment/v1/format.h"
#include "segment/v1/open.h"
#include "segment/v2/format.h"
#include "segment/v2/open.h"

namespace cordwood::segment {

base::Task<base::StatusOr<std::shared_ptr<const Part>>> open_segment(std::shared_ptr<ByteSource> source) {
  base::StatusOr<Tail> tail = co_await read_tail(source);
  if (!tail.ok()) co_return tail.status();
  if (tail->trailer.version == v1::kVersion) {
    co_return co_await v1::open(std::move(source), tail->trailer, std::move(tail->bytes));
  }
  if (tail->trailer.version == v2::kVersion) {
    co_return co_await v2::open(std::move(source), tail->trailer, std::move(tail->bytes));
  }
  co_return unknown_version(source->name(), tail->trailer);
}

}  // namespace cordwood::segment
