#include "ingest/native/messages.h"

#include <limits>
#include <type_traits>

#include "ingest/native/source_fields.h"
#include "ingest/native/wire.h"

namespace cordwood::ingest::native {

std::string encode_hello(const core::AgentHello& hello) {
  std::string body;
  protozero::pbf_writer writer(body);
  add_hash(writer, 1, hello.agent.value);
  writer.add_string(2, hello.host);
  writer.add_uint64(3, hello.saved_epoch);
  add_hash(writer, 4, hello.nonce);
  return body;
}

base::StatusOr<core::AgentHello> decode_hello(std::string_view body) {
  Where where{"hello"};
  return guarded(where, [&]() -> base::StatusOr<core::AgentHello> {
    core::AgentHello hello;
    bool has_agent = false;
    bool has_nonce = false;
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case bytes_field(1):
          where.field = "agent_id";
          RETURN_IF_ERROR(read_hash(reader, where, hello.agent.value));
          has_agent = true;
          break;
        case bytes_field(2):
          where.field = "host";
          RETURN_IF_ERROR(read_text(reader, where, kHostBytesMax, hello.host));
          break;
        case varint_field(3):
          where.field = "saved_epoch";
          hello.saved_epoch = reader.get_uint64();
          break;
        case bytes_field(4):
          where.field = "nonce";
          RETURN_IF_ERROR(read_hash(reader, where, hello.nonce));
          has_nonce = true;
          break;
        default:
          reader.skip();
      }
    }
    where.field = !has_agent ? "agent_id" : !has_nonce ? "nonce" : "host";
    if (!has_agent || !has_nonce || hello.host.empty()) return where.error("is missing");
    return hello;
  });
}

std::string encode_hello_answer(const core::HelloAnswer& answer) {
  std::string body;
  protozero::pbf_writer writer(body);
  add_hash(writer, 1, answer.installation.value);
  writer.add_uint64(2, answer.epoch);
  writer.add_bool(3, answer.draw_new_agent_id);
  writer.add_sfixed64(4, answer.server_time.value);
  return body;
}

base::StatusOr<core::HelloAnswer> decode_hello_answer(std::string_view body) {
  Where where{"hello answer"};
  return guarded(where, [&]() -> base::StatusOr<core::HelloAnswer> {
    core::HelloAnswer answer;
    bool has_installation = false;
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case bytes_field(1):
          where.field = "installation_id";
          RETURN_IF_ERROR(read_hash(reader, where, answer.installation.value));
          has_installation = true;
          break;
        case varint_field(2):
          where.field = "epoch";
          answer.epoch = reader.get_uint64();
          break;
        case varint_field(3):
          where.field = "draw_new_agent_id";
          answer.draw_new_agent_id = read_bool(reader);
          break;
        case fixed64_field(4):
          where.field = "server_time";
          answer.server_time.value = reader.get_sfixed64();
          break;
        default:
          reader.skip();
      }
    }
    where.field = "installation_id";
    if (!has_installation) return where.error("is missing");
    return answer;
  });
}

std::string encode_sources(const SourcesRequest& request) {
  std::string body;
  protozero::pbf_writer writer(body);
  writer.add_string(1, request.host);
  for (const core::GenerationId& id : request.only) add_hash(writer, 2, id.value);
  return body;
}

base::StatusOr<SourcesRequest> decode_sources(std::string_view body) {
  Where where{"sources"};
  return guarded(where, [&]() -> base::StatusOr<SourcesRequest> {
    SourcesRequest request;
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case bytes_field(1):
          where.field = "host";
          RETURN_IF_ERROR(read_text(reader, where, kHostBytesMax, request.host));
          break;
        case bytes_field(2): {
          where.field = "generation_id";
          if (request.only.size() >= kGenerationsMax) return where.error("more than {} are given", kGenerationsMax);
          core::GenerationId id;
          RETURN_IF_ERROR(read_hash(reader, where, id.value));
          request.only.push_back(id);
          break;
        }
        default:
          reader.skip();
      }
    }
    where.field = "host";
    if (request.host.empty()) return where.error("is missing");
    return request;
  });
}

