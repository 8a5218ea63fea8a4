// `cordwood grep`: grep's options and habits over everything a server keeps.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/endpoint.h"
#include "client/grep_pattern.h"

namespace cordwood::client {

struct GrepOptions {
  std::vector<std::string> patterns;
  GrepPatternOptions pattern;
  std::vector<std::string> targets;        // `{selector}`, or globs: HOST, /FILE, HOST:/FILE; none = everything
  bool invert = false;                     // -v
  bool count = false;                      // -c
  bool files_with_matches = false;         // -l
  bool files_without_match = false;        // -L
  bool quiet = false;                      // -q
  bool no_messages = false;                // -s
  bool no_filename = false;                // -h
  bool line_number = false;                // -n
  bool only_matching = false;              // -o
  std::optional<std::uint64_t> max_count;  // -m, for each file
  std::uint64_t before = 0;                // -B
  std::uint64_t after = 0;                 // -A
  bool color = false;
  bool sort_by_time = false;
  std::optional<base::UnixNanos> from;
  std::optional<base::UnixNanos> to;
};

// grep's exit codes, with one more: nothing found, but not everything could be looked at.
inline constexpr int kGrepFound = 0;
inline constexpr int kGrepNotFound = 1;
inline constexpr int kGrepIncomplete = 2;
inline constexpr int kGrepError = 3;

// Prints to `out` and `messages`; gives the exit code. InvalidArgument for bad patterns and targets.
base::StatusOr<int> run_grep(Connection& connection, const GrepOptions& options, std::FILE* out, std::FILE* messages);

// The LogQL selector of one target: `{...}` as it is, else by host and file.
std::string selector_of_target(std::string_view target);
// `{selector} |~ "regex"`, or the literal filters when the pattern is plain text.
base::StatusOr<std::string> grep_query(const GrepOptions& options, std::string_view selector);

}  // namespace cordwood::client
