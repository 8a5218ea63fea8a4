#include "codec/int_columns.h"

#include <algorithm>

#include "codec/varint.h"

namespace cordwood::codec {
namespace {

base::Status not_a_varint(std::string_view bytes, const char* at) {
  return base::data_loss_error("offset={}: wanted=a varint, found={} bytes that are none", at - bytes.data(),
                               bytes.data() + bytes.size() - at);
}

base::Status expect_used_up(std::string_view bytes, const char* at) {
  if (at == bytes.data() + bytes.size()) return base::ok_status();
  return base::data_loss_error("offset={}: wanted=the end of the column, found={} more bytes", at - bytes.data(),
                               bytes.data() + bytes.size() - at);
}

// Appends next(i) for each i in [0, count) through one buffer, because appending each varint to a string costs more
// than computing it.
template <typename Next>
void append_each(std::size_t count, std::string& out, Next next) {
  constexpr std::size_t kBatch = 256;
  char buffer[kBatch * kVarintBytesMax];
  for (std::size_t i = 0; i < count;) {
    char* at = buffer;
    for (const std::size_t end = std::min(count, i + kBatch); i < end; ++i) at = write_varint(at, next(i));
    out.append(buffer, static_cast<std::size_t>(at - buffer));
  }
}

template <typename Store>
base::Status read_each(std::string_view bytes, std::size_t count, Store store) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t value = 0;
    const char* const next = read_varint(at, end, value);
    if (next == nullptr) return not_a_varint(bytes, at);
    store(i, value);
    at = next;
  }
  return expect_used_up(bytes, at);
}

}  // namespace

void append_varints(std::span<const std::uint64_t> values, std::string& out) {
  append_each(values.size(), out, [&](std::size_t i) { return values[i]; });
}

base::Status read_varints(std::string_view bytes, std::span<std::uint64_t> out) {
  return read_each(bytes, out.size(), [&](std::size_t i, std::uint64_t value) { out[i] = value; });
}

void append_deltas(std::span<const std::uint64_t> values, std::string& out) {
  std::uint64_t last = 0;
  append_each(values.size(), out, [&](std::size_t i) {
    const std::uint64_t delta = values[i] - last;
    last = values[i];
    return zigzag(static_cast<std::int64_t>(delta));
  });
}

base::Status read_deltas(std::string_view bytes, std::span<std::uint64_t> out) {
  std::uint64_t last = 0;
  return read_each(bytes, out.size(), [&](std::size_t i, std::uint64_t value) {
    last += static_cast<std::uint64_t>(unzigzag(value));
    out[i] = last;
  });
}

void append_deltas_of_deltas(std::span<const std::uint64_t> values, std::string& out) {
  std::uint64_t last = 0;
  std::uint64_t last_delta = 0;
  append_each(values.size(), out, [&](std::size_t i) {
    const std::uint64_t delta = values[i] - last;
    const std::uint64_t change = delta - last_delta;
    last = values[i];
    last_delta = delta;
    return zigzag(static_cast<std::int64_t>(change));
  });
}

base::Status read_deltas_of_deltas(std::string_view bytes, std::span<std::uint64_t> out) {
  std::uint64_t last = 0;
  std::uint64_t last_delta = 0;
  return read_each(bytes, out.size(), [&](std::size_t i, std::uint64_t value) {
    last_delta += static_cast<std::uint64_t>(unzigzag(value));
    last += last_delta;
    out[i] = last;
  });
}

void append_runs(std::span<const std::uint32_t> values, std::string& out) {
  std::int64_t last = 0;
  for (std::size_t begin = 0; begin < values.size();) {
    std::size_t end = begin + 1;
    while (end < values.size() && values[end] == values[begin]) ++end;
    append_varint(out, zigzag(values[begin] - last));
    append_varint(out, end - begin - 1);
    last = values[begin];
    begin = end;
  }
}

base::Status read_runs(std::string_view bytes, std::uint32_t max, std::span<std::uint32_t> out) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  std::uint64_t value = 0;
  for (std::size_t filled = 0; filled < out.size();) {
    std::uint64_t change = 0;
    std::uint64_t length = 0;
    const char* next = read_varint(at, end, change);
    if (next == nullptr) return not_a_varint(bytes, at);
    value += static_cast<std::uint64_t>(unzigzag(change));
    if (value > max) {
      return base::data_loss_error("offset={}: wanted=a value up to {}, found={}", at - bytes.data(), max, value);
    }
    at = next;
    next = read_varint(at, end, length);
    if (next == nullptr) return not_a_varint(bytes, at);
    if (length >= out.size() - filled) {
      return base::data_loss_error("offset={}: wanted=a run up to {} values, found={} and one", at - bytes.data(),
                                   out.size() - filled, length);
    }
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(filled), length + 1, static_cast<std::uint32_t>(value));
    filled += length + 1;
    at = next;
  }
  return expect_used_up(bytes, at);
}

}  // namespace cordwood::codec
