#include "codec/gram_filter.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

#include "base/check.h"
#include "base/hash.h"
#include "codec/byte_reader.h"
#include "codec/byte_writer.h"

namespace cordwood::codec {
namespace {

constexpr std::size_t kGramBytes = 6;
constexpr std::size_t kWindow = 4;
constexpr std::uint64_t kGramMask = 0xffff'ffff'ffff;
// Of a fingerprint. One gram in sixteen that was not entered seems to be there; most needles name several.
constexpr unsigned kFingerprintBits = 4;
constexpr std::uint32_t kSegmentLogMax = 18;
constexpr std::uint8_t kForm = 1;
constexpr int kSeedsMax = 100;

// Lower case of letters and digits; 0 for all other bytes.
constexpr std::array<std::uint8_t, 256> kWordBytes = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(c);
  for (int c = 'a'; c <= 'z'; ++c) {
    table[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(c);
    table[static_cast<std::size_t>(c - 'a' + 'A')] = static_cast<std::uint8_t>(c);
  }
  return table;
}();

std::uint8_t word_byte(char c) {
  return kWordBytes[static_cast<std::uint8_t>(c)];
}

constexpr std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93U;
  x ^= x >> 29;
  x *= 0x9e3779b97f4a7c15U;
  return x ^ (x >> 32);
}

// Calls emit(key) for the smallest gram of each window of `word`, which consists of word bytes; stops when it gives
// false. Equal neighbours once.
template <typename Emit>
bool for_each_gram(std::string_view word, Emit emit) {
  if (word.size() < kGramWordBytesMin) return true;
  std::array<std::uint64_t, kWindow> recent{};
  std::uint64_t gram = 0;
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    gram = (gram << 8 | word_byte(word[i])) & kGramMask;
    recent[i % kWindow] = mix(gram);
    if (i + 1 < kGramBytes + kWindow - 1) continue;
    const std::uint64_t smallest = std::min(std::min(recent[0], recent[1]), std::min(recent[2], recent[3]));
    if (smallest == last) continue;
    last = smallest;
    if (!emit(smallest)) return false;
  }
  return true;
}

// Calls use(word) for each run of word bytes that is long enough. A run also ends at bytes of `breaks`.
template <typename Use>
void for_each_word(std::string_view text, std::string_view breaks, Use use) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && word_byte(text[i]) != 0 && breaks.find(text[i]) == std::string_view::npos) continue;
    if (i - begin >= kGramWordBytesMin) use(text.substr(begin, i - begin));
    begin = i + 1;
  }
}

// Unicode folds the Kelvin sign to k and the long s to s: where any case is meant, a line may have those instead.
std::string_view breaks_of(bool any_case) {
  return any_case ? "kKsS" : "";
}

struct Places {
  std::array<std::uint64_t, 3> at;
  std::uint8_t fingerprint;
};

Places places_of(std::uint64_t key, std::uint64_t seed, std::uint32_t segment_log, std::uint64_t positions) {
  const std::uint64_t hash = mix(key + seed);
  const std::uint64_t segment = std::uint64_t{1} << segment_log;
  Places places;
  places.at[0] = static_cast<std::uint64_t>(static_cast<unsigned __int128>(hash) * positions >> 64);
  places.at[1] = (places.at[0] + segment) ^ (hash >> 18 & (segment - 1));
  places.at[2] = (places.at[0] + 2 * segment) ^ (hash & (segment - 1));
  places.fingerprint = static_cast<std::uint8_t>(mix(hash) & ((1U << kFingerprintBits) - 1));
  return places;
}

std::uint8_t load(std::string_view array, std::uint64_t at) {
  return static_cast<std::uint8_t>(array[at / 2] >> (at % 2 * 4) & 0xf);
}

struct Shape {
  std::uint32_t segment_log = 0;
  std::uint64_t positions = 0;
  std::uint64_t array_length() const { return positions == 0 ? 0 : positions + (std::uint64_t{2} << segment_log); }
};

