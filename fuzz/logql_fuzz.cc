// Any text: parsing never crashes; what parses prints to text that parses to the same, in canonical form and formatted
// at any width.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "logql/parse.h"
#include "logql/print.h"

namespace {

using namespace cordwood;

void check_reads_back(const std::string& text, const std::string& canonical) {
  // Long queries may print longer than a query may be.
  if (text.size() >= logql::kMaxQueryBytes) return;
  const base::StatusOr<logql::Query> query = logql::parse(text, logql::SelectorCheck::kOff);
  CHECK(query.ok());
  CHECK(logql::print(*query) == canonical);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)logql::parse_stages(text);
  const base::StatusOr<logql::Query> query = logql::parse(text, logql::SelectorCheck::kOff);
  if (!query.ok()) return 0;
  (void)logql::check_stages(*query);
  const std::string canonical = logql::print(*query);
  check_reads_back(canonical, canonical);
  check_reads_back(logql::format(*query, size % 120), canonical);
  return 0;
}
