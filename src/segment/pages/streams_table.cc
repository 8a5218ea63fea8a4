#include <limits>
#include <utility>

#include "base/hash_map.h"
#include "codec/byte_reader.h"
#include "codec/byte_writer.h"
#include "segment/pages/spans.h"
#include "segment/pages/tables.h"

namespace cordwood::segment::pages {

void append_streams(const std::vector<PartStream>& streams, const Summary& summary, std::string& out) {
  std::vector<std::string_view> names;
  base::StringMap<std::uint64_t> indexes;
  for (const PartStream& stream : streams) {
    for (const core::Label& label : stream.labels->all()) {
      if (indexes.emplace(label.name, names.size()).second) names.push_back(label.name);
    }
  }
  codec::ByteWriter writer(out);
  writer.varint(names.size());
  for (const std::string_view name : names) writer.sized_bytes(name);
  writer.varint(streams.size());
  for (const PartStream& stream : streams) {
    writer.varint(stream.labels->size());
    for (const core::Label& label : stream.labels->all()) {
      writer.varint(indexes.find(label.name)->second);
      writer.sized_bytes(label.value);
    }
    writer.varint(stream.records);
    writer.varint(stream.line_bytes);
    append_span(stream.times, summary.times.first, out);
  }
}

namespace {

base::StatusOr<std::vector<core::Label>> read_labels(codec::ByteReader& reader,
                                                     const std::vector<std::string_view>& names) {
  std::vector<core::Label> labels;
  ASSIGN_OR_RETURN(const std::uint64_t count, reader.varint_up_to(names.size(), "label count"));
  labels.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::uint64_t name, reader.varint_up_to(names.size() - 1, "name index"));
    ASSIGN_OR_RETURN(const std::string_view value, reader.sized_bytes(reader.left(), "label value"));
    if (!labels.empty() && names[name] <= labels.back().name) {
      return base::data_loss_error("offset={}: wanted=label names in order, found={} after {}", reader.offset(),
                                   names[name], labels.back().name);
    }
    labels.push_back({std::string(names[name]), std::string(value)});
  }
  return labels;
}

base::StatusOr<PartStream> read_stream(codec::ByteReader& reader, const std::vector<std::string_view>& names,
                                       const Summary& summary) {
  PartStream stream;
  ASSIGN_OR_RETURN(std::vector<core::Label> labels, read_labels(reader, names));
  stream.labels = std::make_shared<const core::Labels>(std::move(labels));
  stream.id = stream.labels->stream_id();
  ASSIGN_OR_RETURN(stream.records, reader.varint_up_to(summary.records, "records"));
  if (stream.records == 0) return reader.wrong("records", 1, 0);
  ASSIGN_OR_RETURN(stream.line_bytes, reader.varint_up_to(summary.line_bytes, "line bytes"));
  ASSIGN_OR_RETURN(stream.times, read_span(reader, summary.times));
  return stream;
}

}  // namespace

base::StatusOr<std::vector<PartStream>> read_streams(std::string_view bytes, const Summary& summary) {
  codec::ByteReader reader(bytes, kTableNames[static_cast<std::size_t>(TableKind::kStreams)]);
  // Every name and every stream takes at least a byte, so what is left bounds both counts.
  ASSIGN_OR_RETURN(const std::uint64_t name_count, reader.varint_up_to(reader.left(), "name count"));
  std::vector<std::string_view> names;
  for (std::uint64_t i = 0; i < name_count; ++i) {
    ASSIGN_OR_RETURN(const std::string_view name, reader.sized_bytes(reader.left(), "name"));
    names.push_back(name);
  }
  ASSIGN_OR_RETURN(const std::uint64_t count, reader.varint_up_to(reader.left(), "stream count"));
  if (count == 0 || count > std::numeric_limits<std::uint32_t>::max()) return reader.wrong("stream count", 1, count);
  std::vector<PartStream> streams;
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(PartStream stream, read_stream(reader, names, summary));
    if (!streams.empty() && *stream.labels <= *streams.back().labels) {
      return base::data_loss_error("offset={}: wanted=streams in order, found={} after {}", reader.offset(),
                                   stream.labels->to_text(), streams.back().labels->to_text());
    }
    records += stream.records;
    line_bytes += stream.line_bytes;
    streams.push_back(std::move(stream));
  }
  RETURN_IF_ERROR(reader.expect_end());
  if (records != summary.records) return reader.wrong("records of all streams", summary.records, records);
  if (line_bytes != summary.line_bytes)
    return reader.wrong("line bytes of all streams", summary.line_bytes, line_bytes);
  return streams;
}

}  // namespace cordwood::segment::pages
