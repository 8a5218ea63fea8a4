// FileScanner: finds the valid frames of one journal file with bounded memory (a window of 1 MiB, and one frame).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "io/file.h"
#include "store/journal/format.h"

namespace cordwood::store::journal {

struct ScannedFrame {
  std::uint64_t offset = 0;
  FramePrologue prologue;
  std::string header;  // its bytes; checksum verified
  std::shared_ptr<const std::string> body;
  std::uint64_t end() const { return offset + prologue.frame_bytes(); }
};

// One thread at a time; calls block. An error is one of the disk; bytes that are no frame are none.
class FileScanner {
 public:
  // Looks at [0, bytes) of `file`, which must outlive the scanner.
  FileScanner(io::File& file, std::uint64_t bytes, std::uint64_t salt) : file_(file), bytes_(bytes), salt_(salt) {}

  // The frame that begins at `offset`; none unless it is whole and both checksums fit.
  base::StatusOr<std::optional<ScannedFrame>> frame_at(std::uint64_t offset);
  // The first valid frame that begins at or after `offset`. Looks at every byte: for damaged files only.
  base::StatusOr<std::optional<ScannedFrame>> find_frame(std::uint64_t offset);
  std::uint64_t bytes() const { return bytes_; }

 private:
  // Up to `length` (at most kWindowBytes) bytes at `offset`; fewer only at the end.
  base::StatusOr<std::string_view> window(std::uint64_t offset, std::size_t length);
  base::StatusOr<std::string> read(std::uint64_t offset, std::size_t length);

  static constexpr std::size_t kWindowBytes = 1 << 20;
  io::File& file_;
  const std::uint64_t bytes_;
  const std::uint64_t salt_;
  std::string buffer_;
  std::uint64_t buffer_at_ = 0;
};

}  // namespace cordwood::store::journal
