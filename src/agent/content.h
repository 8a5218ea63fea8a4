// Content: the decompressed bytes of one file, at any offset. All positions of the agent are offsets in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/status.h"
#include "io/file.h"

namespace cordwood::agent {

// One thread at a time. Calls block for file reads and decompression.
class Content {
 public:
  virtual ~Content() = default;
  // Up to `length` bytes at `offset`; fewer at the present end only.
  virtual base::StatusOr<std::size_t> read(std::uint64_t offset, char* out, std::size_t length) = 0;
  // The number of bytes there are now. For compressed files it costs decompressing to the end, once.
  virtual base::StatusOr<std::uint64_t> bytes() = 0;
  // Whether the end that was found is the end: a plain file may grow, a compressed stream has a trailer. `reason` says
  // why a compressed file ends before it should; read() then gives what could be decompressed.
  struct End {
    bool complete = false;
    std::string reason;
  };
  virtual End end() const = 0;
  // Memory that the reader holds now.
  virtual std::size_t memory_bytes() const = 0;
};

// `file` must outlive the content.
std::unique_ptr<Content> make_plain_content(io::File& file);
// gzip: one or several members. Reading forward is cheap; reading more than kGzipWindow behind the furthest read starts
// again from the beginning of the file. Memory is taken at the first read.
inline constexpr std::size_t kGzipWindow = 2 << 20;
std::unique_ptr<Content> make_gzip_content(io::File& file);

// Bytes of the hash before a position (docs/protocols/native.md).
inline constexpr std::size_t kMarkBytes = 4096;
// XXH3-128 of the up to 4 KiB before `offset`. NotFound when the content is shorter than `offset`.
base::StatusOr<base::Hash128> hash_before(Content& content, std::uint64_t offset);

}  // namespace cordwood::agent
