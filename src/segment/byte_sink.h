// ByteSink: where a writer puts the bytes of a segment, front to back.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::segment {

// One thread at a time.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  // Appends all of `bytes` or fails; after a failure nothing more is appended.
  virtual base::Status append(std::string_view bytes) = 0;
};

// Appends to a string of the caller, which must outlive the sink.
class StringSink final : public ByteSink {
 public:
  explicit StringSink(std::string& out) : out_(out) {}
  base::Status append(std::string_view bytes) override {
    out_.append(bytes);
    return base::ok_status();
  }

 private:
  std::string& out_;
};

}  // namespace cordwood::segment
