#include "exec/substring_finder.h"

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

#if defined(__x86_64__)
__attribute__((target("avx2"))) std::size_t find_avx2(std::string_view text, std::size_t from, std::string_view needle,
                                                      std::size_t probe1, std::size_t probe2) {
  const __m256i byte1 = _mm256_set1_epi8(needle[probe1]);
  const __m256i byte2 = _mm256_set1_epi8(needle[probe2]);
  const char* data = text.data();
  std::size_t at = from;
  // While 32 starts and the whole needle after the last of them lie in the text.
  for (; at + 31 + needle.size() <= text.size(); at += 32) {
    const __m256i text1 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + at + probe1));
    const __m256i text2 = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data + at + probe2));
    auto hits = static_cast<std::uint32_t>(
        _mm256_movemask_epi8(_mm256_and_si256(_mm256_cmpeq_epi8(text1, byte1), _mm256_cmpeq_epi8(text2, byte2))));
    while (hits != 0) {
      const std::size_t start = at + static_cast<std::size_t>(__builtin_ctz(hits));
      if (std::memcmp(data + start, needle.data(), needle.size()) == 0) return start;
      hits &= hits - 1;
    }
  }
  return find_plain(text, at, needle);
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

SubstringFinder::SubstringFinder(std::string needle) : needle_(std::move(needle)) {
  CHECK(!needle_.empty());
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
  if (vectorised_) return find_avx2(text, from, needle_, first_probe_, second_probe_);
#endif
  return find_plain(text, from, needle_);
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
