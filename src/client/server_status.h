// The answer of /api/v1/status.
#pragma once

#include <string_view>

#include "base/status.h"
#include "core/store_admin.h"

namespace cordwood::client {

using ServerStatus = core::StoreStatus;
base::StatusOr<ServerStatus> parse_server_status(std::string_view body);

}  // namespace cordwood::client
