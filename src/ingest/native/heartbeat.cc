#include "ingest/native/heartbeat.h"

#include <limits>

#include "ingest/native/messages.h"
#include "ingest/native/source_fields.h"
#include "ingest/native/wire.h"

namespace cordwood::ingest::native {
namespace {

void add_time(protozero::pbf_writer& writer, std::uint32_t tag, core::UnixNanos time) {
  if (time.value != 0) writer.add_sfixed64(tag, time.value);
}

void add_loss(protozero::pbf_writer writer, const core::Loss& loss) {
  writer.add_uint64(1, loss.begin);
  writer.add_uint64(2, loss.at_least);
  writer.add_bool(3, loss.exact);
  add_time(writer, 4, loss.since);
  add_time(writer, 5, loss.until);
  writer.add_uint32(6, static_cast<std::uint32_t>(loss.reason));
}

void add_entry(protozero::pbf_writer writer, const core::LedgerEntry& entry) {
  add_hash(writer, 1, entry.generation.value);
  writer.add_string(2, entry.path);
  if (entry.labels != nullptr) writer.add_string(3, entry.labels->to_text());
  writer.add_uint32(4, static_cast<std::uint32_t>(entry.unit));
  writer.add_uint32(5, static_cast<std::uint32_t>(entry.state));
  writer.add_uint64(6, entry.seen);
  writer.add_uint64(7, entry.acked);
  writer.add_uint64(8, entry.pending);
  add_time(writer, 9, entry.last_write);
  add_time(writer, 10, entry.last_read);
  for (const core::DroppedByRule& dropped : entry.dropped) {
    protozero::pbf_writer sub(writer, 11);
    sub.add_string(1, dropped.rule);
    sub.add_uint64(2, dropped.bytes);
    sub.add_uint64(3, dropped.records);
  }
  for (const core::Loss& loss : entry.losses) add_loss(protozero::pbf_writer(writer, 12), loss);
  if (!entry.problem.empty()) writer.add_string(13, entry.problem.substr(0, kReasonBytesMax));
  if (entry.forgotten) writer.add_bool(14, true);
}

// The value of an enum field whose values are first..last.
template <typename Enum>
base::Status check_enum(std::uint64_t value, Enum first, Enum last, const Where& where, Enum& out) {
  if (value < static_cast<std::uint64_t>(first) || value > static_cast<std::uint64_t>(last)) {
    return where.error("{} is out of range", value);
  }
  out = static_cast<Enum>(value);
  return base::ok_status();
}

base::Status read_loss(protozero::pbf_reader reader, Where& where, core::Loss& loss) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint_field(1):
        loss.begin = reader.get_uint64();
        break;
      case varint_field(2):
        loss.at_least = reader.get_uint64();
        break;
      case varint_field(3):
        loss.exact = read_bool(reader);
        break;
      case fixed64_field(4):
        loss.since.value = reader.get_sfixed64();
        break;
      case fixed64_field(5):
        loss.until.value = reader.get_sfixed64();
        break;
      case varint_field(6):
        where.field = "reason";
        RETURN_IF_ERROR(
            check_enum(reader.get_uint64(), core::LossReason::kGone, core::LossReason::kRefused, where, loss.reason));
        break;
      default:
        reader.skip();
    }
  }
  return base::ok_status();
}

base::Status read_dropped(protozero::pbf_reader reader, Where& where, core::DroppedByRule& dropped) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_field(1):
        where.field = "rule";
        RETURN_IF_ERROR(read_text(reader, where, kNameBytesMax, dropped.rule));
        break;
      case varint_field(2):
        dropped.bytes = reader.get_uint64();
        break;
      case varint_field(3):
        dropped.records = reader.get_uint64();
        break;
      default:
        reader.skip();
    }
  }
  return base::ok_status();
}

