// The tables that all versions have, as text.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "segment/pages/block_pages.h"
#include "segment/pages/open_tables.h"

namespace cordwood::segment::pages {

template <typename... Args>
void append_text_line(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
  out += '\n';
}

// Calls show(i) for the first entries and counts the rest.
template <typename Show>
void append_entries(std::string_view title, std::size_t count, std::size_t entries_max, std::string& out, Show show) {
  append_text_line(out, "{} {}", title, count);
  const std::size_t shown = std::min(count, entries_max);
  for (std::size_t i = 0; i < shown; ++i) show(i);
  if (shown < count) append_text_line(out, "  {} more", count - shown);
}

void append_page_line(std::string_view name, std::uint64_t offset, const PageEntry& entry, std::string& out);
// Facts of the whole and the tables' places.
void append_summary_lines(const CommonTables& tables, std::string& out);
// Streams and sources.
void append_common_entries(const CommonTables& tables, std::size_t entries_max, std::string& out);
void append_block_lines(const BlockPages& block, std::size_t index, std::string& out);

}  // namespace cordwood::segment::pages
