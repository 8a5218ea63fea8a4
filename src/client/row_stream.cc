#include "client/row_stream.h"

#include <simdjson.h>

#include <charconv>

#include "client/json_members.h"

namespace cordwood::client {
namespace {

// One `rows` event holds a bounded page, but a single row may be a line of line_bytes_max with its escapes.
constexpr std::size_t kEventBytesMax = 512 << 20;

std::string_view text_of(simdjson::simdjson_result<dom::element> value) {
  std::string_view text;
  return value.get(text) == simdjson::SUCCESS ? text : std::string_view();
}
std::vector<core::Label> labels_of(dom::object object, std::string_view key) {
  std::vector<core::Label> labels;
  dom::object pairs;
  if (object[key].get(pairs) != simdjson::SUCCESS) return labels;
  for (const auto& [name, value] : pairs)
    labels.push_back(
        {std::string(name), std::string(text_of(simdjson::simdjson_result<dom::element>(dom::element(value))))});
  return labels;
}

core::LineEnd line_end_of(std::string_view text) {
  if (text == "crlf") return core::LineEnd::kCrlf;
  if (text == "none") return core::LineEnd::kNone;
  if (text == "cut") return core::LineEnd::kCut;
  return core::LineEnd::kLf;
}

base::StatusOr<ClientRow> row_of(dom::object object, const std::map<std::uint64_t, core::SharedLabels>& streams) {
  ClientRow row;
  const std::string_view time = text_of(object["ts"]);
  std::from_chars(time.data(), time.data() + time.size(), row.time.value);
  const auto stream = streams.find(number_of(object, "stream"));
  if (stream == streams.end()) return base::invalid_argument_error("the server sent a row of an undeclared stream");
  row.labels = stream->second;
  std::string_view line;
  if (object["line"].get(line) == simdjson::SUCCESS) {
    row.line = std::string(line);
  } else {
    std::optional<std::string> bytes = decode_base64(text_of(object["line_b64"]));
    if (!bytes.has_value()) return base::invalid_argument_error("the server sent a row without a line");
    row.line = *std::move(bytes);
  }
  row.metadata = labels_of(object, "meta");
  row.parsed = labels_of(object, "parsed");
  row.generation = std::string(text_of(object["generation"]));
  row.offset = number_of(object, "offset");
  std::uint64_t number = 0;
  if (object["n"].get(number) == simdjson::SUCCESS) row.number = number;
  row.end = line_end_of(text_of(object["end"]));
  bool continuation = false;
  row.continuation = object["continuation"].get(continuation) == simdjson::SUCCESS && continuation;
  return row;
}

QueryEnd end_of(dom::object event) {
  QueryEnd end;
  end.rows = number_of(event, "rows");
  dom::object stats;
  if (event["stats"].get(stats) == simdjson::SUCCESS) {
    end.bytes = number_of(stats, "bytes");
    double ms = 0;
    if (stats["exec_ms"].get(ms) == simdjson::SUCCESS) end.exec_ms = ms;
  }
  dom::array unreadable;
  if (event["unreadable"].get(unreadable) == simdjson::SUCCESS) {
    for (dom::element element : unreadable)
      end.unreadable.emplace_back(text_of(simdjson::simdjson_result<dom::element>(dom::element(element))));
  }
  std::string_view error;
  if (event["error"].get(error) == simdjson::SUCCESS) end.error = std::string(error);
  return end;
}

}  // namespace

struct EventReader::Parser {
  dom::parser parser;
};

EventReader::EventReader(const RowCallbacks& callbacks) : callbacks_(callbacks), parser_(std::make_unique<Parser>()) {}
EventReader::~EventReader() = default;

base::StatusOr<bool> EventReader::feed(std::string_view data) {
  while (true) {
    const std::size_t newline = data.find('\n');
    if (newline == std::string_view::npos) break;
    const std::string_view tail = data.substr(0, newline);
    data.remove_prefix(newline + 1);
    bool go_on = true;
    if (buffer_.empty()) {
      ASSIGN_OR_RETURN(go_on, handle(tail));
    } else {
      buffer_ += tail;
      ASSIGN_OR_RETURN(go_on, handle(buffer_));
      buffer_.clear();
    }
    if (!go_on) return false;
  }
  if (buffer_.size() + data.size() > kEventBytesMax)
    return base::resource_exhausted_error("the server sent an event over {} bytes", kEventBytesMax);
  buffer_ += data;
  return true;
}

base::StatusOr<bool> EventReader::handle(std::string_view text) {
  if (text.empty()) return true;
  dom::object event;
  if (parser_->parser.parse(text).get(event) != simdjson::SUCCESS) {
    return base::invalid_argument_error("the server sent what is not an event: {}", text.substr(0, 100));
  }
  std::string_view kind;
  if (event["event"].get(kind) != simdjson::SUCCESS)
    return base::invalid_argument_error("the server sent an event without a kind");
  if (kind == "stream") {
    streams_[number_of(event, "stream")] = std::make_shared<const core::Labels>(labels_of(event, "labels"));
  } else if (kind == "rows") {
    dom::array rows;
    if (event["rows"].get(rows) != simdjson::SUCCESS)
      return base::invalid_argument_error("the server sent a rows event without rows");
    for (dom::element element : rows) {
      dom::object object;
      if (element.get(object) != simdjson::SUCCESS) continue;
      ASSIGN_OR_RETURN(const ClientRow row, row_of(object, streams_));
      if (!callbacks_.row(row)) return false;
    }
    std::string_view cursor;
    if (event["cursor"].get(cursor) == simdjson::SUCCESS) cursor_ = std::string(cursor);
    if (callbacks_.batch_end) callbacks_.batch_end();
  } else if (kind == "progress") {
    if (callbacks_.progress)
      callbacks_.progress({number_of(event, "bytes"), number_of(event, "lines"), number_of(event, "rows")});
  } else if (kind == "coverage") {
    dom::element coverage;
    if (event["coverage"].get(coverage) != simdjson::SUCCESS)
      return base::invalid_argument_error("the server sent a coverage event without coverage");
    ASSIGN_OR_RETURN(coverage_, parse_coverage(simdjson::minify(coverage)));
  } else if (kind == "end") {
    end_ = end_of(event);
    end_->coverage = coverage_;
  }
  return true;
}

base::StatusOr<QueryEnd> run_row_query(Connection& connection, const RowQueryOptions& options,
                                       const RowCallbacks& callbacks, std::string* cursor_out) {
  io::HttpParams parameters = {{"query", options.query},
                               {"direction", options.forward ? "forward" : "backward"},
                               {"order", options.source_order ? "source" : "time"},
                               {"start", std::to_string(options.start.has_value() ? options.start->value : 0)}};
  if (options.end.has_value()) parameters.emplace_back("end", std::to_string(options.end->value));
  if (options.limit.has_value()) parameters.emplace_back("limit", std::to_string(*options.limit));
  if (!options.cursor.empty()) parameters.emplace_back("cursor", options.cursor);
  EventReader reader(callbacks);
  base::Status failure;
  bool stopped = false;
  const base::Status status = connection.stream("/api/v1/query", parameters, [&](std::string_view data) {
    base::StatusOr<bool> go_on = reader.feed(data);
    if (!go_on.ok()) failure = go_on.status();
    stopped = go_on.ok() && !*go_on;
    return go_on.ok() && *go_on;
  });
  if (cursor_out != nullptr && !reader.cursor().empty()) *cursor_out = reader.cursor();
  RETURN_IF_ERROR(failure);
  if (stopped) return reader.end().value_or(QueryEnd{});
  RETURN_IF_ERROR(status);
  if (!reader.end().has_value()) return base::unavailable_error("the answer was broken off; ask again");
  return *reader.end();
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  return out;
}

}  // namespace cordwood::client
