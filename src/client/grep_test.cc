#include "client/grep.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <sstream>

#include "client/output.h"
#include "client/row_stream.h"

namespace cordwood::client {
namespace {

bool matches(const std::string& regex, const std::string& line) {
  return RE2::PartialMatch(line, RE2(regex, RE2::Quiet));
}

std::string translate(const std::string& pattern, PatternSyntax syntax = PatternSyntax::kBasic) {
  GrepPatternOptions options;
  options.syntax = syntax;
  const auto regex = translate_grep_patterns({pattern}, options);
  return regex.ok() ? *regex : "error: " + std::string(base::message_of(regex.status()));
}

TEST(GrepPattern, BasicAndExtendedOperators) {
  EXPECT_EQ(translate("a+b"), "a\\+b");
  EXPECT_EQ(translate("a\\+b"), "a+b");
  EXPECT_EQ(translate("a+b", PatternSyntax::kExtended), "a+b");
  EXPECT_EQ(translate("\\(a\\|b\\)*"), "(?:a|b)*");
  EXPECT_EQ(translate("*a"), "\\*a");
  EXPECT_EQ(translate("^*a"), "^\\*a");
  EXPECT_EQ(translate("a^b$c"), "a\\^b\\$c");
  EXPECT_EQ(translate("a\\{2,3\\}"), "a{2,3}");
  EXPECT_EQ(translate("[]a]"), "[\\]a]");
  EXPECT_EQ(translate("[[:digit:]_-]"), "[[:digit:]_-]");
  EXPECT_EQ(translate("a.b", PatternSyntax::kFixed), "a\\.b");
}

TEST(GrepPattern, Errors) {
  for (const char* bad : {"\\(", "\\)", "[a", "[[:nope:]]", "a\\{x\\}", "\\(a\\)\\1", "a\\"}) {
    EXPECT_EQ(translate(bad).substr(0, 6), "error:") << bad;
  }
  EXPECT_NE(translate("\\(a\\)\\1").find("back-reference"), std::string::npos);
}

// The grep of the system says what a pattern means; lines and patterns are drawn from a small alphabet so that they
// meet.
class SystemGrep {
 public:
  SystemGrep() : path_(testing::TempDir() + "/grep_lines") {
    std::ofstream file(path_);
    std::mt19937 random(7);
    const std::string alphabet = "aab01_ .*+[](){}^$|\\-x";
    for (int i = 0; i < 300; ++i) {
      std::string line;
      for (std::size_t n = random() % 8; n > 0; --n) line += alphabet[random() % alphabet.size()];
      lines_.push_back(line);
      file << line << "\n";
    }
  }
  // Numbers of selected lines, or nullopt when grep refuses the pattern.
  std::optional<std::string> run(const std::string& flags, const std::string& pattern) const {
    std::string quoted;
    for (const char c : pattern) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    const std::string command = "LC_ALL=C grep -n " + flags + " -e '" + quoted + "' " + path_ +
                                " 2>/dev/null | cut -d: -f1; exit ${PIPESTATUS[0]}";
    std::FILE* pipe = popen(("bash -c \"" + escape(command) + "\"").c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer{};
    while (const std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) out.append(buffer.data(), n);
    const int status = pclose(pipe);
    if (WEXITSTATUS(status) > 1) return std::nullopt;
    return out;
  }
  std::string ours(const std::string& regex) const {
    const RE2 re(regex, RE2::Quiet);
    std::string out;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (re.ok() && RE2::PartialMatch(lines_[i], re)) out += std::to_string(i + 1) + "\n";
    }
    return out;
  }

 private:
  static std::string escape(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == '"' || c == '\\' || c == '$' || c == '`') out += '\\';
      out += c;
    }
    return out;
  }
  std::string path_;
  std::vector<std::string> lines_;
};