// The fields of an entry that are not messages or texts of their own.
base::Status read_entry_figure(protozero::pbf_reader& reader, Where& where, core::LedgerEntry& entry) {
  switch (reader.tag_and_type()) {
    case varint_field(4):
      where.field = "unit";
      return check_unit(reader.get_uint64(), where, entry.unit);
    case varint_field(5):
      where.field = "state";
      return check_enum(reader.get_uint64(), core::GenerationState::kLive, core::GenerationState::kMissing, where,
                        entry.state);
    case varint_field(6):
      entry.seen = reader.get_uint64();
      break;
    case varint_field(7):
      entry.acked = reader.get_uint64();
      break;
    case varint_field(8):
      entry.pending = reader.get_uint64();
      break;
    case fixed64_field(9):
      entry.last_write.value = reader.get_sfixed64();
      break;
    case fixed64_field(10):
      entry.last_read.value = reader.get_sfixed64();
      break;
    case varint_field(14):
      entry.forgotten = read_bool(reader);
      break;
    default:
      reader.skip();
  }
  return base::ok_status();
}

base::Status read_entry(protozero::pbf_reader reader, Where& where, core::LedgerEntry& entry) {
  bool has_id = false;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_field(1):
        where.field = "generation_id";
        RETURN_IF_ERROR(read_hash(reader, where, entry.generation.value));
        has_id = true;
        break;
      case bytes_field(2):
        where.field = "path";
        RETURN_IF_ERROR(read_text(reader, where, kPathBytesMax, entry.path));
        break;
      case bytes_field(3): {
        where.field = "labels";
        auto labels = core::parse_labels(read_view(reader));
        if (!labels.ok()) return where.error("{}", base::message_of(labels.status()));
        if (labels->size() > kLabelsPerSourceMax) return where.error("more than {} are given", kLabelsPerSourceMax);
        entry.labels = std::make_shared<const core::Labels>(*std::move(labels));
        break;
      }
      case bytes_field(11):
        where.field = "dropped";
        if (entry.dropped.size() >= kRulesPerEntryMax) return where.error("more than {} are given", kRulesPerEntryMax);
        RETURN_IF_ERROR(read_dropped(reader.get_message(), where, entry.dropped.emplace_back()));
        break;
      case bytes_field(12):
        where.field = "losses";
        if (entry.losses.size() >= kLossesPerEntryMax) return where.error("more than {} are given", kLossesPerEntryMax);
        RETURN_IF_ERROR(read_loss(reader.get_message(), where, entry.losses.emplace_back()));
        break;
      case bytes_field(13):
        where.field = "problem";
        RETURN_IF_ERROR(read_text(reader, where, kReasonBytesMax, entry.problem));
        break;
      default:
        RETURN_IF_ERROR(read_entry_figure(reader, where, entry));
    }
  }
  where.field = "generation_id";
  if (!has_id) return where.error("is missing");
  if (entry.labels == nullptr) entry.labels = std::make_shared<const core::Labels>();
  return base::ok_status();
}

// The fields of a heartbeat that are not messages or texts of their own.
base::Status read_heartbeat_figure(protozero::pbf_reader& reader, Where& where, core::Heartbeat& heartbeat) {
  switch (reader.tag_and_type()) {
    case varint_field(2):
      heartbeat.epoch = reader.get_uint64();
      break;
    case varint_field(5):
      heartbeat.sequence = reader.get_uint64();
      break;
    case fixed64_field(6):
      heartbeat.sent_at.value = reader.get_sfixed64();
      break;
    case varint_field(7):
      heartbeat.clock_offset = base::nanoseconds(reader.get_sint64());
      break;
    case fixed64_field(8):
      heartbeat.watermark.value = reader.get_sfixed64();
      break;
    case varint_field(9):
      where.field = "ending";
      return check_enum(reader.get_uint64(), core::AgentEnding::kNone, core::AgentEnding::kLastWord, where,
                        heartbeat.ending);
    case varint_field(11):
      heartbeat.account_begins = read_bool(reader);
      break;
    case varint_field(12):
      heartbeat.account_ends = read_bool(reader);
      break;
    default:
      reader.skip();
  }
  return base::ok_status();
}

}  // namespace

