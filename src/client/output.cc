#include "client/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>

#include "base/json_writer.h"

namespace cordwood::client {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::string_view kDim = "\x1b[2m", kHost = "\x1b[35m", kFile = "\x1b[36m", kReset = "\x1b[0m";

std::string encode_base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) out += j <= count ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

void write_labels(base::JsonWriter& json, const std::vector<core::Label>& labels) {
  json.begin_object();
  for (const core::Label& label : labels) json.key(label.name).string(label.value);
  json.end_object();
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

// The labels that host and file do not already say.
std::string other_labels(const core::Labels& labels) {
  std::vector<core::Label> rest;
  for (const core::Label& label : labels.all()) {
    if (label.name != "host" && label.name != "file" && label.name != "service_name") rest.push_back(label);
  }
  return core::Labels(std::move(rest)).to_text();
}

}  // namespace

base::StatusOr<OutputFormat> parse_output_format(std::string_view name) {
  if (name == "text") return OutputFormat::kText;
  if (name == "raw") return OutputFormat::kRaw;
  if (name == "json") return OutputFormat::kJson;
  if (name == "csv") return OutputFormat::kCsv;
  return base::invalid_argument_error("unknown output format '{}'; one of: text, raw, json, csv", name);
}

bool use_color(ColorMode mode, std::FILE* file) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') && isatty(fileno(file)) == 1 &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

std::string format_time(base::UnixNanos time, bool utc, int digits) {
  std::int64_t seconds = time.value / 1'000'000'000;
  std::int64_t nanos = time.value % 1'000'000'000;
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --seconds;
  }
  const std::time_t at = seconds;
  std::tm parts{};
  if (utc) {
    gmtime_r(&at, &parts);
  } else {
    localtime_r(&at, &parts);
  }
  const std::string fraction = fmt::format("{:09}", nanos).substr(0, static_cast<std::size_t>(digits));
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{}", parts.tm_year + 1900, parts.tm_mon + 1,
                                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, fraction);
  if (utc) return out + "Z";
  const long offset = parts.tm_gmtoff / 60;
  return out + fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', std::labs(offset) / 60, std::labs(offset) % 60);
}

base::StatusOr<base::UnixNanos> parse_time(std::string_view text, base::UnixNanos now) {
  if (text == "now") return now;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) {
    return base::UnixNanos{text.size() <= 10 ? number * 1'000'000'000 : number};
  }
  constexpr std::array<const char*, 7> kFormats = {
      "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M"};
  const std::string copy(text);
  for (const char* format : kFormats) {
    std::tm parts{};
    const std::time_t today = now.value / 1'000'000'000;
    localtime_r(&today, &parts);  // for a format without a date
    parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
    const char* rest = strptime(copy.c_str(), format, &parts);
    if (rest == nullptr) continue;
    std::int64_t nanos = 0;
    if (*rest == '.') {
      std::int64_t unit = 100'000'000;
      for (++rest; *rest >= '0' && *rest <= '9'; ++rest, unit /= 10) nanos += (*rest - '0') * unit;
    }
    parts.tm_isdst = -1;
    std::int64_t seconds = 0;
    int hours = 0, minutes = 0;
    if (*rest == '\0') {
      seconds = std::mktime(&parts);
    } else if (std::string_view(rest) == "Z") {
      seconds = timegm(&parts);
    } else if ((*rest == '+' || *rest == '-') && std::sscanf(rest + 1, "%2d:%2d", &hours, &minutes) == 2) {
      seconds = timegm(&parts) - (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    } else {
      continue;
    }
    return base::UnixNanos{seconds * 1'000'000'000 + nanos};
  }
  return base::invalid_argument_error("'{}' is not a time; write for example 2026-01-31T12:00:00 or 12:00:00", text);
}

std::string_view host_of(const core::Labels& labels) {
  const std::string_view host = labels.get("host");
  return host.empty() ? "-" : host;
}

std::string file_of(const core::Labels& labels) {
  for (const std::string_view name : {"file", "filename"}) {
    if (const std::string_view file = labels.get(name); !file.empty()) return std::string(file);
  }
  return other_labels(labels);
}

void append_safe(std::string& out, std::string_view line) {
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

void RowPrinter::print(const ClientRow& row) {
  switch (options_.format) {
    case OutputFormat::kText:
      text_row(row);
      break;
    case OutputFormat::kRaw:
      raw_row(row);
      break;
    case OutputFormat::kJson:
      json_row(row);
      break;
    case OutputFormat::kCsv:
      csv_row(row);
      break;
  }
  if (buffer_.size() >= kBufferBytes) flush();
}

void RowPrinter::text_row(const ClientRow& row) {
  const auto painted = [&](std::string_view color, std::string_view text) {
    if (options_.color) buffer_ += color;
    append_safe(buffer_, text);
    if (options_.color) buffer_ += kReset;
    buffer_ += ' ';
  };
  painted(kDim, format_time(row.time, options_.utc, 3));
  const std::string_view host = row.labels->get("host");
  if (!host.empty()) painted(kHost, host);
  painted(kFile, file_of(*row.labels));
  // Colours of the line itself are data: they are shown only where colours are.
  if (options_.color) {
    buffer_ += row.line;
    buffer_ += kReset;
  } else {
    append_safe(buffer_, row.line);
  }
  buffer_ += '\n';
}

void RowPrinter::raw_row(const ClientRow& row) {
  if (line_open_ && !row.continuation) buffer_ += '\n';
  buffer_ += row.line;
  line_open_ = row.end == core::LineEnd::kNone || row.end == core::LineEnd::kCut;
  if (row.end == core::LineEnd::kCrlf) buffer_ += '\r';
  if (!line_open_) buffer_ += '\n';
}

void RowPrinter::json_row(const ClientRow& row) {
  base::JsonWriter json(buffer_);
  json.begin_object().key("time").string(format_time(row.time, options_.utc, 9)).key("labels");
  write_labels(json, {row.labels->all().begin(), row.labels->all().end()});
  if (base::is_valid_utf8(row.line)) {
    json.key("line").string(row.line);
  } else {
    json.key("line_b64").string(encode_base64(row.line));
  }
  if (!row.metadata.empty()) write_labels(json.key("metadata"), row.metadata);
  if (!row.parsed.empty()) write_labels(json.key("parsed"), row.parsed);
  if (row.number.has_value()) json.key("line_number").number(*row.number).key("offset").number(row.offset);
  json.end_object();
  buffer_ += '\n';
}

void RowPrinter::csv_row(const ClientRow& row) {
  if (!header_written_) {
    buffer_ += "time,host,file,labels,line\r\n";
    header_written_ = true;
  }
  buffer_ +=
      fmt::format("{},{},{},{},{}\r\n", format_time(row.time, options_.utc, 9), csv_field(row.labels->get("host")),
                  csv_field(file_of(*row.labels)), csv_field(row.labels->to_text()), csv_field(row.line));
}

void RowPrinter::flush() {
  std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
  std::fflush(out_);
  buffer_.clear();
}

// A last line that its file did not end with a newline stays so: raw output gives the file back.
void RowPrinter::finish() {
  flush();
}

}  // namespace cordwood::client
