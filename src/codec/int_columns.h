// Columns of integers as bytes, made for being compressed once more by zstd: the regular becomes zeros. Encoders append
// to `out`; decoders are told the number of values, fill `out` of exactly that size, and must use up `bytes`: anything
// else is DataLoss naming the offset within `bytes`. Arithmetic wraps, so every u64 is representable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace cordwood::codec {

// Each value as a varint.
void append_varints(std::span<const std::uint64_t> values, std::string& out);
base::Status read_varints(std::string_view bytes, std::span<std::uint64_t> out);

// The difference to the value before it (the first: to 0) as a zigzag varint.
void append_deltas(std::span<const std::uint64_t> values, std::string& out);
base::Status read_deltas(std::string_view bytes, std::span<std::uint64_t> out);

// The difference between a delta and the delta before it: for clocks and counters that tick evenly.
void append_deltas_of_deltas(std::span<const std::uint64_t> values, std::string& out);
base::Status read_deltas_of_deltas(std::string_view bytes, std::span<std::uint64_t> out);

// Pairs (zigzag varint of the value less the run's before, varint of the run's length less one).
void append_runs(std::span<const std::uint32_t> values, std::string& out);
// DataLoss also when a value is above `max`.
base::Status read_runs(std::string_view bytes, std::uint32_t max, std::span<std::uint32_t> out);

}  // namespace cordwood::codec
