// The tree is the architecture: who includes whom, and what every folder must have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "layers/layer_table.h"
#include "layers/source_text.h"
#include "layers/third_party.h"

namespace cordwood::layers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LayerTable layers_of_repository() {
  std::ifstream in(repository_root() / "LAYERS");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return parse_layers(text);
}

std::set<std::string> folders_of_repository() {
  std::set<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(repository_root() / "src")) {
    if (entry.is_directory()) folders.insert(entry.path().filename().string());
  }
  return folders;
}

TEST(LayersTest, EveryFolderHasALineAndEveryLineAFolder) {
  std::set<std::string> listed;
  for (const auto& [folder, allowed] : layers_of_repository()) listed.insert(folder);
  EXPECT_EQ(listed, folders_of_repository());
}

TEST(LayersTest, TheTableHasNoCycleAndNamesOnlyFoldersThatExist) {
  EXPECT_THAT(faults_of(layers_of_repository()), IsEmpty());
}

TEST(LayersTest, OnlyTestCodeMayIncludeTesting) {
  for (const auto& [folder, allowed] : layers_of_repository()) {
    EXPECT_FALSE(allowed.contains("testing")) << folder;
  }
}

TEST(LayersTest, IncludesFollowTheTable) {
  const LayerTable table = layers_of_repository();
  std::size_t files = 0;
  for (const SourceFile& file : read_sources("src")) {
    ++files;
    for (const std::string& fault : check_includes(file, table)) ADD_FAILURE() << fault;
  }
  EXPECT_GT(files, 50U) << "the sources were not found";
}

TEST(LayersTest, ThirdPartyHeadersStayInTheirFolders) {
  for (const SourceFile& file : read_sources("src")) {
    for (const std::string& fault : check_third_party(file)) ADD_FAILURE() << fault;
  }
}

// Headers that tests share need no special name: what includes googletest is for tests.
TEST(LayersTest, ProductCodeIncludesNoHeaderOfTests) {
  const std::vector<SourceFile> files = read_sources("src");
  std::set<std::string> test_headers;
  for (const SourceFile& file : files) {
    if (!has_suffix(file.path, ".h")) continue;
    for (const Include& include : includes_of(file)) {
      if (include.name.starts_with("gtest/") || include.name.starts_with("gmock/")) test_headers.insert(file.path);
    }
  }
  for (const SourceFile& file : files) {
    if (is_test_code(file.path) || test_headers.contains(file.path)) continue;
    for (const Include& include : includes_of(file)) {
      EXPECT_FALSE(test_headers.contains("src/" + include.name)) << file.path << " includes " << include.name;
    }
  }
}

TEST(LayersTest, EveryFolderHasAReadmeOfAtMostAScreen) {
  constexpr std::size_t kLinesMax = 60;
  for (const std::string& folder : folders_of_repository()) {
    std::ifstream in(repository_root() / "src" / folder / "README.md");
    EXPECT_TRUE(in.good()) << "src/" << folder << " has no README.md";
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    EXPECT_LE(source_of("", text).lines.size(), kLinesMax) << "src/" << folder << "/README.md";
  }
}

TEST(LayersTest, NoFolderOrFileIsNamedAfterNothing) {
  const std::set<std::string> forbidden = {"util", "utils", "common", "helper", "helpers", "misc"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(repository_root() / "src")) {
    EXPECT_FALSE(forbidden.contains(entry.path().stem().string())) << entry.path();
  }
}

// --- the checks themselves -------------------------------------------------------------------------------------------

TEST(LayerTableTest, ReadsLinesAndSkipsComments) {
  const LayerTable table = parse_layers("# a comment: with a colon\nbase:\ncore: base\nio: base core\n");
  EXPECT_EQ(table, (LayerTable{{"base", {}}, {"core", {"base"}}, {"io", {"base", "core"}}}));
  EXPECT_THAT(faults_of(table), IsEmpty());
}

