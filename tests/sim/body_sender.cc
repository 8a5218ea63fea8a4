#include "sim/body_sender.h"

#include "base/json_writer.h"
#include "codec/compress.h"

namespace cordwood::sim {

namespace {
// Well inside the dedup window of 30 minutes, whatever the clock does.
constexpr base::nanoseconds kGiveUpAfter = std::chrono::minutes(10);
}  // namespace

BodySender::Body BodySender::make_body() {
  Body body;
  base::JsonWriter json(body.bytes);
  json.begin_object().key("streams").begin_array();
  for (std::uint64_t s = 1 + world_.below(2); s > 0; --s) {
    json.begin_object().key("stream").begin_object();
    json.key("job").string(fmt::format("s{}", number_)).key("part").string(std::to_string(s));
    json.key("tier").string(number_ % 2 == 0 ? "a" : "b");
    json.end_object().key("values").begin_array();
    for (std::uint64_t i = 1 + world_.below(5); i > 0; --i) {
      const std::string text = fmt::format("b{} line {} {}", number_, next_line_++, std::string(world_.below(40), '-'));
      // Days apart, so that a flush has many partitions.
      const std::int64_t time = world_.now().value - static_cast<std::int64_t>(world_.below(72)) * 3'600'000'000'000;
      json.begin_array().string(std::to_string(time)).string(text);
      if (world_.chance(0.2)) json.begin_object().key("trace").string(std::to_string(i)).end_object();
      json.end_array();
      body.lines.push_back(truth_.sent(text, world_.may_expire(number_ % 2 != 0, time)));
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  if (world_.chance(0.3)) {
    body.bytes = codec::compress(codec::Compression::kGzip, body.bytes);
    body.encoding = "gzip";
  }
  body.first_try = world_.now();
  return body;
}

base::Task<void> BodySender::send() {
  if (!waiting_.has_value()) waiting_ = make_body();
  std::string bytes = waiting_->bytes;
  std::string encoding = waiting_->encoding;
  std::optional<World::Answer> answer =
      co_await world_.post("/loki/api/v1/push", std::move(bytes), "application/json", std::move(encoding));
  if (answer.has_value() && answer->status == 204) {
    for (const LineId line : waiting_->lines) truth_.acknowledged(line);
    waiting_.reset();
  } else if (answer.has_value() && answer->status != 503) {
    truth_.violate(fmt::format("a body is answered {} {}", answer->status, answer->body));
  }
}

base::Task<void> BodySender::run() {
  while (true) {
    co_await world_.executor.sleep_for(world_.up_to_ms(40));
    co_await world_.await_noise();
    if (waiting_.has_value() && world_.now() - waiting_->first_try > kGiveUpAfter) {
      for (const LineId line : waiting_->lines) truth_.release(line);
      waiting_.reset();
    }
    if (!writing_ && !waiting_.has_value()) continue;
    co_await send();
  }
}

}  // namespace cordwood::sim
