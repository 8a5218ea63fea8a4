#include "ingest/loki/protobuf.h"

#include <protozero/pbf_reader.hpp>

#include "base/time.h"

namespace cordwood::ingest::loki {
namespace {

using protozero::pbf_reader;

std::string_view view_of(protozero::data_view data) {
  return {data.data(), data.size()};
}

base::UnixNanos read_timestamp(pbf_reader message) {
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        seconds = message.get_int64();
        break;
      case 2:
        nanos = message.get_int32();
        break;
      default:
        message.skip();
    }
  }
  std::int64_t result = 0;
  if (__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &result)) {
    return seconds < 0 ? base::UnixNanos::min() : base::UnixNanos::max();
  }
  return {base::saturating_add(result, nanos)};
}

core::MetadataPair read_pair(pbf_reader message) {
  core::MetadataPair pair;
  while (message.next()) {
    switch (message.tag()) {
      case 1:
        pair.name = view_of(message.get_view());
        break;
      case 2:
        pair.value = view_of(message.get_view());
        break;
      default:
        message.skip();
    }
  }
  return pair;
}

class PushReader {
 public:
  PushReader(StreamLabels& labels, bool add_service_name, RecordFilter& filter, core::RecordBatch& batch)
      : labels_(labels), add_service_name_(add_service_name), filter_(filter), batch_(batch) {}

  void read(pbf_reader push) {
    while (push.next()) {
      if (push.tag() == 1) {
        read_stream(push.get_message());
      } else {
        push.skip();
      }
    }
  }

 private:
  // The labels may follow the entries on the wire, so they are looked up in a first walk.
  void read_stream(pbf_reader stream) {
    std::string_view text;
    pbf_reader first = stream;
    while (first.next()) {
      if (first.tag() == 1) {
        text = view_of(first.get_view());
      } else {
        first.skip();
      }
    }
    base::StatusOr<core::BatchStream> found = labels_.from_text(text, add_service_name_);
    if (found.ok()) {
      filter_.begin_stream(*found->labels, text);
      batch_.streams.push_back(*std::move(found));
    } else {
      filter_.begin_refused_stream(std::string(base::message_of(found.status())));
      batch_.streams.push_back({std::make_shared<const core::Labels>(), {}});
    }
    while (stream.next()) {
      if (stream.tag() == 2) {
        read_entry(stream.get_message());
      } else {
        stream.skip();
      }
    }
  }

  void read_entry(pbf_reader entry) {
    core::Record record;
    record.stream = static_cast<std::uint32_t>(batch_.streams.size() - 1);
    record.metadata_begin = static_cast<std::uint32_t>(batch_.metadata.size());
    std::size_t metadata_bytes = 0;
    while (entry.next()) {
      switch (entry.tag()) {
        case 1:
          record.time = read_timestamp(entry.get_message());
          break;
        case 2:
          record.line = view_of(entry.get_view());
          break;
        case 3: {
          const core::MetadataPair pair = read_pair(entry.get_message());
          metadata_bytes += pair.name.size() + pair.value.size();
          batch_.metadata.push_back(pair);
          break;
        }
        default:
          entry.skip();
      }
    }
    record.metadata_count = static_cast<std::uint32_t>(batch_.metadata.size()) - record.metadata_begin;
    if (filter_.keep(record.time, record.line.size(), record.metadata_count, metadata_bytes)) {
      batch_.records.push_back(record);
    } else {
      batch_.metadata.resize(record.metadata_begin);
    }
  }

  StreamLabels& labels_;
  const bool add_service_name_;
  RecordFilter& filter_;
  core::RecordBatch& batch_;
};

}  // namespace

base::Status decode_protobuf(std::string_view body, StreamLabels& labels, bool add_service_name, RecordFilter& filter,
                             core::RecordBatch& batch) {
  pbf_reader reader(body.data(), body.size());
  try {
    PushReader(labels, add_service_name, filter, batch).read(reader);
  } catch (const protozero::exception& e) {
    const std::size_t rest = reader.length();
    return base::invalid_argument_error(
        "malformed protobuf push body: {} in or before the stream that ends at offset {}", e.what(),
        body.size() - rest);
  }
  return base::ok_status();
}

}  // namespace cordwood::ingest::loki
