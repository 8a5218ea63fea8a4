#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>
#include <optional>

#include "app/client_options.h"
#include "app/command.h"
#include "app/program.h"
#include "client/grep.h"

namespace cordwood::app {
namespace {

struct GrepCommand {
  EndpointOptions endpoint;
  RangeOptions range;
  client::GrepOptions options;
  std::vector<std::string> pattern_options;  // -e
  std::vector<std::string> pattern_files;    // -f
  std::optional<std::string> first;          // the pattern, or with -e and -f the first target
  std::vector<std::string> targets;
  bool extended = false;
  bool fixed = false;
  bool basic = false;  // the default; named so that scripts may say it
  std::uint64_t context = 0;
  std::string color;
  bool color_given = false;
  std::string sort;
};

void split_lines(std::string_view text, std::vector<std::string>& out) {
  while (true) {
    const std::size_t end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

base::Status read_pattern_file(const std::string& path, std::vector<std::string>& out) {
  std::ifstream file(path);
  if (!file) return base::not_found_error("{}: cannot be read", path);
  for (std::string line; std::getline(file, line);) out.push_back(line);
  return base::ok_status();
}

base::Status prepare(GrepCommand& command) {
  client::GrepOptions& options = command.options;
  for (const std::string& pattern : command.pattern_options) split_lines(pattern, options.patterns);
  for (const std::string& path : command.pattern_files) RETURN_IF_ERROR(read_pattern_file(path, options.patterns));
  const bool has_pattern = !command.pattern_options.empty() || !command.pattern_files.empty();
  if (has_pattern) {
    if (command.first.has_value()) options.targets.push_back(*command.first);
  } else if (command.first.has_value()) {
    split_lines(*command.first, options.patterns);
  } else {
    return base::invalid_argument_error("no pattern; usage: cordwood grep [options] PATTERN [SELECTOR or globs]");
  }
  options.targets.insert(options.targets.end(), command.targets.begin(), command.targets.end());
  if (command.extended && command.fixed) return base::invalid_argument_error("-E and -F exclude each other");
  options.pattern.syntax = command.fixed      ? client::PatternSyntax::kFixed
                           : command.extended ? client::PatternSyntax::kExtended
                                              : client::PatternSyntax::kBasic;
  options.before = std::max(options.before, command.context);
  options.after = std::max(options.after, command.context);
  ASSIGN_OR_RETURN(const client::ColorMode mode, parse_color_mode(command.color));
  options.color = client::use_color(mode, stdout);
  if (!command.sort.empty() && command.sort != "time")
    return base::invalid_argument_error("--sort takes time, not '{}'", command.sort);
  options.sort_by_time = command.sort == "time";
  if (options.sort_by_time && (options.before > 0 || options.after > 0)) {
    return base::invalid_argument_error("-A, -B and -C are neighbours in the file and exclude --sort=time");
  }
  if (options.sort_by_time && (options.count || options.files_with_matches || options.files_without_match))
    options.sort_by_time = false;
  ASSIGN_OR_RETURN(const RangeOptions::Range range, command.range.resolve(""));
  options.from = range.from;
  options.to = range.to;
  return base::ok_status();
}

base::StatusOr<int> run(GrepCommand& command) {
  RETURN_IF_ERROR(prepare(command));
  client::Connection connection(command.endpoint.endpoint);
  return client::run_grep(connection, command.options, stdout, stderr);
}

// allow_extra_args(false): CLI11 would take a value `[a-z]` for a list and drop its brackets.
void add_flags(CLI::App& sub, GrepCommand& command) {
  client::GrepOptions& options = command.options;
  bool& ignore_case = options.pattern.ignore_case;
  sub.add_flag("-E,--extended-regexp", command.extended, "PATTERN is an extended regular expression");
  sub.add_flag("-F,--fixed-strings", command.fixed, "PATTERN is plain text");
  sub.add_flag("-G,--basic-regexp", command.basic, "PATTERN is a basic regular expression (the default)");
  sub.add_option("-e,--regexp", command.pattern_options, "a pattern; may be repeated")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  sub.add_option("-f,--file", command.pattern_files, "file with a pattern each line")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);
  sub.add_flag("-i,--ignore-case", ignore_case, "upper and lower case are the same");
  sub.add_flag("-v,--invert-match", options.invert, "select lines that do not match");
  sub.add_flag("-w,--word-regexp", options.pattern.whole_word, "match whole words");
  sub.add_flag("-x,--line-regexp", options.pattern.whole_line, "match whole lines");
  sub.add_flag("-c,--count", options.count, "print the number of lines for each file");
  sub.add_flag("-l,--files-with-matches", options.files_with_matches, "print names of files with a match");
  sub.add_flag("-L,--files-without-match", options.files_without_match, "print names of files without one");
  sub.add_flag("-q,--quiet,--silent", options.quiet, "print nothing; the exit code says it");
  sub.add_flag("-s,--no-messages", options.no_messages, "no messages about what could not be read");
  sub.add_flag("-h,--no-filename", options.no_filename, "lines without host and file");
  sub.add_flag_function(
      "-H,--with-filename", [&options](std::int64_t) { options.no_filename = false; },
      "lines with host and file (the default)");
  sub.add_flag("-n,--line-number", options.line_number, "with the number of the line in its file");
  sub.add_flag("-o,--only-matching", options.only_matching, "print only what matches, a line each");
  sub.add_option("-m,--max-count", options.max_count, "lines at most for each file");
  sub.add_option("-A,--after-context", options.after, "lines of the file after each");
  sub.add_option("-B,--before-context", options.before, "lines of the file before each");
  sub.add_option("-C,--context", command.context, "lines of the file before and after each");
  // Without a value it is auto: GNU grep's --color.
  sub.add_option("--color,--colour", command.color, "auto, always or never [auto]")->expected(0, 1);
  sub.add_option("--sort", command.sort, "time: merge all files by time instead of one file after the other");
}

}  // namespace

void add_grep_command(CLI::App& root, Action& action) {
  auto command = std::make_shared<GrepCommand>();
  CLI::App* sub = root.add_subcommand("grep", "grep over everything kept: HOST:FILE:LINE");
  sub->set_help_flag("--help", "print this help and exit");
  add_flags(*sub, *command);
  command->endpoint.add_to(*sub);
  command->range.add_to(*sub);
  sub->add_option("pattern", command->first, "PATTERN; the first target when -e or -f has one");
  sub->add_option("targets", command->targets, "a selector {..} or globs: HOST, /FILE, HOST:/FILE");
  sub->callback([command, &action] {
    action = [command] {
      const base::StatusOr<int> code = run(*command);
      if (code.ok()) return *code;
      print_error(code.status());
      return client::kGrepError;
    };
  });
}

}  // namespace cordwood::app
