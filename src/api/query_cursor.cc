#include "api/query_cursor.h"

#include <cstdint>

#include "api/base64.h"
#include "base/hash.h"

namespace cordwood::api {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kBytes = 1 + 1 + 8 + 16 + 16 + 8 + 8;

void append_u64(std::string& out, std::uint64_t value) {
  for (unsigned i = 0; i < 8; ++i) out += static_cast<char>(value >> 8 * i & 255);
}

std::uint64_t u64_at(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << 8 * i;
  }
  return value;
}

}  // namespace

std::string encode_cursor(const QueryCursor& cursor) {
  std::string bytes;
  bytes += kVersion;
  bytes += static_cast<char>(cursor.direction == core::Direction::kForward ? 0 : 1);
  append_u64(bytes, static_cast<std::uint64_t>(cursor.after.time.value));
  base::append_bytes(cursor.after.stream.value, bytes);
  base::append_bytes(cursor.after.generation.value, bytes);
  append_u64(bytes, cursor.after.offset);
  append_u64(bytes, base::hash64(bytes));
  return base64url(bytes);
}

base::StatusOr<QueryCursor> decode_cursor(std::string_view text) {
  const base::Status bad = base::invalid_argument_error(
      "the cursor is not one that a query gave; leave the parameter out to start from the beginning");
  if (text.size() > 2 * kBytes) return bad;
  const std::optional<std::string> bytes = decode_base64url(text);
  if (!bytes || bytes->size() != kBytes || (*bytes)[0] != kVersion || ((*bytes)[1] != 0 && (*bytes)[1] != 1))
    return bad;
  if (u64_at(*bytes, kBytes - 8) != base::hash64(std::string_view(*bytes).substr(0, kBytes - 8))) return bad;
  QueryCursor cursor;
  cursor.direction = (*bytes)[1] == 0 ? core::Direction::kForward : core::Direction::kBackward;
  cursor.after.time = core::UnixNanos{static_cast<std::int64_t>(u64_at(*bytes, 2))};
  cursor.after.stream.value = base::hash128_from_bytes(bytes->data() + 10);
  cursor.after.generation.value = base::hash128_from_bytes(bytes->data() + 26);
  cursor.after.offset = u64_at(*bytes, 42);
  return cursor;
}

}  // namespace cordwood::api