TEST(GrepPattern, SelectsTheLinesThatGrepSelects) {
  const SystemGrep grep;
  if (!grep.run("-G", "a").has_value()) GTEST_SKIP() << "no grep here";
  std::mt19937 random(11);
  const std::array<std::string, 24> pieces = {"a",    "b",           "0",   ".",   "*",   "^",   "$",          "\\+",
                                              "+",    "?",           "\\?", "\\(", "\\)", "(",   ")",          "[ab]",
                                              "[^a]", "[[:digit:]]", "\\|", "|",   "x",   "\\.", "a\\{1,2\\}", "_"};
  struct Mode {
    const char* flag;
    PatternSyntax syntax;
  };
  constexpr std::array<Mode, 2> kModes = {{{"-G", PatternSyntax::kBasic}, {"-E", PatternSyntax::kExtended}}};
  int compared = 0;
  for (int i = 0; i < 250; ++i) {
    std::string pattern;
    for (std::size_t n = 1 + random() % 4; n > 0; --n) pattern += pieces[random() % pieces.size()];
    for (const Mode& mode : kModes) {
      GrepPatternOptions options;
      options.syntax = mode.syntax;
      options.whole_line = random() % 4 == 0;
      options.ignore_case = random() % 4 == 0;
      const auto expected = grep.run(
          std::string(mode.flag) + (options.whole_line ? " -x" : "") + (options.ignore_case ? " -i" : ""), pattern);
      const auto regex = translate_grep_patterns({pattern}, options);
      if (!expected.has_value() || !regex.ok()) continue;  // what only one of the two refuses is not a wrong answer
      // "a**", "a+*": POSIX leaves stacked repetitions undefined and RE2 refuses some of them.
      if (!RE2(*regex, RE2::Quiet).ok()) continue;
      EXPECT_EQ(grep.ours(*regex), *expected) << mode.flag << " '" << pattern << "' as " << *regex;
      ++compared;
    }
  }
  EXPECT_GT(compared, 250);
}

TEST(GrepPattern, WholeWords) {
  GrepPatternOptions options;
  options.whole_word = true;
  const std::string regex = *translate_grep_patterns({"err"}, options);
  EXPECT_TRUE(matches(regex, "an err here"));
  EXPECT_TRUE(matches(regex, "err"));
  EXPECT_TRUE(matches(regex, "(err)"));
  EXPECT_FALSE(matches(regex, "errors"));
  EXPECT_FALSE(matches(regex, "my_err"));
}

TEST(GrepPattern, SeveralAndNone) {
  EXPECT_TRUE(matches(*translate_grep_patterns({"x", "b*c"}, {}), "ac"));
  EXPECT_FALSE(matches(*translate_grep_patterns({}, {}), "anything"));
  EXPECT_TRUE(matches(*translate_grep_patterns({""}, {}), ""));
}

TEST(GrepTarget, SelectorsAndGlobs) {
  EXPECT_EQ(selector_of_target("{a=\"b\"}"), "{a=\"b\"}");
  EXPECT_EQ(selector_of_target("web-*"), "{host=~\"web-.*\"}");
  EXPECT_EQ(selector_of_target("/var/log/*.log"), "{file=~\"/var/log/.*\\\\.log\"}");
  EXPECT_EQ(selector_of_target("db?:/x/[ab].log"), "{host=~\"db.\", file=~\"/x/[ab]\\\\.log\"}");
}

TEST(GrepQuery, LiteralsBecomeLiteralFilters) {
  GrepOptions options;
  options.patterns = {"a\"b", "c"};
  options.pattern.syntax = PatternSyntax::kFixed;
  EXPECT_EQ(*grep_query(options, "{x=\"y\"}"), "{x=\"y\"} |= \"a\\\"b\" or \"c\"");
  options.invert = true;
  options.pattern.ignore_case = true;
  EXPECT_EQ(*grep_query(options, "{x=\"y\"}"), "{x=\"y\"} !~ \"(?i)(?:a\\\"b)|(?:c)\"");
}

TEST(EventReader, RowsInPieces) {
  std::vector<ClientRow> rows;
  RowCallbacks callbacks;
  callbacks.row = [&](const ClientRow& row) {
    rows.push_back(row);
    return true;
  };
  EventReader reader(callbacks);
  const std::string body =
      "{\"event\":\"stream\",\"stream\":3,\"labels\":{\"host\":\"h\",\"file\":\"/f\"}}\n"
      "{\"event\":\"unknown\",\"x\":1}\n"
      "{\"event\":\"rows\",\"rows\":[{\"ts\":\"1700000000000000001\",\"stream\":3,\"line\":\"a\\u0000b\",\"n\":7,"
      "\"offset\":12,\"generation\":\"00\"},"
      "{\"ts\":\"2\",\"stream\":3,\"line_b64\":\"/w==\",\"end\":\"crlf\",\"meta\":{\"k\":\"v\"}}],\"cursor\":\"c1\"}\n"
      "{\"event\":\"end\",\"rows\":2,\"stats\":{\"bytes\":9,\"exec_ms\":1.5},\"unreadable\":[\"part x\"]}\n";
  for (std::size_t i = 0; i < body.size(); i += 7) {
    const auto go_on = reader.feed(std::string_view(body).substr(i, 7));
    ASSERT_TRUE(go_on.ok() && *go_on) << go_on.status();
  }
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].time.value, 1'700'000'000'000'000'001);
  EXPECT_EQ(rows[0].line, std::string("a\0b", 3));
  EXPECT_EQ(*rows[0].number, 7U);
  EXPECT_EQ(rows[1].line, "\xff");
  EXPECT_EQ(rows[1].end, core::LineEnd::kCrlf);
  EXPECT_EQ(rows[1].metadata[0].value, "v");
  EXPECT_EQ(reader.cursor(), "c1");
  ASSERT_TRUE(reader.end().has_value());
  EXPECT_EQ(reader.end()->unreadable[0], "part x");
}