// The sizes that the paper's authors found; any that are large enough would do.
Shape shape_of(std::size_t entries) {
  Shape shape;
  if (entries == 0) return shape;
  const auto n = static_cast<double>(std::max<std::size_t>(entries, 2));
  shape.segment_log =
      std::min(kSegmentLogMax, static_cast<std::uint32_t>(std::floor(std::log(n) / std::log(3.33) + 2.25)));
  const double factor = std::max(1.125, 0.875 + 0.25 * std::log(1e6) / std::log(n));
  const auto capacity = static_cast<std::uint64_t>(std::round(n * factor));
  const std::uint64_t segment = std::uint64_t{1} << shape.segment_log;
  const std::uint64_t segments = (capacity + segment - 1) / segment;
  shape.positions = (segments <= 2 ? 1 : segments - 2) * segment;
  return shape;
}

// Peels keys that are alone at a place, and fills fingerprints in the opposite order. Nullopt: another seed is needed.
std::optional<std::string> build(const std::vector<std::uint64_t>& keys, const Shape& shape, std::uint64_t seed) {
  const std::uint64_t length = shape.array_length();
  std::vector<std::uint64_t> keys_at(length);  // exclusive or of the keys at a place
  std::vector<std::uint8_t> count(length);
  for (const std::uint64_t key : keys) {
    for (const std::uint64_t at : places_of(key, seed, shape.segment_log, shape.positions).at) {
      keys_at[at] ^= key;
      if (++count[at] == 0) return std::nullopt;
    }
  }
  std::vector<std::uint64_t> alone;
  for (std::uint64_t at = 0; at < length; ++at) {
    if (count[at] == 1) alone.push_back(at);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> order;  // key, and the place that is its own
  order.reserve(keys.size());
  while (!alone.empty()) {
    const std::uint64_t own = alone.back();
    alone.pop_back();
    if (count[own] != 1) continue;
    const std::uint64_t key = keys_at[own];
    order.emplace_back(key, own);
    for (const std::uint64_t at : places_of(key, seed, shape.segment_log, shape.positions).at) {
      keys_at[at] ^= key;
      if (--count[at] == 1) alone.push_back(at);
    }
  }
  if (order.size() != keys.size()) return std::nullopt;
  std::string array((length + 1) / 2, '\0');
  for (auto i = order.rbegin(); i != order.rend(); ++i) {
    const Places places = places_of(i->first, seed, shape.segment_log, shape.positions);
    std::uint8_t value = places.fingerprint;
    for (const std::uint64_t at : places.at) {
      if (at != i->second) value = static_cast<std::uint8_t>(value ^ load(array, at));
    }
    array[i->second / 2] = static_cast<char>(array[i->second / 2] | value << (i->second % 2 * 4));
  }
  return array;
}

}  // namespace

std::uint64_t key_of_pair(std::string_view name, std::string_view value) {
  return mix(base::hash64(name) * 3 + base::hash64(value)) | 1;
}

GramSet::GramSet() : slots_(1024) {}

void GramSet::add(std::uint64_t key) {
  key |= static_cast<std::uint64_t>(key == 0);
  if (is_full()) return;
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = key & mask;
  while (slots_[at] != 0) {
    if (slots_[at] == key) return;
    at = (at + 1) & mask;
  }
  slots_[at] = key;
  if (++size_ > slots_.size() / 2) grow();
}

void GramSet::grow() {
  std::vector<std::uint64_t> old(slots_.size() * 2);
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const std::uint64_t key : old) {
    if (key == 0) continue;
    std::size_t at = key & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = key;
  }
}

void GramSet::add_words(std::string_view text) {
  if (text.size() < kGramWordBytesMin) return;
  for_each_word(text, "", [this](std::string_view word) {
    for_each_gram(word, [this](std::uint64_t key) {
      add(key);
      return true;
    });
  });
}

void GramSet::clear() {
  std::fill(slots_.begin(), slots_.end(), 0);
  size_ = 0;
}

