// How rows look on a terminal and in files.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "client/row_stream.h"

namespace cordwood::client {

enum class OutputFormat { kText, kRaw, kJson, kCsv };
base::StatusOr<OutputFormat> parse_output_format(std::string_view name);

enum class ColorMode { kAuto, kAlways, kNever };
// Whether to colour what goes to `file`: kAuto = a terminal, and NO_COLOR is not set.
bool use_color(ColorMode mode, std::FILE* file);

struct OutputOptions {
  OutputFormat format = OutputFormat::kText;
  bool utc = false;
  bool color = false;
};

// 2026-01-31T12:00:00.123456789+01:00; the zone is the process's, or Z with `utc`. `digits` of the fraction: 3 or 9.
std::string format_time(base::UnixNanos time, bool utc, int digits);
// RFC 3339, seconds or nanoseconds since the epoch, "now", or a local "2026-01-31 12:00[:00]".
base::StatusOr<base::UnixNanos> parse_time(std::string_view text, base::UnixNanos now);
// What stands for a host and a file in a stream's labels; "-" where there is none.
std::string_view host_of(const core::Labels& labels);
std::string file_of(const core::Labels& labels);

// Writes rows to a file, buffered until flush().
class RowPrinter {
 public:
  RowPrinter(std::FILE* out, OutputOptions options) : out_(out), options_(options) {}
  void print(const ClientRow& row);
  // After the last row. A last line without a newline in its file gets none in raw output either.
  void finish();
  void flush();

 private:
  void text_row(const ClientRow& row);
  void raw_row(const ClientRow& row);
  void json_row(const ClientRow& row);
  void csv_row(const ClientRow& row);

  std::FILE* out_;
  const OutputOptions options_;
  std::string buffer_;
  bool header_written_ = false;  // csv
  bool line_open_ = false;       // raw: the last piece had no newline
};

// Appends `line` without what would act on a terminal: control characters but tab become \xHH.
void append_safe(std::string& out, std::string_view line);

}  // namespace cordwood::client
