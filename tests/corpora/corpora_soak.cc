// corpora_soak [--queries 2000] [--seed 1] [--lines 600] FILE...: generated queries over each file, stored as segments,
// against the plain algorithm on its text. Prints a line for each file; fails at the first answer that differs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "corpora/corpus_compare.h"

int main(int argc, char** argv) {
  int queries = 2000;
  std::uint64_t seed = 1;
  std::size_t lines_max = 600;
  std::vector<std::string> files;
  CLI::App app("queries over segments against the plain algorithm on the text");
  app.add_option("--queries", queries);
  app.add_option("--seed", seed);
  app.add_option("--lines", lines_max);
  app.add_option("files", files)->required();
  CLI11_PARSE(app, argc, argv);
  for (const std::string& file : files) {
    const auto lines = cordwood::corpora::first_lines(file, lines_max, 1 << 20);
    const auto result = cordwood::corpora::compare(lines, seed, queries);
    const std::string name = file.substr(file.rfind('/') + 1);
    fmt::print("{} {}: {} queries, {} answers with rows or points, {} refusals, seed {}\n",
               result.difference.empty() ? "ok" : "FAIL", name, result.queries, result.answered, result.refused, seed);
    if (!result.difference.empty()) {
      fmt::print("{}", result.difference);
      return 1;
    }
    std::fflush(stdout);
  }
  return 0;
}
