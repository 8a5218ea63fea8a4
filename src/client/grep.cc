#include "client/grep.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <chrono>
#include <deque>
#include <set>

#include "client/output.h"
#include "client/row_stream.h"
#include "client/series.h"
#include "core/labels.h"

namespace cordwood::client {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

// What one file's lines have done so far; files come one after the other.
struct FileState {
  core::SharedLabels labels;
  std::uint64_t selected = 0;  // lines, for -c and -m
};

class Grep {
 public:
  Grep(Connection& connection, const GrepOptions& options, std::FILE* out, std::FILE* messages)
      : connection_(connection), options_(options), out_(out), messages_(messages) {}

  base::StatusOr<int> run() {
    RETURN_IF_ERROR(compile());
    std::vector<std::string> selectors;
    for (const std::string& target : options_.targets) selectors.push_back(selector_of_target(target));
    if (selectors.empty()) selectors.push_back("{host=~\".+\"}");
    for (const std::string& selector : selectors) {
      RETURN_IF_ERROR(search(selector));
      if (options_.quiet && found_) break;
    }
    flush();
    return exit_code(selectors);
  }

 private:
  base::Status compile() {
    ASSIGN_OR_RETURN(const std::string regex, translate_grep_patterns(options_.patterns, options_.pattern));
    GrepPatternOptions bare = options_.pattern;
    bare.whole_word = false;  // what -o and --color show is the word, not what stands around it
    ASSIGN_OR_RETURN(const std::string shown, translate_grep_patterns(options_.patterns, bare));
    RE2::Options re2_options(RE2::Quiet);
    re2_options.set_longest_match(true);
    re2_options.set_dot_nl(false);
    filter_ = std::make_unique<RE2>(regex, re2_options);
    shown_ = std::make_unique<RE2>("(" + shown + ")", re2_options);
    if (!filter_->ok()) return base::invalid_argument_error("pattern: {}", filter_->error());
    return base::ok_status();
  }

  base::Status search(const std::string& selector) {
    if (options_.before > 0 || options_.after > 0) return search_with_context(selector);
    ASSIGN_OR_RETURN(const std::string query, grep_query(options_, selector));
    RETURN_IF_ERROR(run_query(query, [this](const ClientRow& row) { return take(row); }));
    end_file();
    if (options_.files_without_match || options_.count) return list_files_without_match(selector);
    return base::ok_status();
  }

  base::Status run_query(const std::string& query, const std::function<bool(const ClientRow&)>& on_row) {
    RowQueryOptions request;
    request.query = query;
    request.start = options_.from;
    request.end = options_.to;
    request.forward = true;
    request.source_order = !options_.sort_by_time;
    if (options_.quiet) request.limit = 1;
    RowCallbacks callbacks;
    callbacks.row = on_row;
    ASSIGN_OR_RETURN(const QueryEnd end, run_row_query(connection_, request, callbacks));
    for (const std::string& text : end.unreadable) unreadable_.push_back(text);
    if (!end.error.empty()) unreadable_.push_back(end.error);
    if (end.coverage.has_value() && !end.coverage->complete) incomplete_ = end.coverage;
    return base::ok_status();
  }

  // A selected line, without context.
  bool take(const ClientRow& row) {
    found_ = true;
    if (options_.quiet) return false;
    if (!options_.sort_by_time && (file_.labels == nullptr || *file_.labels != *row.labels)) {
      end_file();
      file_ = {row.labels, 0};
    }
    if (options_.sort_by_time) file_.labels = row.labels;
    matched_files_.insert(row.labels->to_text());
    ++file_.selected;
    if (options_.max_count.has_value() && file_.selected > *options_.max_count) {
      file_.selected = *options_.max_count;
      return true;
    }
    if (options_.count || options_.files_with_matches || options_.files_without_match) return true;
    print_line(row, ':');
    return true;
  }

  void end_file() {
    if (file_.labels == nullptr) return;
    if (options_.count) {
      append_prefix(*file_.labels, ':');
      buffer_ += fmt::format("{}\n", file_.selected);
    } else if (options_.files_with_matches) {
      append_name(*file_.labels);
      buffer_ += '\n';
    }
    file_ = {};
    if (buffer_.size() >= kBufferBytes) flush();
  }

  base::Status list_files_without_match(const std::string& selector) {
    ASSIGN_OR_RETURN(const std::vector<core::Labels> all,
                     list_series(connection_, selector, options_.from, options_.to));
    for (const core::Labels& labels : all) {
      if (matched_files_.contains(labels.to_text())) continue;
      if (options_.count) {
        append_prefix(labels, ':');
        buffer_ += "0\n";
      } else {
        append_name(labels);
        buffer_ += '\n';
        listed_ = true;
      }
    }
    return base::ok_status();
  }

