#include "corpora/corpus_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/check.h"

namespace cordwood::corpora {
namespace {

constexpr std::size_t kKeysMax = 40;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// What stands before `":` or `=`.
void add_keys(std::string_view line, std::vector<std::string>& keys) {
  for (std::size_t i = 1; i < line.size(); ++i) {
    if (line[i] != '=' && !(line[i] == ':' && line[i - 1] == '"')) continue;
    std::size_t end = line[i] == '=' ? i : i - 1;
    std::size_t begin = end;
    while (begin > 0 && (is_word(line[begin - 1]) || line[begin - 1] == '.')) --begin;
    const std::string key(line.substr(begin, end - begin));
    if (key.empty() || std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    keys.push_back(key);
    if (keys.size() == kKeysMax) return;
  }
}

std::string label_of(std::string key) {
  std::replace(key.begin(), key.end(), '.', '_');
  if (std::isdigit(static_cast<unsigned char>(key[0])) != 0) key.insert(0, "_");
  return key;
}

}  // namespace

CorpusQueries::CorpusQueries(const std::vector<std::string>& lines, std::uint64_t seed) : lines_(lines), random_(seed) {
  CHECK(std::any_of(lines.begin(), lines.end(), [](const std::string& line) { return !line.empty(); }));
  for (std::size_t i = 0; i < 20 && keys_.size() < kKeysMax; ++i) add_keys(lines[below(lines.size())], keys_);
  keys_.insert(keys_.end(), {"level", "msg", "nothing"});
  for (const std::string& key : keys_) labels_.push_back(label_of(key));
  json_ = lines[lines.size() / 2].starts_with("{");
}

std::string CorpusQueries::piece(std::size_t bytes_max) {
  while (true) {
    const std::string& line = lines_[below(lines_.size())];
    if (line.empty()) continue;
    std::string text = line.substr(below(line.size()), 1 + below(bytes_max));
    // What is not ASCII needs escapes that only cost readability here.
    std::erase_if(text, [](char c) { return c < ' ' || c > '~'; });
    if (!text.empty()) return text;
  }
}

std::string CorpusQueries::needle() {
  std::string text = piece(below(10) == 0 ? 90 : 16);
  if (below(4) == 0) text[below(text.size())] = "0a1 =-:/x"[below(9)];
  if (below(8) == 0) text += static_cast<char>('0' + below(10));
  return text;
}

std::string CorpusQueries::quoted(std::string_view text) const {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A needle with some of it left open.
std::string CorpusQueries::regex() {
  std::string out = below(3) == 0 ? "(?i)" : "";
  for (const char c : needle()) {
    if (below(12) == 0) {
      out += pick({".*", ".", "[0-9]+", "(a|b)?", "\\w*", "[^ ]"});
    } else if (is_word(c) || c == ' ') {
      out += below(20) == 0 ? fmt::format("{}?", c) : std::string(1, c);
    } else {
      out += fmt::format("\\{}", c);
    }
  }
  if (below(8) == 0) out += "|" + pick({"error", "INFO", "x[0-9]z"});
  return out;
}

std::string CorpusQueries::filter() {
  switch (below(10)) {
    case 0:
    case 1:
      return " |~ " + quoted(regex());
    case 2:
      return " !~ " + quoted(regex());
    case 3:
      return " != " + quoted(needle());
    case 4:
      return fmt::format(" |= {} or {}", quoted(needle()), quoted(needle()));
    case 5:
      return pick({R"( |= ip("10.0.0.0/8"))", R"( |> "<_> error <_>")", R"( !> "<_>:<_>")", R"( |= "INFO")"});
    default:
      return " |= " + quoted(needle());
  }
}

std::string CorpusQueries::parser() {
  const std::string key = pick(keys_);
  switch (below(10)) {
    case 0:
      return fmt::format(" | logfmt {}={}", label_of(key), quoted(label_of(key)));
    case 1:
      return pick({" | logfmt --strict", " | logfmt --keep-empty", " | unpack"});
    case 2:
      return pick({R"( | pattern "<a> <b> <_>")", R"( | pattern "<_>[<a>]<b>")", R"( | pattern "<a>:<b>")"});
    case 3:
      return pick({R"x( | regexp "(?P<a>[a-z]+) (?P<b>[0-9]+)")x", R"x( | regexp "^(?P<a>[^ ]+)")x"});
    case 4:
      return fmt::format(" | json a={}", quoted(label_of(key)));
    default:
      return json_ != (below(6) == 0) ? " | json" : " | logfmt";
  }
}

std::string CorpusQueries::label_filter() {
  const std::string label = below(5) == 0 ? pick({"a", "b", "job", "__error__"}) : pick(labels_);
  switch (below(6)) {
    case 0:
      return fmt::format(" | {} {} {}", label, pick({">", "<=", "==", "!="}), below(500));
    case 1:
      return fmt::format(" | {} =~ {}", label, quoted(".*" + std::to_string(below(10)) + ".*"));
    case 2:
      return fmt::format(" | {} > {}", label, pick({"10ms", "1s", "1KB"}));
    case 3:
      return fmt::format(" | {} != \"\"", label);
    case 4:
      return " | __error__ = \"\"";
    default:
      return fmt::format(" | {} {} {}", label, pick({"=", "!="}), quoted(piece(4)));
  }
}

std::string CorpusQueries::grouping() {
  switch (below(4)) {
    case 0:
      return "";
    case 1:
      return fmt::format(" by ({}, {})", pick(labels_), pick(labels_));
    case 2:
      return fmt::format(" by ({})", below(3) == 0 ? pick({"a", "b", "job"}) : pick(labels_));
    default:
      return below(3) == 0 ? fmt::format(" without ({})", pick(labels_)) : " by ()";
  }
}

std::string CorpusQueries::log() {
  std::string text = R"({job="corpus"})";
  for (std::uint64_t i = below(3) + (below(4) == 0 ? 0 : 1); i > 0; --i) text += filter();
  if (below(3) == 0) text += parser();
  if (below(4) == 0) text += label_filter();
  if (below(12) == 0) text += pick({R"( | line_format "{{.job}} {{.a}}")", " | drop job", " | decolorize"}) + filter();
  return text;
}

std::string CorpusQueries::metric() {
  const std::string window = pick({"[10m]", "[7m]", "[20m]", "[1h]"});
  std::string stages;
  for (std::uint64_t i = below(3); i > 0; --i) stages += filter();
  const bool parses = below(4) != 0;
  if (parses) stages += parser();
  for (std::uint64_t i = parses ? below(3) : 0; i > 0; --i) stages += label_filter();
  const std::string log = R"({job="corpus"})" + stages;
  switch (below(6)) {
    case 0:
      return fmt::format("{}({} {})", pick({"count_over_time", "rate", "bytes_over_time", "absent_over_time"}), log,
                         window);
    case 1:
      return fmt::format("quantile_over_time(0.{}, {} | unwrap {} | __error__=\"\" {}){}", below(10), log,
                         pick(labels_), window, grouping());
    case 2:
      return fmt::format("{}({} | unwrap {} | __error__=\"\" {}){}",
                         pick({"avg_over_time", "max_over_time", "stddev_over_time", "first_over_time"}), log,
                         pick(labels_), window, grouping());
    case 3:
      return fmt::format("topk({}, sum{} (count_over_time({} {})))", 1 + below(4), grouping(), log, window);
    default:
      return fmt::format("sum{} ({}({} {}))", grouping(), pick({"count_over_time", "rate", "bytes_over_time"}), log,
                         window);
  }
}

}  // namespace cordwood::corpora