std::string encode_heartbeat(const core::Heartbeat& heartbeat) {
  std::string body;
  protozero::pbf_writer writer(body);
  add_hash(writer, 1, heartbeat.agent.value);
  writer.add_uint64(2, heartbeat.epoch);
  writer.add_string(3, heartbeat.host);
  writer.add_string(4, heartbeat.version);
  writer.add_uint64(5, heartbeat.sequence);
  writer.add_sfixed64(6, heartbeat.sent_at.value);
  writer.add_sint64(7, heartbeat.clock_offset.count());
  add_time(writer, 8, heartbeat.watermark);
  writer.add_uint32(9, static_cast<std::uint32_t>(heartbeat.ending));
  for (const std::string& name : heartbeat.extracted) writer.add_string(10, name);
  if (heartbeat.account_begins) writer.add_bool(11, true);
  if (heartbeat.account_ends) writer.add_bool(12, true);
  for (const core::LedgerEntry& entry : heartbeat.entries) add_entry(protozero::pbf_writer(writer, 13), entry);
  return body;
}

base::StatusOr<core::Heartbeat> decode_heartbeat(std::string_view body) {
  Where where{"heartbeat"};
  return guarded(where, [&]() -> base::StatusOr<core::Heartbeat> {
    core::Heartbeat heartbeat;
    bool has_agent = false;
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case bytes_field(1):
          where.field = "agent_id";
          RETURN_IF_ERROR(read_hash(reader, where, heartbeat.agent.value));
          has_agent = true;
          break;
        case bytes_field(3):
          where.field = "host";
          RETURN_IF_ERROR(read_text(reader, where, kHostBytesMax, heartbeat.host));
          break;
        case bytes_field(4):
          where.field = "version";
          RETURN_IF_ERROR(read_text(reader, where, kNameBytesMax, heartbeat.version));
          break;
        case bytes_field(10):
          where.field = "extracted";
          if (heartbeat.extracted.size() >= kExtractedNamesMax)
            return where.error("more than {} are given", kExtractedNamesMax);
          RETURN_IF_ERROR(read_text(reader, where, kNameBytesMax, heartbeat.extracted.emplace_back()));
          break;
        case bytes_field(13):
          where.item = "entry";
          where.index = heartbeat.entries.size();
          where.field = "entry";
          if (heartbeat.entries.size() >= kEntriesPerHeartbeatMax)
            return where.error("more than {} are given", kEntriesPerHeartbeatMax);
          RETURN_IF_ERROR(read_entry(reader.get_message(), where, heartbeat.entries.emplace_back()));
          where.item = {};
          break;
        default:
          RETURN_IF_ERROR(read_heartbeat_figure(reader, where, heartbeat));
      }
    }
    where.field = !has_agent ? "agent_id" : "host";
    if (!has_agent || heartbeat.host.empty()) return where.error("is missing");
    return heartbeat;
  });
}

std::string encode_heartbeat_answer(const core::HeartbeatAnswer& answer) {
  std::string body;
  protozero::pbf_writer writer(body);
  writer.add_sfixed64(1, answer.server_time.value);
  writer.add_bool(2, answer.send_all);
  return body;
}

base::StatusOr<core::HeartbeatAnswer> decode_heartbeat_answer(std::string_view body) {
  Where where{"heartbeat answer"};
  return guarded(where, [&]() -> base::StatusOr<core::HeartbeatAnswer> {
    core::HeartbeatAnswer answer;
    protozero::pbf_reader reader(body.data(), body.size());
    while (reader.next()) {
      switch (reader.tag_and_type()) {
        case fixed64_field(1):
          answer.server_time.value = reader.get_sfixed64();
          break;
        case varint_field(2):
          answer.send_all = read_bool(reader);
          break;
        default:
          reader.skip();
      }
    }
    return answer;
  });
}

}  // namespace cordwood::ingest::native
