// The heartbeat message of the native protocol (docs/protocols/native.md). As in messages.h: pure functions, bounded,
// errors name message and field, the tenant is not part of it.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "core/ledger.h"

namespace cordwood::ingest::native {

inline constexpr std::string_view kHeartbeatPath = "/api/v1/heartbeat";

// An agent sends no more entries in one message; more come in the next ones.
inline constexpr std::size_t kEntriesPerHeartbeatMax = 4096;
inline constexpr std::size_t kLossesPerEntryMax = 256;
inline constexpr std::size_t kRulesPerEntryMax = 256;
inline constexpr std::size_t kExtractedNamesMax = 256;
inline constexpr std::size_t kNameBytesMax = 1024;

std::string encode_heartbeat(const core::Heartbeat& heartbeat);
base::StatusOr<core::Heartbeat> decode_heartbeat(std::string_view body);
std::string encode_heartbeat_answer(const core::HeartbeatAnswer& answer);
base::StatusOr<core::HeartbeatAnswer> decode_heartbeat_answer(std::string_view body);

}  // namespace cordwood::ingest::native
