#include "ingest/native/push_decoder.h"

#include <time.h>

#include <limits>
#include <span>

#include "base/hash_map.h"
#include "ingest/native/messages.h"
#include "ingest/native/source_fields.h"
#include "ingest/native/wire.h"

namespace cordwood::ingest::native {

namespace {

// The fields of a slice as found; checked against each other by SliceReader::read.
struct RawSlice {
  std::uint64_t source = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  base::Hash128 hash_begin;
  base::Hash128 hash_end;
  bool has_hash_begin = false;
  bool has_hash_end = false;
  bool lost = false;
  std::uint64_t first_line = 0;
  std::string_view text;
  std::string_view line_bytes;
  std::string_view offset_deltas;
  std::string_view time_deltas;
  std::string_view flags;
  std::size_t metadata_count = 0;
};

// RFC 3339 with nanoseconds, UTC.
std::string rfc3339(core::UnixNanos time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = time.value / kSecond;
  std::int64_t nanos = time.value % kSecond;
  if (nanos < 0) {
    nanos += kSecond;
    --seconds;
  }
  const time_t clock = seconds;
  struct tm parts = {};
  if (gmtime_r(&clock, &parts) == nullptr) return fmt::format("{}", time.value);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, nanos);
}

// Varints of a packed field, one after the other. A value over 64 bits or cut off is an error.
class PackedVarints {
 public:
  PackedVarints() = default;
  explicit PackedVarints(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  // How many there are: bytes without the continuation bit.
  static std::size_t count(std::string_view bytes) {
    std::size_t n = 0;
    for (const char c : bytes) n += (static_cast<unsigned char>(c) >> 7) ^ 1U;
    return n;
  }
  std::uint64_t next() {
    // Nearly all values here are one byte.
    if (at_ != end_ && static_cast<signed char>(*at_) >= 0) return static_cast<std::uint64_t>(*at_++);
    return protozero::decode_varint(&at_, end_);
  }
  bool at_end() const { return at_ == end_; }

 private:
  const char* at_ = nullptr;
  const char* end_ = nullptr;
};

class PushReader {
 public:
  PushReader(std::shared_ptr<const std::string> body, const core::DecodeContext& context)
      : body_(std::move(body)), context_(context), latest_(context.arrival + core::Limits{}.creation_grace_period) {
    if (context_.refused != nullptr) refused_ = *context_.refused;
  }

  base::StatusOr<core::RecordBatch> read() {
    return guarded(where_, [this]() -> base::StatusOr<core::RecordBatch> { return read_push(); });
  }

 private:
  base::StatusOr<core::RecordBatch> read_push();
  base::Status read_source(protozero::pbf_reader reader);
  base::Status read_label(protozero::pbf_reader reader, std::vector<core::Label>& labels);
  base::Status add_source(core::SourceInfo source, std::vector<core::Label> labels);
  base::Status read_slice(protozero::pbf_reader reader);
  base::StatusOr<RawSlice> read_slice_fields(protozero::pbf_reader reader);
  base::Status take_column(protozero::pbf_reader& reader, std::string_view name, std::string_view& column);
  base::Status check_slice(const RawSlice& raw);
  base::Status read_records(const RawSlice& raw);
  base::Status read_metadata(protozero::pbf_reader reader, std::uint32_t records, std::uint32_t first_record);
  base::Status read_pair(protozero::pbf_reader reader, std::uint64_t& record, core::MetadataPair& pair);
  void apply_arrival(std::uint32_t first_record);
  std::string_view keep(std::string text);
  void leave_out_refused(core::Slice& slice);

