#include "agent/sniff.h"

namespace cordwood::agent {

namespace {

struct Magic {
  std::string_view bytes;
  const char* reason;
};
using namespace std::string_view_literals;

constexpr Magic kMagic[] = {
    {"\xfd"
     "7zXZ\0"sv,
     "compressed with xz, which is not supported yet"},
    {"\x28\xb5\x2f\xfd"sv, "compressed with zstd, which is not supported yet"},
    {"BZh"sv, "compressed with bzip2, which is not supported yet"},
    {"\x04\x22\x4d\x18"sv, "compressed with lz4, which is not supported"},
    {"PK\x03\x04"sv, "a zip archive"},
    {"LPKSHHRH"sv, "a journal file: journald is read through its own interface"},
    {"\x7f"
     "ELF"sv,
     "an executable"},
    {"SQLite format 3\0"sv, "an SQLite database"},
    {"\xff\xfe"sv, "UTF-16 text, which is not supported yet"},
    {"\xfe\xff"sv, "UTF-16 text, which is not supported yet"},
};

}  // namespace

FileKind sniff(std::string_view raw) {
  FileKind kind;
  if (raw.starts_with("\x1f\x8b"sv)) {
    kind.gzip = true;
    return kind;
  }
  for (const Magic& magic : kMagic) {
    if (raw.starts_with(magic.bytes)) kind.skip_reason = magic.reason;
  }
  if (kind.skip_reason.empty()) kind.skip_reason = text_problem(raw);
  return kind;
}

std::string text_problem(std::string_view head) {
  if (head.substr(0, kSniffBytes).find('\0') == std::string_view::npos) return "";
  return "binary: a NUL byte in the first 4 KiB";
}

}  // namespace cordwood::agent