std::string encode_sources_answer(const std::vector<core::SourceState>& states) {
  std::string body;
  protozero::pbf_writer writer(body);
  for (const core::SourceState& state : states) {
    protozero::pbf_writer source(writer, 1);
    add_hash(source, 1, state.info.id.generation.value);
    source.add_string(2, state.info.path);
    for (const core::HeadHash& step : state.info.ladder) add_head_hash(source, 3, step);
    source.add_uint32(4, static_cast<std::uint32_t>(state.info.unit));
    source.add_uint64(5, state.info.base.offset);
    add_hash(source, 6, state.info.base.hash);
    source.add_uint64(7, state.mark.offset);
    add_hash(source, 8, state.mark.hash);
    if (state.info.labels != nullptr) source.add_string(9, state.info.labels->to_text());
  }
  return body;
}

namespace {

base::Status read_source_state(protozero::pbf_reader reader, Where& where, core::SourceState& state) {
  bool has_id = false;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_field(1):
        where.field = "generation_id";
        RETURN_IF_ERROR(read_hash(reader, where, state.info.id.generation.value));
        has_id = true;
        break;
      case bytes_field(2):
        where.field = "path";
        RETURN_IF_ERROR(read_text(reader, where, kPathBytesMax, state.info.path));
        break;
      case bytes_field(3):
        where.field = "ladder";
        if (state.info.ladder.size() >= kLadderStepsMax) return where.error("has more than {} steps", kLadderStepsMax);
        RETURN_IF_ERROR(read_head_hash(reader.get_message(), where, state.info.ladder.emplace_back()));
        break;
      case varint_field(4):
        where.field = "unit";
        RETURN_IF_ERROR(check_unit(reader.get_uint64(), where, state.info.unit));
        break;
      case varint_field(5):
        where.field = "base_offset";
        state.info.base.offset = reader.get_uint64();
        break;
      case bytes_field(6):
        where.field = "base_hash";
        RETURN_IF_ERROR(read_hash(reader, where, state.info.base.hash));
        break;
      case varint_field(7):
        where.field = "mark_offset";
        state.mark.offset = reader.get_uint64();
        break;
      case bytes_field(8):
        where.field = "mark_hash";
        RETURN_IF_ERROR(read_hash(reader, where, state.mark.hash));
        break;
      case bytes_field(9): {
        where.field = "labels";
        auto labels = core::parse_labels(read_view(reader));
        if (!labels.ok()) return where.error("{}", base::message_of(labels.status()));
        state.info.labels = std::make_shared<const core::Labels>(*std::move(labels));
        break;
      }
      default:
        reader.skip();
    }
  }
  where.field = "generation_id";
  if (!has_id) return where.error("is missing");
  if (state.info.labels == nullptr) state.info.labels = std::make_shared<const core::Labels>();
  return base::ok_status();
}

}  // namespace

base::StatusOr<std::vector<core::SourceState>> decode_sources_answer(std::string_view body) {
  Where where{"sources answer", "source"};
  return guarded(where, [&]() -> base::StatusOr<std::vector<core::SourceState>> {
    std::vector<core::SourceState> states;
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      if (reader.tag_and_type() != bytes_field(1)) {
        reader.skip();
        continue;
      }
      where.index = states.size();
      where.field = "source";
      if (states.size() >= kGenerationsMax) return where.error("more than {} are given", kGenerationsMax);
      RETURN_IF_ERROR(read_source_state(reader.get_message(), where, states.emplace_back()));
    }
    return states;
  });
}

