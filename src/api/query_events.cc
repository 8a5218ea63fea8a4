#include "api/query_events.h"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "api/base64.h"
#include "api/query_cursor.h"
#include "base/json_writer.h"

namespace cordwood::api {
namespace {

using base::JsonWriter;

void write_labels(JsonWriter& json, std::span<const core::Label> labels) {
  json.begin_object();
  for (const core::Label& label : labels) json.key(label.name).string(label.value);
  json.end_object();
}

std::string_view name_of(core::LineEnd end) {
  switch (end) {
    case core::LineEnd::kLf:
      return {};
    case core::LineEnd::kCrlf:
      return "crlf";
    case core::LineEnd::kNone:
      return "none";
    case core::LineEnd::kCut:
      return "cut";
  }
  return {};
}

std::string_view name_of(core::TimeOrigin origin) {
  switch (origin) {
    case core::TimeOrigin::kSender:
      return {};
    case core::TimeOrigin::kParsed:
      return "parsed";
    case core::TimeOrigin::kInherited:
      return "inherited";
    case core::TimeOrigin::kRead:
      return "read";
  }
  return {};
}

void write_line(JsonWriter& json, std::string_view line) {
  if (base::is_valid_utf8(line)) {
    json.key("line").string(line);
    return;
  }
  std::string coded;
  append_base64(coded, line);
  json.key("line_b64").string(coded);
}

}  // namespace

std::optional<std::uint32_t> QueryEvents::number_of(const core::Row& row, bool rows_open, std::string& out) {
  const auto known = declared_.find(row.position.stream);
  const bool is_new = known == declared_.end();
  if (!is_new && (known->second.labels == row.stream_labels || *known->second.labels == *row.stream_labels)) {
    return known->second.number;
  }
  const bool full = is_new && declared_.size() >= kStreamsMax;
  // Declaring a number anew would give rows before it other labels.
  if (rows_open && (full || !is_new)) return std::nullopt;
  if (full) declared_.clear();
  Declared& entry = declared_[row.position.stream];
  if (is_new) entry.number = static_cast<std::uint32_t>(declared_.size() - 1);
  entry.labels = row.stream_labels;
  JsonWriter json(out);
  json.begin_object().key("event").string("stream").key("stream").number(std::uint64_t{entry.number}).key("labels");
  write_labels(json, entry.labels->all());
  json.end_object();
  out += '\n';
  return entry.number;
}

void QueryEvents::append_row(std::string& out, const core::Row& row, std::uint32_t stream) const {
  JsonWriter json(out);
  json.begin_object().key("ts").string(fmt::format_int(row.position.time.value).c_str());
  json.key("stream").number(std::uint64_t{stream});
  write_line(json, row.line);
  if (!row.structured_metadata.empty()) {
    json.key("meta");
    write_labels(json, row.structured_metadata);
  }
  if (!row.parsed.empty()) {
    json.key("parsed");
    write_labels(json, row.parsed);
  }
  json.key("generation").string(base::to_hex(row.position.generation.value));
  json.key("offset").number(row.position.offset);
  if (row.named) json.key("n").number(row.line_number);
  if (const std::string_view end = name_of(row.flags.line_end()); !end.empty()) json.key("end").string(end);
  if (row.flags.continuation()) json.key("continuation").boolean(true);
  if (const std::string_view time = name_of(row.flags.time_origin()); !time.empty()) json.key("time").string(time);
  json.end_object();
}

void QueryEvents::close_rows(std::string& out, std::string& rows_text, const core::Row& last) const {
  if (rows_text.empty()) return;
  out += "{\"event\":\"rows\",\"rows\":[";
  out += rows_text;
  out += ']';
  if (with_cursor_) {
    out += ",\"cursor\":\"";
    out += encode_cursor({direction_, last.position});
    out += '"';
  }
  out += "}\n";
  rows_text.clear();
}

std::size_t QueryEvents::append_rows(std::string& out, const std::vector<core::Row>& rows, std::size_t begin,
                                     std::size_t bytes_max) {
  std::string rows_text;
  std::size_t i = begin;
  for (; i < rows.size() && out.size() + rows_text.size() < bytes_max; ++i) {
    std::optional<std::uint32_t> stream = number_of(rows[i], !rows_text.empty(), out);
    if (!stream) {
      close_rows(out, rows_text, rows[i - 1]);
      stream = number_of(rows[i], false, out);
    }
    if (!rows_text.empty()) rows_text += ',';
    append_row(rows_text, rows[i], *stream);
    ++rows_sent_;
  }
  if (i > begin) close_rows(out, rows_text, rows[i - 1]);
  return i;
}

void QueryEvents::append_coverage(std::string& out, std::string_view coverage) const {
  base::JsonWriter json(out);
  json.begin_object().key("event").string("coverage").key("coverage").raw(coverage).end_object();
  out += '\n';
}

void QueryEvents::append_progress(std::string& out, const core::QueryStats& stats) const {
  JsonWriter json(out);
  json.begin_object().key("event").string("progress").key("bytes").number(stats.bytes_processed);
  json.key("lines").number(stats.lines_processed).key("rows").number(rows_sent_).end_object();
  out += '\n';
}

void QueryEvents::append_end(std::string& out, const core::QueryStats& stats, const base::Status& error) const {
  JsonWriter json(out);
  json.begin_object().key("event").string("end").key("rows").number(rows_sent_);
  json.key("stats").begin_object();
  json.key("bytes").number(stats.bytes_processed).key("lines").number(stats.lines_processed);
  json.key("matched").number(stats.lines_matched).key("parts").number(stats.parts_total);
  json.key("parts_skipped").number(stats.parts_skipped).key("blocks").number(stats.blocks_read);
  json.key("exec_ms").number(static_cast<double>(stats.exec_time.count()) * 1e-6).end_object();
  if (!stats.unreadable.empty()) {
    json.key("unreadable").begin_array();
    for (const std::string& part : stats.unreadable) json.string(part);
    json.end_array();
  }
  if (!error.ok()) json.key("partial").boolean(true).key("error").string(base::message_of(error));
  json.end_object();
  out += '\n';
}

}  // namespace cordwood::api
