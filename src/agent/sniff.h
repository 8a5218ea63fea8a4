// What kind of file the first bytes say: text to be read, gzip to be unpacked, or something to be left alone.
#pragma once

#include <string>
#include <string_view>

namespace cordwood::agent {

struct FileKind {
  bool gzip = false;
  // Why the file is not read; empty when it is.
  std::string skip_reason;
};

// `raw` is the first up to 4 KiB of the file as it lies on the disk. For gzip the text inside is judged by
// text_problem() on the decompressed head.
FileKind sniff(std::string_view raw);
// Why a decompressed head of up to 4 KiB is not text, or "".
std::string text_problem(std::string_view head);

inline constexpr std::size_t kSniffBytes = 4096;

}  // namespace cordwood::agent