namespace {

// Values of Verdict.kind on the wire.
enum VerdictKind : std::uint32_t { kStored = 0, kAt = 1, kWait = 2, kRefused = 3 };

void add_mark(protozero::pbf_writer& writer, const core::Mark& mark) {
  writer.add_uint64(2, mark.offset);
  add_hash(writer, 3, mark.hash);
}

void add_verdict(protozero::pbf_writer& writer, const core::SliceVerdict& verdict) {
  if (const auto* stored = std::get_if<core::SliceStored>(&verdict)) {
    writer.add_uint32(1, kStored);
    add_mark(writer, stored->mark);
  } else if (const auto* at = std::get_if<core::SliceAt>(&verdict)) {
    writer.add_uint32(1, kAt);
    add_mark(writer, at->mark);
  } else if (const auto* wait = std::get_if<core::SliceWait>(&verdict)) {
    writer.add_uint32(1, kWait);
    writer.add_uint32(4, wait->seconds);
    writer.add_string(6, wait->reason.substr(0, kReasonBytesMax));
  } else if (const auto* refused = std::get_if<core::SliceRefused>(&verdict)) {
    writer.add_uint32(1, kRefused);
    writer.add_uint64(5, refused->offset);
    writer.add_string(6, refused->reason.substr(0, kReasonBytesMax));
  }
}

base::StatusOr<core::SliceVerdict> read_verdict(protozero::pbf_reader reader, Where& where) {
  std::uint64_t kind = 0;
  core::Mark mark;
  bool has_hash = false;
  std::uint64_t seconds = 0;
  std::uint64_t offset = 0;
  std::string reason;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint_field(1):
        where.field = "kind";
        kind = reader.get_uint64();
        break;
      case varint_field(2):
        where.field = "mark_offset";
        mark.offset = reader.get_uint64();
        break;
      case bytes_field(3):
        where.field = "mark_hash";
        RETURN_IF_ERROR(read_hash(reader, where, mark.hash));
        has_hash = true;
        break;
      case varint_field(4):
        where.field = "seconds";
        seconds = reader.get_uint64();
        break;
      case varint_field(5):
        where.field = "offset";
        offset = reader.get_uint64();
        break;
      case bytes_field(6):
        where.field = "reason";
        RETURN_IF_ERROR(read_text(reader, where, kReasonBytesMax, reason));
        break;
      default:
        reader.skip();
    }
  }
  where.field = "mark_hash";
  if ((kind == kStored || kind == kAt) && !has_hash) return where.error("is missing");
  if (kind == kStored) return core::SliceStored{mark};
  if (kind == kAt) return core::SliceAt{mark};
  where.field = "seconds";
  if (seconds > std::numeric_limits<std::uint32_t>::max()) return where.error("{} is out of range", seconds);
  if (kind == kWait) return core::SliceWait{static_cast<std::uint32_t>(seconds), std::move(reason)};
  if (kind == kRefused) return core::SliceRefused{offset, std::move(reason)};
  where.field = "kind";
  return where.error("{} is not a verdict", kind);
}

}  // namespace

std::string encode_push_answer(const std::vector<core::SliceVerdict>& verdicts) {
  std::string body;
  protozero::pbf_writer writer(body);
  for (const core::SliceVerdict& verdict : verdicts) {
    protozero::pbf_writer sub(writer, 1);
    add_verdict(sub, verdict);
  }
  return body;
}

base::StatusOr<std::vector<core::SliceVerdict>> decode_push_answer(std::string_view body) {
  Where where{"push answer", "verdict"};
  return guarded(where, [&]() -> base::StatusOr<std::vector<core::SliceVerdict>> {
    std::vector<core::SliceVerdict> verdicts;
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      if (reader.tag_and_type() != bytes_field(1)) {
        reader.skip();
        continue;
      }
      where.index = verdicts.size();
      where.field = "verdict";
      if (verdicts.size() >= kSourcesPerPushMax) return where.error("more than {} are given", kSourcesPerPushMax);
      ASSIGN_OR_RETURN(core::SliceVerdict verdict, read_verdict(reader.get_message(), where));
      verdicts.push_back(std::move(verdict));
    }
    return verdicts;
  });
}

}  // namespace cordwood::ingest::native
