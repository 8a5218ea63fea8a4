// Files are read in a sitting and functions fit on a screen. What is longer stands in exemptions.txt with its length
// and may only shrink.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "layers/function_lengths.h"
#include "layers/source_text.h"

namespace cordwood::layers {
namespace {

constexpr std::size_t kFileLinesMax = 600;
constexpr std::size_t kFunctionLinesMax = 70;

using Lengths = std::map<std::string, std::size_t>;  // path, or path:function -> lines

Lengths read_exemptions() {
  Lengths exemptions;
  std::ifstream in(repository_root() / "tests/layers/exemptions.txt");
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    std::string what;
    std::size_t lines = 0;
    words >> what >> lines;
    exemptions[what] = lines;
  }
  return exemptions;
}

// Sentences about what is too long and not exempt, has grown, or has shrunk without the list following.
std::vector<std::string> check_lengths(const Lengths& too_long, const Lengths& exemptions) {
  std::vector<std::string> faults;
  for (const auto& [what, lines] : too_long) {
    const auto exempt = exemptions.find(what);
    const std::string now = what + " " + std::to_string(lines);
    if (exempt == exemptions.end()) {
      faults.push_back(now + ": too long; split it by noun");
    } else if (lines > exempt->second) {
      faults.push_back(now + ": has grown from " + std::to_string(exempt->second));
    } else if (lines < exempt->second) {
      faults.push_back(now + ": has shrunk; write that into exemptions.txt");
    }
  }
  for (const auto& [what, lines] : exemptions) {
    if (!too_long.contains(what)) faults.push_back(what + ": needs no exemption any more");
  }
  return faults;
}

Lengths too_long_of_repository() {
  Lengths too_long;
  for (const char* folder : {"src", "tests", "fuzz", "bench"}) {
    for (const SourceFile& file : read_sources(folder)) {
      if (file.lines.size() > kFileLinesMax) too_long[file.path] = file.lines.size();
      // A test reads as a list of steps, however long.
      if (is_test_code(file.path) || !file.path.starts_with("src/")) continue;
      for (const FunctionLength& function : function_lengths(file)) {
        std::size_t& longest = too_long[file.path + ":" + function.name];
        longest = std::max(longest, function.lines);
      }
    }
  }
  std::erase_if(too_long, [](const auto& entry) {
    return entry.second <=
           (entry.first.ends_with(".cc") || entry.first.ends_with(".h") ? kFileLinesMax : kFunctionLinesMax);
  });
  return too_long;
}

TEST(TidyTest, FilesAndFunctionsAreShortOrShrink) {
  for (const std::string& fault : check_lengths(too_long_of_repository(), read_exemptions())) ADD_FAILURE() << fault;
}

// `FIX ME` never; `TO DO` with the number of its issue: (#12).
std::vector<std::string> check_notes(const SourceFile& file) {
  static const std::string fix_me = std::string("FIX") + "ME";
  static const std::string to_do = std::string("TO") + "DO";
  std::vector<std::string> faults;
  for (std::size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    const std::string where = file.path + ":" + std::to_string(i + 1) + ": ";
    if (line.find(fix_me) != std::string::npos) faults.push_back(where + "mend it, or open an issue");
    for (std::size_t at = line.find(to_do); at != std::string::npos; at = line.find(to_do, at + 1)) {
      const std::size_t digits = at + to_do.size() + 2;
      const bool numbered = line.compare(at + to_do.size(), 2, "(#") == 0 && digits < line.size() &&
                            std::isdigit(static_cast<unsigned char>(line[digits])) != 0;
      if (!numbered) faults.push_back(where + "name the issue: " + to_do + "(#12)");
    }
  }
  return faults;
}

TEST(TidyTest, NotesNameTheirIssue) {
  for (const char* folder : {"src", "tests", "fuzz", "bench"}) {
    for (const SourceFile& file : read_sources(folder)) {
      for (const std::string& fault : check_notes(file)) ADD_FAILURE() << fault;
    }
  }
}

TEST(TidyTest, HeadersAreGuarded) {
  for (const SourceFile& file : read_sources("src")) {
    if (!has_suffix(file.path, ".h")) continue;
    EXPECT_NE(std::find(file.lines.begin(), file.lines.end(), "#pragma once"), file.lines.end()) << file.path;
  }
}

// --- the checks themselves -------------------------------------------------------------------------------------------

TEST(CheckLengthsTest, ARatchet) {
  EXPECT_THAT(check_lengths({{"a.cc", 700}}, {{"a.cc", 700}}), testing::IsEmpty());
  EXPECT_EQ(check_lengths({{"a.cc", 700}}, {}).size(), 1U);
  EXPECT_EQ(check_lengths({{"a.cc", 701}}, {{"a.cc", 700}}).size(), 1U);
  EXPECT_EQ(check_lengths({{"a.cc", 699}}, {{"a.cc", 700}}).size(), 1U);
  EXPECT_EQ(check_lengths({}, {{"a.cc", 700}}).size(), 1U);
}

TEST(CheckNotesTest, FindsBareNotes) {
  const std::string to_do = std::string("TO") + "DO";
  const auto faults = [](const std::string& text) { return check_notes(source_of("a.cc", text)).size(); };
  EXPECT_EQ(faults("// " + to_do + "(#12): later\n"), 0U);
  EXPECT_EQ(faults("// " + to_do + ": later\n"), 1U);
  EXPECT_EQ(faults("// " + to_do + "(me): later\n// " + to_do), 2U);
  EXPECT_EQ(faults(std::string("// FIX") + "ME\n"), 1U);
}

TEST(FunctionLengthsTest, FindsFunctionsAndNothingElse) {
  const SourceFile file = source_of("a.cc", R"text(
#define MACRO(x) \
  do {           \
  } while (0)
namespace a {  // {
namespace {
struct S final : public T {
  S(int x)
      : x_(x), s_("}{") {
    use(x);
  }
  bool operator()(char c) const { return c == '{'; }
  bool operator==(const S&) const { return true; }
  int x_ = 1'000;
};
const int table[] = {f(1), g(2)};
const auto made = f(1) + std::vector<int>{1};
}  // namespace
template <typename T, typename = std::enable_if_t<(sizeof(T) > 1)>>
base::Task<void> S::run(int a = 1,
                        int b = 2) {
  if (a) {
    /* } */
    call([&] { return R"x(}}})x"; });
  }
}
enum class E { kA };
class CAPABILITY("x") M {
 public:
  void lock() REQUIRES(m_) { m_.lock(); }
};
}  // namespace a
)text");
  std::vector<std::string> found;
  for (const FunctionLength& function : function_lengths(file)) {
    found.push_back(function.name + " " + std::to_string(function.begin) + " " + std::to_string(function.lines));
  }
  EXPECT_THAT(found, testing::ElementsAre("S 8 4", "operator 12 1", "operator== 13 1", "S::run 19 8", "lock 30 1"));
}

}  // namespace
}  // namespace cordwood::layers