  // Neighbours are those of the file, so the files with a match are read whole, one after the other, and cut here.
  base::Status search_with_context(const std::string& selector) {
    ASSIGN_OR_RETURN(const std::string query, grep_query(options_, selector));
    std::vector<core::Labels> files;
    RETURN_IF_ERROR(run_query(query, [&](const ClientRow& row) {
      found_ = true;
      if (files.empty() || files.back() != *row.labels) files.push_back(*row.labels);
      return !options_.quiet;
    }));
    if (options_.quiet) return base::ok_status();
    bool first_group = true;
    for (const core::Labels& labels : files) {
      ContextState state;
      state.first_group = first_group;
      RETURN_IF_ERROR(run_query(labels.to_text(), [&](const ClientRow& row) { return context_row(row, state); }));
      first_group = state.first_group;
    }
    return base::ok_status();
  }

  struct ContextState {
    std::deque<ClientRow> before;
    std::uint64_t after_left = 0;
    std::uint64_t selected = 0;
    std::uint64_t row = 0;
    std::uint64_t next_unprinted = 0;  // row after the last one printed
    bool first_group = true;
  };

  bool context_row(const ClientRow& row, ContextState& state) {
    const std::uint64_t index = state.row++;
    const bool matches =
        RE2::PartialMatch(re2::StringPiece(row.line.data(), row.line.size()), *filter_) != options_.invert;
    const bool full = options_.max_count.has_value() && state.selected >= *options_.max_count;
    if (matches && !full) {
      ++state.selected;
      const std::uint64_t from = index - state.before.size();
      if (from > state.next_unprinted || (state.next_unprinted == 0 && !state.first_group)) {
        if (!state.first_group) buffer_ += options_.color ? "\x1b[36m--\x1b[0m\n" : "--\n";
      }
      state.first_group = false;
      for (const ClientRow& earlier : state.before) print_line(earlier, '-');
      state.before.clear();
      print_line(row, ':');
      state.next_unprinted = index + 1;
      state.after_left = options_.after;
      return true;
    }
    if (state.after_left > 0) {
      --state.after_left;
      print_line(row, '-');
      state.next_unprinted = index + 1;
      return true;
    }
    if (full) return false;
    if (options_.before > 0) {
      state.before.push_back(row);
      if (state.before.size() > options_.before) state.before.pop_front();
    }
    return true;
  }

  void append_name(const core::Labels& labels) {
    if (options_.color) buffer_ += "\x1b[35m";
    append_safe(buffer_, host_of(labels));
    buffer_ += ':';
    append_safe(buffer_, file_of(labels));
    if (options_.color) buffer_ += "\x1b[0m";
  }

  void append_separator(char separator) {
    if (options_.color) buffer_ += "\x1b[36m";
    buffer_ += separator;
    if (options_.color) buffer_ += "\x1b[0m";
  }

  void append_prefix(const core::Labels& labels, char separator) {
    if (options_.no_filename) return;
    append_name(labels);
    append_separator(separator);
  }

  void append_line_prefix(const ClientRow& row, char separator) {
    append_prefix(*row.labels, separator);
    if (!options_.line_number) return;
    if (options_.color) buffer_ += "\x1b[32m";
    buffer_ += row.number.has_value() ? fmt::format("{}", *row.number) : "-";
    if (options_.color) buffer_ += "\x1b[0m";
    append_separator(separator);
  }

  void print_line(const ClientRow& row, char separator) {
    if (options_.only_matching) {
      if (separator == ':' && !options_.invert) print_matches(row);
    } else {
      append_line_prefix(row, separator);
      append_highlighted(row.line, separator == ':' && !options_.invert);
      buffer_ += row.end == core::LineEnd::kCrlf ? "\r\n" : "\n";
    }
    if (buffer_.size() >= kBufferBytes) flush();
  }

  // Calls `visit` with each non-empty match, from left to right, the longest at each place.
  template <typename Visit>
  void for_each_match(std::string_view line, Visit visit) {
    std::size_t at = 0;
    re2::StringPiece match;
    const re2::StringPiece text(line.data(), line.size());
    while (at <= line.size() && shown_->Match(text, at, line.size(), RE2::UNANCHORED, &match, 1)) {
      const auto begin = static_cast<std::size_t>(match.data() - line.data());
      if (match.empty()) {
        at = begin + 1;
        continue;
      }
      at = begin + match.size();
      if (!options_.pattern.whole_word || is_word(line, begin, at)) visit(begin, at);
    }
  }

  static bool is_word(std::string_view line, std::size_t begin, std::size_t end) {
    const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    return (begin == 0 || !word(line[begin - 1])) && (end == line.size() || !word(line[end]));
  }

