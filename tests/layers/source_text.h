// The source files of the repository as text.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::layers {

struct SourceFile {
  std::string path;  // from the root of the repository: "src/base/time.h"
  std::vector<std::string> lines;
};

struct Include {
  std::string name;     // between the quotes or brackets
  bool quoted = false;  // "..." and not <...>
  std::size_t line = 0;
};

std::filesystem::path repository_root();
// The .h and .cc files below `folder` (from the root), sorted by path. Build directories are not below the folders
// asked.
std::vector<SourceFile> read_sources(std::string_view folder);
SourceFile source_of(std::string path, std::string_view text);
std::vector<Include> includes_of(const SourceFile& file);

// "src/base/time.h" -> "base"; "" when the file is directly in src/ or elsewhere.
std::string folder_of(std::string_view path);
// Code that only tests see: x_test.cc, x_conformance.h, x_testing.h.
bool is_test_code(std::string_view path);
bool has_suffix(std::string_view path, std::string_view suffix);

}  // namespace cordwood::layers
