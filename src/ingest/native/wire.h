// Field numbers of docs/protocols/native.md and the few shapes that its messages share. Only for the .cc files here.
#pragma once

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/status.h"

namespace cordwood::ingest::native {

// What is being read, for error texts: protozero throws without saying where.
struct Where {
  std::string_view message;    // "push", "hello", ...
  std::string_view item = {};  // "slice", "source", or none
  std::size_t index = 0;       // of the item
  std::string_view field = {};

  template <typename... Args>
  base::Status error(fmt::format_string<Args...> format, Args&&... args) const {
    const std::string reason = fmt::format(format, std::forward<Args>(args)...);
    const std::string place = item.empty() ? std::string() : fmt::format(" {} {}", item, index);
    return base::invalid_argument_error("{}{} field {}: {}", message, place, field.empty() ? "?" : field, reason);
  }
};

// Runs `decode` (which fills `where` as it goes) and turns protozero's exceptions into InvalidArgument.
template <typename F>
auto guarded(const Where& where, F&& decode) -> decltype(decode()) {
  try {
    return decode();
  } catch (const protozero::exception& e) {
    return where.error("malformed protobuf ({})", e.what());
  }
}

constexpr std::uint32_t bytes_field(std::uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}
constexpr std::uint32_t varint_field(std::uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}
constexpr std::uint32_t fixed64_field(std::uint32_t tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed64);
}

inline std::string_view read_view(protozero::pbf_reader& reader) {
  const protozero::data_view view = reader.get_view();
  return {view.data(), view.size()};
}

// pbf_reader::get_bool() reads a byte without looking whether there is one.
inline bool read_bool(protozero::pbf_reader& reader) {
  return reader.get_uint64() != 0;
}

// A hash or an id: exactly 16 bytes.
inline base::Status read_hash(protozero::pbf_reader& reader, const Where& where, base::Hash128& out) {
  const std::string_view bytes = read_view(reader);
  if (bytes.size() != 16) return where.error("has {} bytes, wanted 16", bytes.size());
  out = base::hash128_from_bytes(bytes.data());
  return base::ok_status();
}

inline base::Status read_text(protozero::pbf_reader& reader, const Where& where, std::size_t bytes_max,
                              std::string& out) {
  const std::string_view bytes = read_view(reader);
  if (bytes.size() > bytes_max) return where.error("has {} bytes, at most {} are allowed", bytes.size(), bytes_max);
  out.assign(bytes);
  return base::ok_status();
}

inline void add_hash(protozero::pbf_writer& writer, std::uint32_t tag, const base::Hash128& hash) {
  std::string bytes;
  base::append_bytes(hash, bytes);
  writer.add_bytes(tag, bytes);
}

}  // namespace cordwood::ingest::native