  std::shared_ptr<const std::string> body_;
  const core::DecodeContext& context_;
  const core::UnixNanos latest_;
  std::span<const std::uint32_t> refused_;
  std::uint64_t records_read_ = 0;  // of the body, refused ones included
  Where where_{"push"};
  core::RecordBatch batch_;
  std::string host_;
  bool has_agent_ = false;
  base::IntegerMap<core::StreamId, std::uint32_t> stream_index_;
  std::vector<std::uint32_t> source_stream_;
  std::vector<bool> source_used_;
  std::shared_ptr<std::vector<std::unique_ptr<std::string>>> kept_;
};

base::StatusOr<core::RecordBatch> PushReader::read_push() {
  std::vector<protozero::pbf_reader> slices;
  protozero::pbf_reader reader(body_->data(), body_->size());
  while (reader.next()) {
    where_ = Where{"push"};
    switch (reader.tag_and_type()) {
      case bytes_field(1):
        where_.field = "agent_id";
        RETURN_IF_ERROR(read_hash(reader, where_, batch_.agent.value));
        has_agent_ = true;
        break;
      case varint_field(2):
        where_.field = "epoch";
        batch_.agent_epoch = reader.get_uint64();
        break;
      case bytes_field(3):
        where_.field = "host";
        RETURN_IF_ERROR(read_text(reader, where_, kHostBytesMax, host_));
        break;
      case bytes_field(4):
        where_ = Where{"push", "source", batch_.sources.size(), "source"};
        if (batch_.sources.size() >= kSourcesPerPushMax) {
          return base::resource_exhausted_error("push has more than {} sources", kSourcesPerPushMax);
        }
        RETURN_IF_ERROR(read_source(reader.get_message()));
        break;
      case bytes_field(5):
        where_ = Where{"push", "slice", slices.size(), "slice"};
        if (slices.size() >= kSourcesPerPushMax) {
          return base::resource_exhausted_error("push has more than {} slices", kSourcesPerPushMax);
        }
        slices.push_back(reader.get_message());
        break;
      default:
        reader.skip();
    }
  }
  where_ = Where{"push", {}, 0, !has_agent_ ? "agent_id" : "host"};
  if (!has_agent_ || host_.empty()) return where_.error("is missing");
  for (core::SourceInfo& source : batch_.sources) source.id.host = host_;
  source_used_.resize(batch_.sources.size());
  // Slices after all sources, because protobuf lets fields come in any order.
  for (std::size_t i = 0; i < slices.size(); ++i) {
    where_ = Where{"push", "slice", i, "slice"};
    RETURN_IF_ERROR(read_slice(slices[i]));
  }
  batch_.buffers.push_back(body_);
  if (kept_ != nullptr) batch_.buffers.push_back(kept_);
  return std::move(batch_);
}

base::Status PushReader::read_source(protozero::pbf_reader reader) {
  core::SourceInfo source;
  std::vector<core::Label> labels;
  bool has_id = false;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_field(1):
        where_.field = "generation_id";
        RETURN_IF_ERROR(read_hash(reader, where_, source.id.generation.value));
        has_id = true;
        break;
      case bytes_field(2):
        where_.field = "path";
        RETURN_IF_ERROR(read_text(reader, where_, kPathBytesMax, source.path));
        break;
      case bytes_field(3):
        where_.field = "labels";
        RETURN_IF_ERROR(read_label(reader.get_message(), labels));
        break;
      case bytes_field(4):
        where_.field = "ladder";
        if (source.ladder.size() >= kLadderStepsMax) return where_.error("has more than {} steps", kLadderStepsMax);
        RETURN_IF_ERROR(read_head_hash(reader.get_message(), where_, source.ladder.emplace_back()));
        break;
      case varint_field(5):
        where_.field = "unit";
        RETURN_IF_ERROR(check_unit(reader.get_uint64(), where_, source.unit));
        break;
      case varint_field(6):
        where_.field = "base_offset";
        source.base.offset = reader.get_uint64();
        break;
      case bytes_field(7):
        where_.field = "base_hash";
        RETURN_IF_ERROR(read_hash(reader, where_, source.base.hash));
        break;
      default:
        reader.skip();
    }
  }
  where_.field = "generation_id";
  if (!has_id) return where_.error("is missing");
  return add_source(std::move(source), std::move(labels));
}

