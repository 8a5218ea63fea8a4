#include "client/server_status.h"

#include <simdjson.h>

namespace cordwood::client {

base::StatusOr<ServerStatus> parse_server_status(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body).get(object) != simdjson::SUCCESS) {
    return base::unavailable_error("the server's answer to /api/v1/status is not one of this protocol");
  }
  const auto number = [&](std::string_view key) {
    std::uint64_t value = 0;
    return object[key].get(value) == simdjson::SUCCESS ? value : 0;
  };
  ServerStatus status;
  status.stored_bytes = number("stored_bytes");
  status.raw_bytes = number("raw_bytes");
  status.records = number("records");
  status.parts = number("parts");
  status.journal_bytes = number("journal_bytes");
  status.head_bytes = number("head_bytes");
  return status;
}

}  // namespace cordwood::client