void GramSet::append_filter(std::string& out) const {
  if (is_full()) return;
  std::vector<std::uint64_t> keys;
  keys.reserve(size_);
  for (const std::uint64_t key : slots_) {
    if (key != 0) keys.push_back(key);
  }
  const Shape shape = shape_of(keys.size());
  for (std::uint64_t seed = 0; seed < kSeedsMax; ++seed) {
    const std::optional<std::string> array = build(keys, shape, mix(seed));
    if (!array.has_value()) continue;
    const std::size_t begin = out.size();
    ByteWriter writer(out);
    writer.u8(kForm);
    writer.u8(static_cast<std::uint8_t>(seed));
    writer.u8(static_cast<std::uint8_t>(shape.segment_log));
    writer.varint(shape.positions >> shape.segment_log);
    writer.bytes(*array);
    writer.u64(base::hash64(std::string_view(out).substr(begin)));
    return;
  }
  // So many failures do not happen by chance; without a filter nothing is proved, which is never wrong.
}

base::StatusOr<GramFilter> GramFilter::open(std::string_view bytes) {
  constexpr std::size_t kHashBytes = 8;
  if (bytes.size() < kHashBytes)
    return base::data_loss_error("filter: wanted=a checksum, found={} bytes", bytes.size());
  const std::string_view body = bytes.substr(0, bytes.size() - kHashBytes);
  const auto wanted = load_le<std::uint64_t>(bytes.data() + body.size());
  if (const std::uint64_t found = base::hash64(body); found != wanted) {
    return base::data_loss_error("filter: checksum: wanted={:016x} found={:016x}", wanted, found);
  }
  ByteReader reader(body, "filter");
  ASSIGN_OR_RETURN(const std::uint8_t form, reader.u8("form"));
  if (form != kForm) return reader.wrong("form", kForm, form);
  GramFilter filter;
  ASSIGN_OR_RETURN(const std::uint8_t seed, reader.u8("seed"));
  filter.seed_ = mix(seed);
  ASSIGN_OR_RETURN(const std::uint8_t segment_log, reader.u8("segment length"));
  if (segment_log > kSegmentLogMax) return reader.wrong("segment length", kSegmentLogMax, segment_log);
  filter.segment_bytes_log_ = segment_log;
  ASSIGN_OR_RETURN(const std::uint64_t segments, reader.varint_up_to(2 * kGramsMax, "segments"));
  Shape shape{segment_log, segments << segment_log};
  filter.positions_ = shape.positions;
  const std::uint64_t array_bytes = (shape.array_length() + 1) / 2;
  if (reader.left() != array_bytes) return reader.wrong("bytes", array_bytes, reader.left());
  ASSIGN_OR_RETURN(filter.array_, reader.bytes(array_bytes, "fingerprints"));
  filter.present_ = true;
  return filter;
}

bool GramFilter::has(std::uint64_t key) const {
  key |= static_cast<std::uint64_t>(key == 0);
  if (positions_ == 0) return false;
  const Places places = places_of(key, seed_, segment_bytes_log_, positions_);
  const auto found = load(array_, places.at[0]) ^ load(array_, places.at[1]) ^ load(array_, places.at[2]);
  return found == places.fingerprint;
}

bool GramFilter::has_word(std::string_view word) const {
  return for_each_gram(word, [this](std::uint64_t key) { return has(key); });
}

bool GramFilter::may_contain(std::string_view needle, bool any_case) const {
  if (!present_) return true;
  bool all = true;
  for_each_word(needle, breaks_of(any_case), [&](std::string_view word) { all = all && has_word(word); });
  return all;
}

bool GramFilter::may_contain_pair(std::string_view name, std::string_view value) const {
  return !present_ || has(key_of_pair(name, value));
}

bool GramFilter::can_prove(std::string_view needle, bool any_case) {
  bool any = false;
  for_each_word(needle, breaks_of(any_case), [&](std::string_view) { any = true; });
  return any;
}

}  // namespace cordwood::codec