base::Status PushReader::read_label(protozero::pbf_reader reader, std::vector<core::Label>& labels) {
  if (labels.size() >= kLabelsPerSourceMax) return where_.error("are more than {}", kLabelsPerSourceMax);
  core::Label label;
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case bytes_field(1):
        label.name.assign(read_view(reader));
        break;
      case bytes_field(2):
        label.value.assign(read_view(reader));
        break;
      default:
        reader.skip();
    }
  }
  if (!core::is_valid_label_name(label.name)) return where_.error("name of label {} is not valid", labels.size());
  labels.push_back(std::move(label));
  return base::ok_status();
}

base::Status PushReader::add_source(core::SourceInfo source, std::vector<core::Label> labels) {
  where_.field = "labels";
  if (labels.empty()) return where_.error("are missing");
  auto shared = std::make_shared<const core::Labels>(std::move(labels));
  const core::StreamId id = shared->stream_id();
  const auto [it, is_new] = stream_index_.try_emplace(id, static_cast<std::uint32_t>(batch_.streams.size()));
  if (is_new) batch_.streams.push_back({shared, id});
  source.labels = batch_.streams[it->second].labels;
  source_stream_.push_back(it->second);
  batch_.sources.push_back(std::move(source));
  return base::ok_status();
}

base::Status PushReader::take_column(protozero::pbf_reader& reader, std::string_view name, std::string_view& column) {
  where_.field = name;
  if (!column.empty()) return where_.error("is given twice");
  column = read_view(reader);
  return base::ok_status();
}

base::StatusOr<RawSlice> PushReader::read_slice_fields(protozero::pbf_reader reader) {
  RawSlice raw;
  while (reader.next()) {
    where_.field = "slice";
    switch (reader.tag_and_type()) {
      case varint_field(1):
        raw.source = reader.get_uint64();
        break;
      case varint_field(2):
        raw.begin = reader.get_uint64();
        break;
      case varint_field(3):
        raw.end = reader.get_uint64();
        break;
      case bytes_field(4):
        where_.field = "hash_begin";
        RETURN_IF_ERROR(read_hash(reader, where_, raw.hash_begin));
        raw.has_hash_begin = true;
        break;
      case bytes_field(5):
        where_.field = "hash_end";
        RETURN_IF_ERROR(read_hash(reader, where_, raw.hash_end));
        raw.has_hash_end = true;
        break;
      case varint_field(6):
        raw.lost = read_bool(reader);
        break;
      case varint_field(7):
        raw.first_line = reader.get_uint64();
        break;
      case bytes_field(8):
        RETURN_IF_ERROR(take_column(reader, "text", raw.text));
        break;
      case bytes_field(9):
        RETURN_IF_ERROR(take_column(reader, "line_bytes", raw.line_bytes));
        break;
      case bytes_field(10):
        RETURN_IF_ERROR(take_column(reader, "offset_deltas", raw.offset_deltas));
        break;
      case bytes_field(11):
        RETURN_IF_ERROR(take_column(reader, "time_deltas", raw.time_deltas));
        break;
      case bytes_field(12):
        RETURN_IF_ERROR(take_column(reader, "flags", raw.flags));
        break;
      case bytes_field(13):
        ++raw.metadata_count;
        reader.skip();
        break;
      default:
        reader.skip();
    }
  }
  return raw;
}

