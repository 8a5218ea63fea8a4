#include "codec/lines/shared_text.h"

#include <algorithm>
#include <cstring>

namespace cordwood::codec::lines {

namespace {

constexpr std::size_t kCandidateBytesMax = 2u << 20;
// More gains little: a quarter of a megabyte has nearly all of what several megabytes would (decision 10).
constexpr std::size_t kBytesMax = 256u << 10;
constexpr std::size_t kBytesMin = 1u << 10;
constexpr std::size_t kWindow = 16;
constexpr std::size_t kPieceBytes = 32;
// A repeat shorter than this is text like any other: leaving out short ones tears apart what they stand in.
constexpr std::size_t kRepeatMin = 64;
constexpr std::size_t kSlotsLog = 20;

std::size_t slot_of(const char* window) {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
  std::memcpy(&a, window, 8);
  std::memcpy(&b, window + 8, 8);
  return ((a * 0x9e3779b97f4a7c15) ^ (b * 0xc2b2ae3d27d4eb4f)) >> (64 - kSlotsLog);
}

std::size_t common_bytes(std::string_view a, std::string_view b) {
  std::string_view shorter = a.substr(0, b.size());
  return static_cast<std::size_t>(std::ranges::mismatch(shorter, b).in1 - shorter.begin());
}

}  // namespace

void SharedText::clear() {
  block_ = 0;
  candidates_ = {};
  pieces_ = {};
  places_ = {};
}

// How many bytes at the beginning of `text` are candidates already.
std::size_t SharedText::repeated_at(std::string_view text) {
  if (text.size() < kWindow) return 0;
  std::uint32_t place = places_[slot_of(text.data())];
  if (place == 0) return 0;
  std::size_t begin = place - 1;
  std::size_t repeated = common_bytes(text, std::string_view(candidates_).substr(begin));
  if (repeated < kRepeatMin) return 0;
  for (std::size_t piece = begin / kPieceBytes; piece * kPieceBytes < begin + repeated; ++piece) {
    if (pieces_[piece].block != block_) pieces_[piece].shared = true;
  }
  return repeated;
}

void SharedText::add(std::string_view text) {
  if (places_.empty()) places_.assign(std::size_t{1} << kSlotsLog, 0);
  for (std::size_t at = 0; at < text.size();) {
    if (std::size_t repeated = repeated_at(text.substr(at)); repeated != 0) {
      at += repeated;
      continue;
    }
    char byte = text[at++];
    if (candidates_.size() == kCandidateBytesMax) continue;
    if (candidates_.size() % kPieceBytes == 0) pieces_.push_back({block_, false});
    candidates_.push_back(byte);
    if (candidates_.size() < kWindow) continue;
    std::size_t window = candidates_.size() - kWindow;
    places_[slot_of(candidates_.data() + window)] = static_cast<std::uint32_t>(window) + 1;
  }
}

std::string SharedText::text() const {
  std::string text;
  for (std::size_t i = 0; i < pieces_.size() && text.size() < kBytesMax; ++i) {
    if (pieces_[i].shared) text.append(candidates_, i * kPieceBytes, kPieceBytes);
  }
  if (text.size() < kBytesMin) text.clear();
  return text;
}

}  // namespace cordwood::codec::lines