  void print_matches(const ClientRow& row) {
    for_each_match(row.line, [&](std::size_t begin, std::size_t end) {
      append_line_prefix(row, ':');
      if (options_.color) buffer_ += "\x1b[1;31m";
      buffer_ += std::string_view(row.line).substr(begin, end - begin);
      if (options_.color) buffer_ += "\x1b[0m";
      buffer_ += '\n';
    });
  }

  void append_highlighted(std::string_view line, bool selected) {
    if (!options_.color || !selected) {
      buffer_ += line;
      return;
    }
    std::size_t at = 0;
    for_each_match(line, [&](std::size_t begin, std::size_t end) {
      buffer_ += line.substr(at, begin - at);
      buffer_ += "\x1b[1;31m";
      buffer_ += line.substr(begin, end - begin);
      buffer_ += "\x1b[0m";
      at = end;
    });
    buffer_ += line.substr(at);
  }

  void flush() {
    std::fwrite(buffer_.data(), 1, buffer_.size(), out_);
    std::fflush(out_);
    buffer_.clear();
  }

  base::StatusOr<int> exit_code(const std::vector<std::string>& selectors) {
    for (const std::string& text : unreadable_) {
      if (!options_.no_messages) std::fprintf(messages_, "cordwood: not complete: %s\n", text.c_str());
    }
    if (incomplete_.has_value() && incomplete_->matched && !options_.no_messages && !options_.quiet) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      const base::UnixNanos time{std::chrono::duration_cast<base::nanoseconds>(now).count()};
      std::fprintf(messages_, "cordwood: %s\n", describe(*incomplete_, time, false).c_str());
    }
    if (options_.files_without_match ? listed_ : found_) return kGrepFound;
    if (!unreadable_.empty()) return kGrepIncomplete;
    for (const std::string& selector : selectors) {
      ASSIGN_OR_RETURN(const std::vector<core::Labels> series,
                       list_series(connection_, selector, options_.from, options_.to));
      if (!series.empty()) continue;
      if (!options_.no_messages) {
        std::fprintf(messages_, "cordwood: no stream matches %s%s; see: cordwood labels\n", selector.c_str(),
                     options_.from.has_value() || options_.to.has_value() ? " in this range" : "");
      }
      return kGrepIncomplete;
    }
    return incomplete_.has_value() ? kGrepIncomplete : kGrepNotFound;
  }

  Connection& connection_;
  const GrepOptions& options_;
  std::FILE* out_;
  std::FILE* messages_;
  std::unique_ptr<RE2> filter_;
  std::unique_ptr<RE2> shown_;
  std::string buffer_;
  FileState file_;
  std::set<std::string> matched_files_;  // label texts
  std::vector<std::string> unreadable_;
  std::optional<CoverageNote> incomplete_;  // of the last query whose answer may miss something
  bool found_ = false;
  bool listed_ = false;  // -L
};

std::string regex_matcher(std::string_view name, std::string_view glob) {
  std::string out = fmt::format("{}=~", name);
  core::append_go_quoted(out, glob_to_regex(glob));
  return out;
}

}  // namespace

std::string selector_of_target(std::string_view target) {
  if (target.starts_with('{')) return std::string(target);
  const std::size_t colon = target.find(':');
  if (colon != std::string_view::npos) {
    const std::string host = colon == 0 ? "host=~\".+\"" : regex_matcher("host", target.substr(0, colon));
    const std::string_view file = target.substr(colon + 1);
    return "{" + host + (file.empty() ? "" : ", " + regex_matcher("file", file)) + "}";
  }
  if (target.find('/') != std::string_view::npos) return "{" + regex_matcher("file", target) + "}";
  return "{" + regex_matcher("host", target) + "}";
}

base::StatusOr<std::string> grep_query(const GrepOptions& options, std::string_view selector) {
  std::string query(selector);
  const GrepPatternOptions& pattern = options.pattern;
  const bool plain =
      pattern.syntax == PatternSyntax::kFixed && !pattern.ignore_case && !pattern.whole_word && !pattern.whole_line;
  if (plain && !options.patterns.empty()) {
    query += options.invert ? " != " : " |= ";
    for (std::size_t i = 0; i < options.patterns.size(); ++i) {
      if (i > 0) query += " or ";
      core::append_go_quoted(query, options.patterns[i]);
    }
    return query;
  }
  ASSIGN_OR_RETURN(const std::string regex, translate_grep_patterns(options.patterns, pattern));
  query += options.invert ? " !~ " : " |~ ";
  core::append_go_quoted(query, regex);
  return query;
}

base::StatusOr<int> run_grep(Connection& connection, const GrepOptions& options, std::FILE* out, std::FILE* messages) {
  return Grep(connection, options, out, messages).run();
}

}  // namespace cordwood::client
