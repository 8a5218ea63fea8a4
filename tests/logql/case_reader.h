// Runs conformance rows from ../shared/logql-cases/cases.jsonl (beside the repository; not part of it). A program
// registers a check for each kind it knows and calls run(); rows of other kinds are passed over.
//
//   int main(int argc, char** argv) {
//     CaseSuite suite;
//     suite.add("parse_duration", check_duration);
//     return suite.run(argc, argv);
//   }
//
// known_differences.txt beside this file lists rows that are meant to fail, `id reason` a line. A listed row that
// passes, or that the file of rows does not have, is a failure as well, so the list stays true.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::logql_cases {

using Json = simdjson::dom::element;

// One row. The accessors end the program with the row's id when a field is missing or has another type: a broken file
// of rows is no test result.
class Row {
 public:
  explicit Row(Json json) : json_(json) {}

  std::string_view id() const { return text("id"); }
  std::string_view kind() const { return text("kind"); }
  bool has(std::string_view name) const;
  Json at(std::string_view name) const;
  std::string_view text(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  // `query`, or `query_hex` decoded for queries that are not UTF-8.
  std::string query() const;

 private:
  Json json_;
};

// The empty string when the row passes, else what was wanted and what came.
using Check = std::function<std::string(const Row&)>;

// "want A got B" unless they are equal.
std::string compare(std::string_view want, std::string_view got);
// Compares recursively and only what `want` has: absent means not asserted, null matches an absent field. Numbers are
// compared as such, also when one of them is written as text.
std::string compare_json(Json want, Json got, const std::string& path = "");

class CaseSuite {
 public:
  void add(std::string kind, Check check) { checks_[std::move(kind)] = std::move(check); }

  // Prints failing rows and passed/failed counts a kind. Arguments: ids or kinds to run (all when none). 0 when all
  // rows passed or are known differences, 1 when not, 77 (skipped) when there is no file of rows.
  int run(int argc, char** argv);

 private:
  struct Count {
    int passed = 0;
    int failed = 0;
    int known = 0;
  };
  void run_row(const Row& row, const Check& check);
  bool wanted(const Row& row) const;
  bool read_known_differences();
  int report(bool complete) const;

  std::map<std::string, Check> checks_;
  std::map<std::string, Count> counts_;
  std::map<std::string, std::string, std::less<>> known_;  // id -> reason; what is left at the end was not met
  std::vector<std::string> only_;
};

}  // namespace cordwood::logql_cases
