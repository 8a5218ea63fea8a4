// Bodies of the native protocol from outside: each decoder takes any bytes; what a push decodes to can be encoded and
// decoded again to the same records.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "ingest/native/heartbeat.h"
#include "ingest/native/messages.h"
#include "ingest/native/push_decoder.h"
#include "ingest/native/push_encoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace native = cordwood::ingest::native;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  (void)native::decode_hello(body);
  (void)native::decode_hello_answer(body);
  (void)native::decode_sources(body);
  (void)native::decode_sources_answer(body);
  (void)native::decode_push_answer(body);
  (void)native::decode_heartbeat_answer(body);
  if (const auto heartbeat = native::decode_heartbeat(body); heartbeat.ok()) {
    const std::string bytes = native::encode_heartbeat(*heartbeat);
    const auto again = native::decode_heartbeat(bytes);
    CHECK(again.ok() && native::encode_heartbeat(*again) == bytes);
  }
  const cordwood::core::DecodeContext context{{1'790'000'000'000'000'000}, nullptr};
  const auto batch = native::decode_push(std::make_shared<const std::string>(body), context);
  if (!batch.ok() || batch->sources.empty() || batch->slices.empty()) return 0;
  const auto again = native::decode_push(std::make_shared<const std::string>(native::encode_push(*batch)), context);
  CHECK(again.ok());
  CHECK(again->records.size() == batch->records.size());
  for (std::size_t i = 0; i < again->records.size(); ++i) {
    CHECK(again->records[i].line == batch->records[i].line);
    CHECK(again->records[i].time == batch->records[i].time);
    CHECK(again->records[i].offset == batch->records[i].offset);
  }
  return 0;
}
