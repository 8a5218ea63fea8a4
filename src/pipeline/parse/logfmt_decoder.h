// Key/value pairs of a logfmt line, with Loki's decoder's view of what is a pair, what is skipped and what is an error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cordwood::pipeline {

// One line at a time: reset, then next until done. Views point into the line, or into the decoder until the next call.
class LogfmtDecoder {
 public:
  void reset(std::string_view line) {
    line_ = line;
    at_ = 0;
    error_.clear();
  }
  bool done() const { return at_ >= line_.size(); }
  // True when a pair was read (the key may be empty at the end of a line that ends in white space). False after the
  // last pair and for a malformed one, which is stepped over; error() then tells why.
  bool next();
  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  // "logfmt syntax error at pos N : ..." of the last malformed pair, or "".
  const std::string& error() const { return error_; }

 private:
  bool fail(std::string_view message);
  bool unexpected(char c);
  bool check_key();
  bool scan_plain_value();
  bool scan_quoted_value();
  void skip_value();
  std::string_view line_;
  std::size_t at_ = 0;
  std::string_view key_;
  std::string_view value_;
  std::string unquoted_;
  std::string error_;
};

}  // namespace cordwood::pipeline