base::Status PushReader::check_slice(const RawSlice& raw) {
  where_.field = "source";
  if (raw.source >= batch_.sources.size()) {
    return where_.error("{} is not one of the {} sources", raw.source, batch_.sources.size());
  }
  if (source_used_[raw.source]) return where_.error("{} has a slice already", raw.source);
  source_used_[raw.source] = true;
  where_.field = "end";
  if (raw.end <= raw.begin) return where_.error("{} is not after begin {}", raw.end, raw.begin);
  where_.field = !raw.has_hash_begin ? "hash_begin" : "hash_end";
  if (!raw.has_hash_begin || !raw.has_hash_end) return where_.error("is missing");
  const std::size_t records = PackedVarints::count(raw.line_bytes);
  if (records + batch_.records.size() > kRecordsPerPushMax) {
    return base::resource_exhausted_error("push has more than {} records", kRecordsPerPushMax);
  }
  if (raw.metadata_count + batch_.metadata.size() > kMetadataPerPushMax) {
    return base::resource_exhausted_error("push has more than {} metadata", kMetadataPerPushMax);
  }
  const auto check_count = [&](std::string_view field, std::size_t found) {
    where_.field = field;
    if (found == records) return base::ok_status();
    return where_.error("has {} values, line_bytes has {}", found, records);
  };
  RETURN_IF_ERROR(check_count("offset_deltas", PackedVarints::count(raw.offset_deltas)));
  RETURN_IF_ERROR(check_count("time_deltas", PackedVarints::count(raw.time_deltas)));
  RETURN_IF_ERROR(check_count("flags", raw.flags.size()));
  where_.field = "lost";
  if (raw.lost && (records > 0 || raw.metadata_count > 0 || !raw.text.empty())) {
    return where_.error("slice has records");
  }
  where_.field = "first_line";
  if (records > 0 && raw.first_line == 0) return where_.error("is missing");
  if (raw.first_line > std::numeric_limits<std::uint64_t>::max() - records) {
    return where_.error("{} is out of range", raw.first_line);
  }
  where_.field = "text";
  if (records == 0 && !raw.text.empty()) return where_.error("has {} bytes and no records", raw.text.size());
  return base::ok_status();
}

base::Status PushReader::read_records(const RawSlice& raw) {
  PackedVarints line_bytes(raw.line_bytes);
  PackedVarints offsets(raw.offset_deltas);
  PackedVarints times(raw.time_deltas);
  const std::uint32_t stream = source_stream_[raw.source];
  std::uint64_t offset = raw.begin;
  std::uint64_t time = 0;
  std::uint64_t line_number = raw.first_line;
  std::size_t text_at = 0;
  // The count is bounded by kRecordsPerPushMax and by the bytes of the body.
  batch_.records.reserve(batch_.records.size() + raw.flags.size());
  for (std::size_t i = 0; i < raw.flags.size(); ++i) {
    where_.field = "line_bytes";
    const std::uint64_t length = line_bytes.next();
    if (length > raw.text.size() - text_at) {
      return where_.error("of record {} is {}, but {} bytes of text are left", i, length, raw.text.size() - text_at);
    }
    where_.field = "offset_deltas";
    const std::uint64_t delta = offsets.next();
    if (delta >= raw.end - offset) return where_.error("put record {} beyond end {}", i, raw.end);
    offset += delta;
    where_.field = "time_deltas";
    // Modulo 2^64, as the encoder subtracts.
    time += static_cast<std::uint64_t>(protozero::decode_zigzag64(times.next()));
    where_.field = "flags";
    const auto bits = static_cast<std::uint8_t>(raw.flags[i]);
    if ((bits & 0xe0U) != 0) return where_.error("of record {} are {:#x}: reserved bits are set", i, bits);
    core::Record& record = batch_.records.emplace_back();
    record.time = {static_cast<std::int64_t>(time)};
    record.line = raw.text.substr(text_at, length);
    record.stream = stream;
    record.flags.bits = bits;
    record.offset = offset;
    record.line_number = line_number;
    record.metadata_begin = static_cast<std::uint32_t>(batch_.metadata.size());
    text_at += length;
    if (record.flags.line_end() != core::LineEnd::kCut) ++line_number;
  }
  where_.field = "text";
  if (text_at != raw.text.size()) return where_.error("has {} bytes, records use {}", raw.text.size(), text_at);
  return base::ok_status();
}

base::Status PushReader::read_pair(protozero::pbf_reader reader, std::uint64_t& record, core::MetadataPair& pair) {
  while (reader.next()) {
    switch (reader.tag_and_type()) {
      case varint_field(1):
        record = reader.get_uint64();
        break;
      case bytes_field(2):
        pair.name = read_view(reader);
        break;
      case bytes_field(3):
        pair.value = read_view(reader);
        break;
      default:
        reader.skip();
    }
  }
  if (pair.name.empty()) return where_.error("of record {} has no name", record);
  return base::ok_status();
}

