#include "exec/substring_finder.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/check.h"

namespace cordwood::exec {
namespace {

// Bytes of logs from frequent to rare; what is missing is rarer still.
constexpr std::string_view kFrequent =
    " e0123456789tainorsl\"dc:,-/._umpf=hgbvIEDTNSARwCOykLMPF[](){}xUBGHVWYKqzjJXQZ\\'|+*&%;@#<>?!$^~`\t\n";

std::size_t rarity(char c) {
  const std::size_t place = kFrequent.find(c);
  return place == std::string_view::npos ? kFrequent.size() : place;
}

std::size_t find_plain(std::string_view text, std::size_t from, std::string_view needle) {
  const void* hit = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  if (hit == nullptr) return SubstringFinder::kNotFound;
  return static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
}

bool equals_folded(const char* text, std::string_view lower_needle) {
  for (std::size_t i = 0; i < lower_needle.size(); ++i) {
    if (lower(text[i]) != lower_needle[i]) return false;
  }
  return true;
}

std::size_t find_folded(std::string_view text, std::size_t from, std::string_view lower_needle) {
  for (std::size_t at = from; at + lower_needle.size() <= text.size(); ++at) {
    if (equals_folded(text.data() + at, lower_needle)) return at;
  }
  return SubstringFinder::kNotFound;
}

#if defined(__x86_64__)
template <Case kCase>
bool matches_at(const char* text, std::string_view needle) {
  if constexpr (kCase == Case::kExact) return std::memcmp(text, needle.data(), needle.size()) == 0;
  return equals_folded(text, needle);
}

// A byte in one or both of its cases.
template <Case kCase>
struct Probe {
  __attribute__((target("avx2"))) explicit Probe(char byte)
      : low(_mm256_set1_epi8(byte)), high(_mm256_set1_epi8(upper(byte))) {}
  __attribute__((target("avx2"))) __m256i compare(const char* at) const {
    const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i equal = _mm256_cmpeq_epi8(text, low);
    if constexpr (kCase == Case::kExact) return equal;
    return _mm256_or_si256(equal, _mm256_cmpeq_epi8(text, high));
  }
  __m256i low;
  __m256i high;
};

template <Case kCase>
__attribute__((target("avx2"))) std::size_t find_avx2(std::string_view text, std::size_t from, std::string_view needle,
                                                      std::size_t probe1, std::size_t probe2) {
  const Probe<kCase> first(needle[probe1]);
  const Probe<kCase> second(needle[probe2]);
  const char* data = text.data();
  std::size_t at = from;
  // While 32 starts and the whole needle after the last of them lie in the text.
  for (; at + 31 + needle.size() <= text.size(); at += 32) {
    const __m256i both = _mm256_and_si256(first.compare(data + at + probe1), second.compare(data + at + probe2));
    auto hits = static_cast<std::uint32_t>(_mm256_movemask_epi8(both));
    while (hits != 0) {
      const std::size_t start = at + static_cast<std::size_t>(__builtin_ctz(hits));
      if (matches_at<kCase>(data + start, needle)) return start;
      hits &= hits - 1;
    }
  }
  const std::size_t starts = text.size() - needle.size() + 1;
  if (starts < 32) return kCase == Case::kExact ? find_plain(text, at, needle) : find_folded(text, at, needle);
  if (at >= starts) return SubstringFinder::kNotFound;
  // The last 32 starts, without those that have been looked at.
  const char* last = data + starts - 32;
  const __m256i both = _mm256_and_si256(first.compare(last + probe1), second.compare(last + probe2));
  auto hits = static_cast<std::uint32_t>(_mm256_movemask_epi8(both)) & ~std::uint32_t{0} << (at - (starts - 32));
  for (; hits != 0; hits &= hits - 1) {
    const std::size_t start = starts - 32 + static_cast<std::size_t>(__builtin_ctz(hits));
    if (matches_at<kCase>(data + start, needle)) return start;
  }
  return SubstringFinder::kNotFound;
}
#endif

// One behind the other; a line of length 0 has no place, so it ends the run.
bool follows(std::string_view line, std::string_view next) {
  const char* end = line.data() + line.size();
  return next.data() == end || next.data() == end + 1;
}

// The first line after `row` whose end lies behind `at`: galloping, because hits are mostly close or far.
std::size_t line_at(std::span<const std::string_view> lines, std::size_t row, const char* at) {
  const auto ends_behind = [&](std::size_t i) { return lines[i].data() + lines[i].size() > at; };
  std::size_t step = 1;
  std::size_t low = row;
  while (low + step < lines.size() && !ends_behind(low + step)) {
    low += step;
    step *= 2;
  }
  std::size_t high = std::min(low + step, lines.size() - 1);
  if (ends_behind(low)) return low;
  while (low + 1 < high) {
    const std::size_t middle = low + (high - low) / 2;
    (ends_behind(middle) ? high : low) = middle;
  }
  return high;
}

void append_run(const SubstringFinder& finder, std::span<const std::string_view> lines, std::uint32_t base,
                std::vector<std::uint32_t>& rows) {
  const char* begin = lines.front().data();
  const std::string_view text(begin, static_cast<std::size_t>(lines.back().data() + lines.back().size() - begin));
  std::size_t row = 0;
  std::size_t at = finder.find(text);
  while (at != SubstringFinder::kNotFound) {
    row = line_at(lines, row, begin + at);
    const auto line_end = static_cast<std::size_t>(lines[row].data() + lines[row].size() - begin);
    if (begin + at < lines[row].data() || at + finder.needle().size() > line_end) {
      // It begins between two lines or reaches into the next. Within it another may begin, for a needle like "aa".
      at = finder.find(text, at + 1);
      continue;
    }
    rows.push_back(base + static_cast<std::uint32_t>(row));
    if (++row == lines.size()) return;
    at = finder.find(text, static_cast<std::size_t>(lines[row].data() - begin));
  }
}

}  // namespace

SubstringFinder::SubstringFinder(std::string needle, Case folding) : needle_(std::move(needle)), folding_(folding) {
  CHECK(!needle_.empty());
  if (folding == Case::kFoldAscii) std::transform(needle_.begin(), needle_.end(), needle_.begin(), lower);
  std::size_t rarest = 0;
  for (std::size_t i = 1; i < needle_.size(); ++i) {
    if (rarity(needle_[i]) > rarity(needle_[rarest])) rarest = i;
  }
  std::size_t next = rarest == 0 ? needle_.size() - 1 : 0;
  for (std::size_t i = 0; i < needle_.size(); ++i) {
    if (i != rarest && rarity(needle_[i]) > rarity(needle_[next])) next = i;
  }
  first_probe_ = std::min(rarest, next);
  second_probe_ = std::max(rarest, next);
#if defined(__x86_64__)
  vectorised_ = __builtin_cpu_supports("avx2") != 0;
#endif
}

std::size_t SubstringFinder::find(std::string_view text, std::size_t from) const {
  if (text.size() < needle_.size() || from > text.size() - needle_.size()) return kNotFound;
#if defined(__x86_64__)
  if (vectorised_ && folding_ == Case::kExact) {
    return find_avx2<Case::kExact>(text, from, needle_, first_probe_, second_probe_);
  }
  if (vectorised_) return find_avx2<Case::kFoldAscii>(text, from, needle_, first_probe_, second_probe_);
#endif
  return folding_ == Case::kExact ? find_plain(text, from, needle_) : find_folded(text, from, needle_);
}

void append_rows_with(const SubstringFinder& finder, std::span<const std::string_view> lines, std::uint32_t base,
                      std::vector<std::uint32_t>& rows) {
  std::size_t begin = 0;
  while (begin < lines.size()) {
    std::size_t end = begin + 1;
    while (end < lines.size() && !lines[end - 1].empty() && !lines[end].empty() &&
           follows(lines[end - 1], lines[end])) {
      ++end;
    }
    append_run(finder, lines.subspan(begin, end - begin), base + static_cast<std::uint32_t>(begin), rows);
    begin = end;
  }
}

}  // namespace cordwood::exec
