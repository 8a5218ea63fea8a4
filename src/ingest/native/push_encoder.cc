#include "ingest/native/push_encoder.h"

#include <protozero/varint.hpp>

#include <algorithm>

#include "base/check.h"
#include "ingest/native/source_fields.h"
#include "ingest/native/wire.h"

namespace cordwood::ingest::native {

namespace {

void append_varint(std::string& out, std::uint64_t value) {
  char bytes[protozero::max_varint_length];
  std::size_t n = 0;
  while (value >= 0x80) {
    bytes[n++] = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  bytes[n++] = static_cast<char>(value);
  out.append(bytes, n);
}

void add_source(protozero::pbf_writer& writer, const core::SourceInfo& source) {
  protozero::pbf_writer sub(writer, 4);
  add_hash(sub, 1, source.id.generation.value);
  sub.add_string(2, source.path);
  if (source.labels != nullptr) {
    for (const core::Label& label : source.labels->all()) {
      protozero::pbf_writer pair(sub, 3);
      pair.add_string(1, label.name);
      pair.add_string(2, label.value);
    }
  }
  for (const core::HeadHash& step : source.ladder) add_head_hash(sub, 4, step);
  sub.add_uint32(5, static_cast<std::uint32_t>(source.unit));
  sub.add_uint64(6, source.base.offset);
  add_hash(sub, 7, source.base.hash);
}

void add_slice(protozero::pbf_writer& sub, std::uint32_t source, const EncodedSlice& slice) {
  sub.add_uint32(1, source);
  sub.add_uint64(2, slice.begin.offset);
  sub.add_uint64(3, slice.end.offset);
  add_hash(sub, 4, slice.begin.hash);
  add_hash(sub, 5, slice.end.hash);
  sub.add_bool(6, slice.lost);
  sub.add_uint64(7, slice.first_line);
  if (slice.records == 0) return;
  sub.add_bytes(8, slice.text);
  sub.add_bytes(9, slice.line_bytes);
  sub.add_bytes(10, slice.offset_deltas);
  sub.add_bytes(11, slice.time_deltas);
  sub.add_bytes(12, slice.flags);
}

}  // namespace

void SliceBuilder::start(const core::Mark& begin, std::uint64_t first_line) {
  slice_ = EncodedSlice();
  slice_.begin = begin;
  slice_.first_line = first_line;
  last_offset_ = begin.offset;
  last_time_ = 0;
}

void SliceBuilder::add(std::string_view line, std::uint64_t offset, core::UnixNanos time, core::RecordFlags flags) {
  CHECK(offset >= last_offset_);
  slice_.text.append(line);
  append_varint(slice_.line_bytes, line.size());
  append_varint(slice_.offset_deltas, offset - last_offset_);
  // The difference of two times may overflow; it wraps, and the decoder's sum wraps back.
  const auto delta =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(time.value) - static_cast<std::uint64_t>(last_time_));
  append_varint(slice_.time_deltas, protozero::encode_zigzag64(delta));
  slice_.flags.push_back(static_cast<char>(flags.bits));
  last_offset_ = offset;
  last_time_ = time.value;
  ++slice_.records;
}

void SliceBuilder::add_metadata(std::string_view name, std::string_view value) {
  CHECK(slice_.records > 0);
  protozero::pbf_writer writer(slice_.metadata);
  protozero::pbf_writer sub(writer, 13);
  sub.add_uint32(1, slice_.records - 1);
  sub.add_string(2, name.data(), name.size());
  sub.add_string(3, value.data(), value.size());
}

EncodedSlice SliceBuilder::finish(const core::Mark& end) {
  slice_.end = end;
  return std::exchange(slice_, EncodedSlice());
}

EncodedSlice lost_slice(const core::Mark& begin, const core::Mark& end, std::uint64_t first_line) {
  EncodedSlice slice;
  slice.begin = begin;
  slice.end = end;
  slice.lost = true;
  slice.first_line = first_line;
  return slice;
}

std::string encode_push(const core::AgentId& agent, std::uint64_t epoch, std::string_view host,
                        std::span<const PushPart> parts) {
  std::string body;
  std::size_t bytes = 128 + host.size();
  for (const PushPart& part : parts) bytes += 512 + part.source->path.size() + part.slice->wire_bytes();
  body.reserve(bytes);
  protozero::pbf_writer writer(body);
  add_hash(writer, 1, agent.value);
  writer.add_uint64(2, epoch);
  writer.add_string(3, host.data(), host.size());
  for (const PushPart& part : parts) add_source(writer, *part.source);
  std::uint32_t index = 0;
  for (const PushPart& part : parts) {
    protozero::pbf_writer sub(writer, 5);
    add_slice(sub, index++, *part.slice);
    // Fields with their tags already, appended inside the submessage, whose length is written when it closes.
    body.append(part.slice->metadata);
  }
  return body;
}

std::string encode_push(const core::RecordBatch& batch) {
  std::vector<EncodedSlice> slices;
  std::vector<PushPart> parts;
  slices.reserve(batch.slices.size());
  SliceBuilder builder;
  for (const core::Slice& slice : batch.slices) {
    const std::uint64_t first_line =
        slice.record_begin < slice.record_end ? batch.records[slice.record_begin].line_number : 1;
    builder.start(slice.begin, first_line);
    for (std::uint32_t i = slice.record_begin; i < slice.record_end; ++i) {
      const core::Record& record = batch.records[i];
      builder.add(record.line, record.offset, record.time, record.flags);
      for (std::uint32_t m = 0; m < record.metadata_count; ++m) {
        const core::MetadataPair& pair = batch.metadata[record.metadata_begin + m];
        builder.add_metadata(pair.name, pair.value);
      }
    }
    slices.push_back(builder.finish(slice.end));
    slices.back().lost = slice.lost;
    parts.push_back({&batch.sources[slice.source], &slices.back()});
  }
  const std::string_view host = batch.sources.empty() ? std::string_view() : batch.sources[0].id.host;
  return encode_push(batch.agent, batch.agent_epoch, host, parts);
}

}  // namespace cordwood::ingest::native
