#include "ingest/loki/json.h"

#include <simdjson.h>

#include <charconv>
#include <optional>

#include "ingest/loki/rfc3339.h"

namespace cordwood::ingest::loki {
namespace {

namespace ondemand = simdjson::ondemand;

class PushReader {
 public:
  PushReader(StreamLabels& labels, bool add_service_name, RecordFilter& filter, core::RecordBatch& batch)
      : labels_(labels), add_service_name_(add_service_name), filter_(filter), batch_(batch) {}

  // Exceptions of simdjson are caught by the caller.
  void read(ondemand::document& document) {
    for (auto field : document.get_object()) {
      if (field.key() == "streams") {
        for (auto stream : field.value().get_array()) read_stream(stream.get_object());
      }
    }
    // Past the last token there is no location; anything else is text after the object.
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
      throw simdjson::simdjson_error(simdjson::TAPE_ERROR);
    }
  }

 private:
  // simdjson reads forward only, and "values" may come before "stream": so the stream is walked twice. Its keys are
  // compared raw: unescaping them twice could run over the parser's string buffer, which is sized for once.
  void read_stream(ondemand::object stream) {
    bool has_labels = false;
    for (auto field : stream) {
      const ondemand::raw_json_string name = field.key();
      if (name == "stream") {
        begin_stream(labels_.from_pairs(read_pairs(field.value().get_object()), add_service_name_));
        has_labels = true;
      } else if (name == "labels") {
        const std::string text(std::string_view(field.value().get_string()));
        begin_stream(labels_.from_text(text, add_service_name_));
        has_labels = true;
      }
    }
    if (!has_labels) begin_stream(labels_.from_pairs({}, false));
    stream.reset();
    for (auto field : stream) {
      const ondemand::raw_json_string name = field.key();
      if (name == "values") {
        for (auto entry : field.value().get_array()) read_value(entry.get_array());
      } else if (name == "entries") {
        for (auto entry : field.value().get_array()) read_legacy_entry(entry.get_object());
      }
    }
  }

  std::vector<core::Label> read_pairs(ondemand::object object) {
    std::vector<core::Label> pairs;
    for (auto field : object) {
      core::Label label;
      label.name = std::string(std::string_view(field.unescaped_key()));
      ondemand::value value = field.value();
      if (value.type() == ondemand::json_type::string) {
        label.value = std::string(std::string_view(value.get_string()));
      } else {
        // Loki tolerates other values and keeps their text.
        label.value = raw_text(value);
      }
      pairs.push_back(std::move(label));
    }
    return pairs;
  }

  static std::string raw_text(ondemand::value value) {
    std::string_view text = simdjson::to_json_string(value);
    while (!text.empty() && std::string_view(" \t\r\n").find(text.back()) != std::string_view::npos)
      text.remove_suffix(1);
    return std::string(text);
  }

  void begin_stream(base::StatusOr<core::BatchStream> found) {
    if (found.ok()) {
      filter_.begin_stream(*found->labels, found->labels->to_text());
      batch_.streams.push_back(*std::move(found));
    } else {
      filter_.begin_refused_stream(std::string(base::message_of(found.status())));
      batch_.streams.push_back({std::make_shared<const core::Labels>(), {}});
    }
  }

  void read_value(ondemand::array entry) {
    core::Record record = new_record();
    std::size_t index = 0;
    for (auto element : entry) {
      if (index == 0) {
        record.time = parse_nanos(element.get_string());
      } else if (index == 1) {
        record.line = element.get_string();
      } else if (index == 2) {
        read_metadata(element.get_object());
      }
      ++index;
    }
    if (index < 2) throw simdjson::simdjson_error(simdjson::INDEX_OUT_OF_BOUNDS);
    finish(record);
  }

  void read_legacy_entry(ondemand::object entry) {
    core::Record record = new_record();
    for (auto field : entry) {
      const ondemand::raw_json_string name = field.key();
      if (name == "ts" || name == "timestamp") {
        const std::optional<base::UnixNanos> time = parse_rfc3339(field.value().get_string());
        if (!time.has_value()) throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
        record.time = *time;
      } else if (name == "line") {
        record.line = field.value().get_string();
      } else if (name == "structuredMetadata") {
        read_metadata(field.value().get_object());
      }
    }
    finish(record);
  }

  core::Record new_record() const {
    core::Record record;
    record.stream = static_cast<std::uint32_t>(batch_.streams.size() - 1);
    record.metadata_begin = static_cast<std::uint32_t>(batch_.metadata.size());
    return record;
  }

  void read_metadata(ondemand::object object) {
    for (auto field : object) {
      core::MetadataPair pair;
      pair.name = field.unescaped_key();
      pair.value = field.value().get_string();
      batch_.metadata.push_back(pair);
    }
  }

  void finish(core::Record& record) {
    record.metadata_count = static_cast<std::uint32_t>(batch_.metadata.size()) - record.metadata_begin;
    std::size_t metadata_bytes = 0;
    for (std::size_t i = record.metadata_begin; i < batch_.metadata.size(); ++i) {
      metadata_bytes += batch_.metadata[i].name.size() + batch_.metadata[i].value.size();
    }
    if (filter_.keep(record.time, record.line.size(), record.metadata_count, metadata_bytes)) {
      batch_.records.push_back(record);
    } else {
      batch_.metadata.resize(record.metadata_begin);
    }
  }

  static base::UnixNanos parse_nanos(std::string_view text) {
    base::UnixNanos time;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time.value);
    if (error != std::errc() || end != text.data() + text.size())
      throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
    return time;
  }

  StreamLabels& labels_;
  const bool add_service_name_;
  RecordFilter& filter_;
  core::RecordBatch& batch_;
};

}  // namespace

base::Status decode_json(std::shared_ptr<const std::string> body, StreamLabels& labels, bool add_service_name,
                         RecordFilter& filter, core::RecordBatch& batch) {
  // The parser's own buffer holds the unescaped strings, and the padded copy is what it reads: both live as long as the
  // batch.
  struct Memory {
    simdjson::padded_string text;
    ondemand::parser parser;
  };
  auto memory = std::make_shared<Memory>();
  memory->text = simdjson::padded_string(std::string_view(*body));
  batch.buffers.push_back(memory);
  ondemand::document document;
  bool iterating = false;  // before, the document has no location to ask for
  try {
    document = memory->parser.iterate(memory->text);
    iterating = true;
    PushReader(labels, add_service_name, filter, batch).read(document);
  } catch (const simdjson::simdjson_error& e) {
    const char* location = nullptr;
    std::size_t offset = 0;
    if (iterating && document.current_location().get(location) == simdjson::SUCCESS &&
        location >= memory->text.data()) {
      offset = static_cast<std::size_t>(location - memory->text.data());
    }
    return base::invalid_argument_error("malformed JSON push body: {} at offset {}", e.what(), offset);
  }
  return base::ok_status();
}

}  // namespace cordwood::ingest::loki