base::Status PushReader::read_metadata(protozero::pbf_reader reader, std::uint32_t records,
                                       std::uint32_t first_record) {
  std::uint64_t last = 0;
  while (reader.next()) {
    where_.field = "metadata";
    if (reader.tag_and_type() != bytes_field(13)) {
      reader.skip();
      continue;
    }
    std::uint64_t index = 0;
    core::MetadataPair pair;
    RETURN_IF_ERROR(read_pair(reader.get_message(), index, pair));
    if (index >= records) return where_.error("names record {} of {}", index, records);
    if (index < last) return where_.error("of record {} comes after that of record {}", index, last);
    last = index;
    core::Record& record = batch_.records[first_record + index];
    if (record.metadata_count == 0) record.metadata_begin = static_cast<std::uint32_t>(batch_.metadata.size());
    ++record.metadata_count;
    batch_.metadata.push_back(pair);
  }
  return base::ok_status();
}

std::string_view PushReader::keep(std::string text) {
  if (kept_ == nullptr) kept_ = std::make_shared<std::vector<std::unique_ptr<std::string>>>();
  return *kept_->emplace_back(std::make_unique<std::string>(std::move(text)));
}

// Rare, so a record's metadata is copied to the end to make room for one more.
void PushReader::apply_arrival(std::uint32_t first_record) {
  for (std::size_t i = first_record; i < batch_.records.size(); ++i) {
    core::Record& record = batch_.records[i];
    if (record.time <= latest_) continue;
    const auto begin = static_cast<std::uint32_t>(batch_.metadata.size());
    for (std::uint32_t m = 0; m < record.metadata_count; ++m) {
      batch_.metadata.push_back(core::MetadataPair(batch_.metadata[record.metadata_begin + m]));
    }
    batch_.metadata.push_back({"original_timestamp", keep(rfc3339(record.time))});
    record.metadata_begin = begin;
    ++record.metadata_count;
    record.time = context_.arrival;
    record.flags =
        core::RecordFlags::make(record.flags.line_end(), core::TimeOrigin::kRead, record.flags.continuation());
  }
}

void PushReader::leave_out_refused(core::Slice& slice) {
  const std::uint64_t first = records_read_;
  records_read_ += slice.record_end - slice.record_begin;
  std::uint32_t out = slice.record_begin;
  for (std::uint32_t i = slice.record_begin; i < slice.record_end; ++i) {
    const std::uint64_t index = first + (i - slice.record_begin);
    while (!refused_.empty() && refused_.front() < index) refused_ = refused_.subspan(1);
    if (!refused_.empty() && refused_.front() == index) continue;
    if (out != i) batch_.records[out] = batch_.records[i];
    ++out;
  }
  batch_.records.resize(out);
  slice.record_end = out;
}

base::Status PushReader::read_slice(protozero::pbf_reader reader) {
  ASSIGN_OR_RETURN(const RawSlice raw, read_slice_fields(reader));
  RETURN_IF_ERROR(check_slice(raw));
  core::Slice slice;
  slice.source = static_cast<std::uint32_t>(raw.source);
  slice.begin = {raw.begin, raw.hash_begin};
  slice.end = {raw.end, raw.hash_end};
  slice.lost = raw.lost;
  slice.record_begin = static_cast<std::uint32_t>(batch_.records.size());
  RETURN_IF_ERROR(read_records(raw));
  slice.record_end = static_cast<std::uint32_t>(batch_.records.size());
  const std::uint32_t records = slice.record_end - slice.record_begin;
  if (raw.metadata_count > 0) RETURN_IF_ERROR(read_metadata(reader, records, slice.record_begin));
  apply_arrival(slice.record_begin);
  leave_out_refused(slice);
  batch_.slices.push_back(slice);
  return base::ok_status();
}

}  // namespace

base::StatusOr<core::RecordBatch> decode_push(std::shared_ptr<const std::string> body,
                                              const core::DecodeContext& context) {
  return PushReader(std::move(body), context).read();
}

}  // namespace cordwood::ingest::native
