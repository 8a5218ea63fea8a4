#include "segment/byte_source.h"

namespace cordwood::segment {

base::Task<base::StatusOr<std::string>> read_exactly(std::shared_ptr<ByteSource> source, std::uint64_t offset,
                                                     std::uint64_t length, std::string section) {
  base::StatusOr<std::string> bytes = co_await source->read(offset, length);
  if (bytes.ok() && bytes->size() != length) {
    co_return base::data_loss_error("segment={} section={} offset={}: wanted={} bytes, found={}", source->name(),
                                    section, offset, length, bytes->size());
  }
  co_return bytes;
}

base::Task<base::StatusOr<std::string>> MemoryByteSource::read(std::uint64_t offset, std::uint64_t length) {
  if (offset > bytes_->size() || length > bytes_->size() - offset) {
    co_return base::out_of_range_error("object={} offset={} length={}: has {} bytes", name_, offset, length,
                                       bytes_->size());
  }
  co_return bytes_->substr(offset, length);
}

}  // namespace cordwood::segment