TEST(EventReader, RefusesWhatIsNoEvent) {
  RowCallbacks callbacks;
  callbacks.row = [](const ClientRow&) { return true; };
  for (const char* bad : {"<html>\n", "{\"event\":\"rows\",\"rows\":[{\"stream\":1,\"line\":\"x\"}]}\n", "{}\n"}) {
    EventReader reader(callbacks);
    EXPECT_FALSE(reader.feed(bad).ok()) << bad;
  }
}

TEST(Base64, ReadsWhatIsWellFormed) {
  EXPECT_EQ(*decode_base64("aGVsbG8="), "hello");
  EXPECT_EQ(*decode_base64(""), "");
  EXPECT_FALSE(decode_base64("a").has_value());
  EXPECT_FALSE(decode_base64("a*==").has_value());
}

std::string printed(OutputFormat format, const std::vector<ClientRow>& rows) {
  std::FILE* file = std::tmpfile();
  RowPrinter printer(file, {format, true, false});
  for (const ClientRow& row : rows) printer.print(row);
  printer.finish();
  std::string out(static_cast<std::size_t>(std::ftell(file)), '\0');
  std::rewind(file);
  out.resize(std::fread(out.data(), 1, out.size(), file));
  std::fclose(file);
  return out;
}

TEST(RowPrinter, Formats) {
  ClientRow row;
  row.time = {1'700'000'000'123'456'789};
  row.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{{"host", "web-1"}, {"file", "/a.log"}});
  row.line = "x\x1b[31m,\"y\"";
  EXPECT_EQ(printed(OutputFormat::kText, {row}), "2023-11-14T22:13:20.123Z web-1 /a.log x\\x1b[31m,\"y\"\n");
  EXPECT_EQ(printed(OutputFormat::kRaw, {row}), "x\x1b[31m,\"y\"\n");
  EXPECT_EQ(printed(OutputFormat::kJson, {row}),
            "{\"time\":\"2023-11-14T22:13:20.123456789Z\",\"labels\":{\"file\":\"/"
            "a.log\",\"host\":\"web-1\"},\"line\":\"x\\u001b[31m,\\\"y\\\"\"}\n");
  EXPECT_EQ(printed(OutputFormat::kCsv, {row}).substr(0, 29), "time,host,file,labels,line\r\n2");
}

TEST(RowPrinter, RawGivesTheFileBack) {
  ClientRow row;
  row.labels = std::make_shared<const core::Labels>();
  std::vector<ClientRow> rows(4, row);
  rows[0].line = "one";
  rows[0].end = core::LineEnd::kCrlf;
  rows[1].line = "long ";
  rows[1].end = core::LineEnd::kCut;
  rows[2].line = "line";
  rows[2].continuation = true;
  rows[3].line = "last";
  rows[3].end = core::LineEnd::kNone;
  EXPECT_EQ(printed(OutputFormat::kRaw, rows), "one\r\nlong line\nlast");
}

TEST(ParseTime, Forms) {
  const base::UnixNanos now{1'700'000'000'000'000'000};
  EXPECT_EQ(parse_time("2023-11-14T22:13:20Z", now)->value, now.value);
  EXPECT_EQ(parse_time("2023-11-14T23:13:20.5+01:00", now)->value, now.value + 500'000'000);
  EXPECT_EQ(parse_time("1700000000", now)->value, now.value);
  EXPECT_EQ(parse_time("1700000000000000001", now)->value, now.value + 1);
  EXPECT_EQ(parse_time("now", now)->value, now.value);
  EXPECT_FALSE(parse_time("yesterday", now).ok());
}

}  // namespace
}  // namespace cordwood::client
