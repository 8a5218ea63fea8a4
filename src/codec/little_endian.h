// Fixed-width integers in files and on wires: little-endian, at any alignment.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <string>

namespace cordwood::codec {

static_assert(std::endian::native == std::endian::little,
              "integers are copied to files and wires as they are in memory");

template <std::unsigned_integral T>
T load_le(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <std::unsigned_integral T>
void store_le(char* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

template <std::unsigned_integral T>
void append_le(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace cordwood::codec
