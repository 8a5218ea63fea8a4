// ByteSource: the bytes of one stored segment, wherever they are. Whoever opens a segment adapts an object store, a
// cache or memory to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "base/task.h"

namespace cordwood::segment {

// Thread-safe: several blocks may be read at once.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // The object's key: for errors. Valid as long as the source.
  virtual std::string_view name() const = 0;
  virtual std::uint64_t size() const = 0;
  // Exactly the bytes [offset, offset + length); the reader asks only within size(). A source that gives fewer makes
  // the reader report DataLoss. Errors of the source reach the caller of the reader unchanged.
  virtual base::Task<base::StatusOr<std::string>> read(std::uint64_t offset, std::uint64_t length) = 0;
};

// read(), with fewer or more bytes than asked for turned into DataLoss. `section` is for the error text.
base::Task<base::StatusOr<std::string>> read_exactly(std::shared_ptr<ByteSource> source, std::uint64_t offset,
                                                     std::uint64_t length, std::string section);

// A segment held in memory.
class MemoryByteSource final : public ByteSource {
 public:
  MemoryByteSource(std::string name, std::shared_ptr<const std::string> bytes)
      : name_(std::move(name)), bytes_(std::move(bytes)) {}
  std::string_view name() const override { return name_; }
  std::uint64_t size() const override { return bytes_->size(); }
  base::Task<base::StatusOr<std::string>> read(std::uint64_t offset, std::uint64_t length) override;

 private:
  const std::string name_;
  const std::shared_ptr<const std::string> bytes_;
};

}  // namespace cordwood::segment
