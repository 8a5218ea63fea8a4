#include "codec/lines/byte_classes.h"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cordwood::codec::lines {

namespace {

enum Class : std::uint8_t { kDigit = 1, kHexLetter = 2, kOtherLetter = 4, kMark = 8 };

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    if (c >= '0' && c <= '9') classes[c] = kDigit;
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) classes[c] = kHexLetter;
    if ((c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_' || c >= 128) classes[c] = kOtherLetter;
    if (c == '"' || c == '\\') classes[c] = kMark;
  }
  return classes;
}();

}  // namespace

void ByteClasses::resize(std::size_t bytes) {
  for (Bitmap* bitmap : {&token_, &digit_, &no_hex_, &mark_, &stop_}) bitmap->words_.resize(bytes / 64 + 2);
}

void ByteClasses::classify_slowly(std::string_view bytes) {
  resize(bytes.size());
  for (std::size_t word = 0; word < token_.words_.size(); ++word) {
    std::uint64_t token = 0;
    std::uint64_t digit = 0;
    std::uint64_t no_hex = 0;
    std::uint64_t mark = 0;
    for (std::size_t i = 0; i < 64 && word * 64 + i < bytes.size(); ++i) {
      std::uint8_t c = kClasses[static_cast<unsigned char>(bytes[word * 64 + i])];
      token |= std::uint64_t{(c & (kDigit | kHexLetter | kOtherLetter)) != 0} << i;
      digit |= std::uint64_t{(c & kDigit) != 0} << i;
      no_hex |= std::uint64_t{(c & kOtherLetter) != 0} << i;
      mark |= std::uint64_t{(c & kMark) != 0} << i;
    }
    token_.words_[word] = token;
    digit_.words_[word] = digit;
    no_hex_.words_[word] = no_hex;
    mark_.words_[word] = mark;
    stop_.words_[word] = token | mark;
  }
}

#if defined(__x86_64__)

namespace {

struct Masks {
  std::uint32_t token;
  std::uint32_t digit;
  std::uint32_t no_hex;
  std::uint32_t mark;
};

__attribute__((target("avx2"))) inline __m256i at_most(__m256i bytes, char max) {
  return _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(max)), bytes);
}

__attribute__((target("avx2"))) inline std::uint32_t bits_of(__m256i bytes) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

__attribute__((target("avx2"))) inline Masks masks_of(const char* from) {
  __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  __m256i letter = _mm256_sub_epi8(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), _mm256_set1_epi8('a'));
  std::uint32_t letters = bits_of(at_most(letter, 25));
  std::uint32_t hex_letters = bits_of(at_most(letter, 5));
  std::uint32_t digits = bits_of(at_most(_mm256_sub_epi8(bytes, _mm256_set1_epi8('0')), 9));
  std::uint32_t others = bits_of(bytes) | bits_of(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('_')));
  std::uint32_t marks = bits_of(_mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"')),
                                                _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'))));
  return {letters | digits | others, digits, (letters & ~hex_letters) | others, marks};
}

}  // namespace

__attribute__((target("avx2"))) void ByteClasses::classify_by_avx2(const char* bytes, std::size_t words) {
  for (std::size_t word = 0; word < words; ++word) {
    Masks low = masks_of(bytes + word * 64);
    Masks high = masks_of(bytes + word * 64 + 32);
    token_.words_[word] = low.token | std::uint64_t{high.token} << 32;
    digit_.words_[word] = low.digit | std::uint64_t{high.digit} << 32;
    no_hex_.words_[word] = low.no_hex | std::uint64_t{high.no_hex} << 32;
    mark_.words_[word] = low.mark | std::uint64_t{high.mark} << 32;
    stop_.words_[word] = token_.words_[word] | mark_.words_[word];
  }
}

void ByteClasses::classify(std::string_view bytes) {
  static const bool kAvx2 = __builtin_cpu_supports("avx2") != 0;
  if (!kAvx2) return classify_slowly(bytes);
  resize(bytes.size());
  std::size_t words = (bytes.size() + 63) / 64;
  classify_by_avx2(bytes.data(), words);
  for (Bitmap* bitmap : {&token_, &digit_, &no_hex_, &mark_, &stop_}) {
    if (bytes.size() % 64 != 0) bitmap->words_[words - 1] &= (std::uint64_t{1} << bytes.size() % 64) - 1;
    for (std::size_t word = words; word < bitmap->words_.size(); ++word) bitmap->words_[word] = 0;
  }
}

#else

void ByteClasses::classify(std::string_view bytes) {
  classify_slowly(bytes);
}

#endif

}  // namespace cordwood::codec::lines