TEST(LayerTableTest, FindsCyclesAndUnknownNames) {
  EXPECT_THAT(faults_of(parse_layers("a: b\nb: c\nc: a\n")), ElementsAre("a cycle: a b c a"));
  EXPECT_THAT(faults_of(parse_layers("x:\na: a\n")), ElementsAre("a cycle: a a"));
  EXPECT_THAT(faults_of(parse_layers("a: b\n")), ElementsAre("a names b, which has no line"));
}

std::vector<std::string> check(const std::string& path, const std::string& text) {
  return check_includes(source_of(path, text), parse_layers("base:\ncore: base\nio: base\ntesting: base core io\n"));
}

TEST(CheckIncludesTest, AllowsWhatIsListed) {
  EXPECT_THAT(check("src/core/a.h", "#include \"base/b.h\"\n#include \"core/c.h\"\n#include <vector>\n"), IsEmpty());
  EXPECT_THAT(check("src/core/a_test.cc", "#include \"testing/b.h\"\n#include \"core/x_conformance.h\"\n"), IsEmpty());
  EXPECT_THAT(check("src/testing/a.cc", "#include \"io/b.h\"\n"), IsEmpty());
}

TEST(CheckIncludesTest, FindsWhatIsNot) {
  EXPECT_THAT(check("src/core/a.h", "\n  #  include \"io/b.h\"\n"),
              ElementsAre("src/core/a.h:2: LAYERS does not let core include io"));
  EXPECT_THAT(check("src/base/a.cc", "#include \"core/b.h\"\n"), ElementsAre(HasSubstr("does not let base")));
  EXPECT_THAT(check("src/core/a.cc", "#include \"testing/b.h\"\n"), ElementsAre(HasSubstr("*_test.cc only")));
  EXPECT_THAT(check("src/core/a.cc", "#include \"core/x_conformance.h\"\n"), ElementsAre(HasSubstr("tests only")));
  EXPECT_THAT(check("src/core/a.cc", "#include \"b.h\"\n"), ElementsAre(HasSubstr("write the path from src/")));
  EXPECT_THAT(check("src/core/a.cc", "#include \"../base/b.h\"\n"), ElementsAre(HasSubstr("write the path from src/")));
  EXPECT_THAT(check("src/new/a.cc", "#include \"base/b.h\"\n"), ElementsAre(HasSubstr("no line in LAYERS")));
}

TEST(CheckThirdPartyTest, KnowsFoldersOfHeaders) {
  const auto faults = [](const std::string& path, const std::string& header) {
    return check_third_party(source_of(path, "#include <" + header + ">\n"));
  };
  EXPECT_THAT(faults("src/io/http_server.cc", "boost/asio/post.hpp"), IsEmpty());
  EXPECT_THAT(faults("src/store/a.cc", "boost/asio/post.hpp"), ElementsAre(HasSubstr("may not include it")));
  EXPECT_THAT(faults("src/catalog/sqlite/database.h", "sqlite3.h"), IsEmpty());
  EXPECT_THAT(faults("src/catalog/mem/a.h", "sqlite3.h"), ElementsAre(HasSubstr("may not include it")));
  EXPECT_THAT(faults("src/query/a.cc", "absl/status/status.h"), ElementsAre(HasSubstr("may not include it")));
  EXPECT_THAT(faults("src/query/a.cc", "nlohmann/json.hpp"), ElementsAre(HasSubstr("not in the table")));
  EXPECT_THAT(faults("src/query/a.cc", "fmt/format.h"), IsEmpty());
  EXPECT_THAT(faults("src/query/a.cc", "sys/stat.h"), IsEmpty());
  EXPECT_THAT(faults("src/query/a.cc", "chrono"), IsEmpty());
  EXPECT_THAT(faults("src/query/a.cc", "gtest/gtest.h"), ElementsAre(HasSubstr("tests only")));
  EXPECT_THAT(faults("src/query/simulated_world.h", "gtest/gtest.h"), IsEmpty());
  EXPECT_THAT(faults("src/query/a_test.cc", "gtest/gtest.h"), IsEmpty());
}

}  // namespace
}  // namespace cordwood::layers
