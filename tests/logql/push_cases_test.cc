// The conformance rows of Loki's push endpoint (kind push_request): bodies through the Api and its decoder, up to what
// the store would be given.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/api_world.h"
#include "codec/compress.h"
#include "logql/case_reader.h"

namespace cordwood::logql_cases {
namespace {

constexpr std::string_view kServiceName = "service_name";

std::string text_or_empty(const Row& row, std::string_view name) {
  return row.has(name) ? std::string(row.text(name)) : std::string();
}

// The body as it goes over the wire. `body_compressed_with` may differ from the header on purpose.
std::string wire_body(const Row& row) {
  const std::string body(row.text("body"));
  const std::string with = text_or_empty(row, "body_compressed_with");
  if (with == "gzip") return codec::compress(codec::Compression::kGzip, body);
  if (with == "deflate") return codec::compress(codec::Compression::kDeflate, body);
  if (with == "snappy") return codec::compress(codec::Compression::kSnappyBlock, body);
  return body;
}

// Rows run with discovery of service names say so; in the others the label that was added is left out.
std::string labels_text(const core::Labels& labels, bool with_service_name) {
  std::vector<core::Label> kept;
  for (const core::Label& label : labels.all()) {
    if (with_service_name || label.name != kServiceName) kept.push_back(label);
  }
  return core::Labels(std::move(kept)).to_text();
}

core::Labels labels_of(Json object) {
  std::vector<core::Label> labels;
  for (const auto [name, value] : simdjson::dom::object(object)) {
    labels.push_back({std::string(name), std::string(std::string_view(value))});
  }
  return core::Labels(std::move(labels));
}

std::string joined(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return fmt::format("{}", fmt::join(texts, " "));
}

std::string check_labels(const Row& row, const core::RecordBatch& batch) {
  const bool discover = row.has("discover_service_name") && row.boolean("discover_service_name");
  std::vector<std::string> want;
  std::vector<std::string> got;
  for (const Json labels : simdjson::dom::array(row.at("stream_labels"))) want.push_back(labels_of(labels).to_text());
  for (const core::BatchStream& stream : batch.streams) got.push_back(labels_text(*stream.labels, discover));
  return compare(joined(std::move(want)), joined(std::move(got)));
}

std::string entry_text(std::int64_t time, std::string_view line, core::Labels metadata) {
  return fmt::format("{} {} {}", time, line, metadata.to_text());
}

core::Labels metadata_of(const core::RecordBatch& batch, const core::Record& record) {
  std::vector<core::Label> labels;
  for (std::uint32_t i = 0; i < record.metadata_count; ++i) {
    const core::MetadataPair& pair = batch.metadata[record.metadata_begin + i];
    labels.push_back({std::string(pair.name), std::string(pair.value)});
  }
  return core::Labels(std::move(labels));
}

std::string check_streams(const Row& row, const core::RecordBatch& batch) {
  std::vector<std::string> want;
  std::vector<std::string> got;
  for (const Json stream : simdjson::dom::array(row.at("streams"))) {
    const std::string labels = labels_of(stream["labels"]).to_text();
    for (const Json entry : simdjson::dom::array(stream["entries"])) {
      const simdjson::dom::array parts(entry);
      const core::Labels metadata = parts.size() > 2 ? labels_of(parts.at(2)) : core::Labels();
      want.push_back(labels + entry_text(std::int64_t(parts.at(0)), std::string_view(parts.at(1)), metadata));
    }
  }
  for (const core::Record& record : batch.records) {
    got.push_back(labels_text(*batch.streams[record.stream].labels, false) +
                  entry_text(record.time.value, record.line, metadata_of(batch, record)));
  }
  return compare(joined(std::move(want)), joined(std::move(got)));
}

// Loki counts lines and structured metadata.
std::int64_t bytes_of(const core::RecordBatch& batch) {
  auto bytes = static_cast<std::int64_t>(batch.line_bytes());
  for (const core::MetadataPair& pair : batch.metadata) {
    bytes += static_cast<std::int64_t>(pair.name.size() + pair.value.size());
  }
  return bytes;
}

std::string check_push(const Row& row) {
  api::ApiWorld world;
  const api::Answer answer = world.ask("POST", row.text("path"), wire_body(row),
                                       {{"Content-Type", std::string(row.text("content_type"))},
                                        {"Content-Encoding", std::string(row.text("content_encoding"))}});
  const bool accepted = answer.status / 100 == 2;
  if (accepted != row.boolean("ok")) {
    return fmt::format("want ok={} got status {}: {}", row.boolean("ok"), answer.status, answer.body);
  }
  if (!accepted) return world.sink.appended.empty() ? std::string() : "refused, but something was stored";
  if (world.sink.appended.size() != 1) return fmt::format("stored {} bodies", world.sink.appended.size());
  const core::RecordBatch& batch = world.sink.appended[0].batch;
  if (row.has("lines") && row.integer("lines") != static_cast<std::int64_t>(batch.records.size())) {
    return fmt::format("want {} lines got {}", row.integer("lines"), batch.records.size());
  }
  if (row.has("bytes") && row.integer("bytes") != bytes_of(batch)) {
    return fmt::format("want {} bytes got {}", row.integer("bytes"), bytes_of(batch));
  }
  if (row.has("stream_labels")) {
    if (const std::string found = check_labels(row, batch); !found.empty()) return found;
  }
  return row.has("streams") ? check_streams(row, batch) : std::string();
}

}  // namespace

int run(int argc, char** argv) {
  CaseSuite suite;
  suite.add("push_request", check_push);
  return suite.run(argc, argv);
}

}  // namespace cordwood::logql_cases

int main(int argc, char** argv) {
  return cordwood::logql_cases::run(argc, argv);
}
