#include "objectstore/local/key_path.h"

#include <algorithm>

#include "objectstore/object_store.h"

namespace cordwood::objectstore {
namespace {

// File systems take 255 bytes; the rest leaves room for the mark.
constexpr std::size_t kPieceBytesMax = 240;
// A last piece of one or two bytes could be "." or "..", which mean something else to the file system.
constexpr std::size_t kLastPieceBytesMin = 3;

// A piece of an element may be what a whole one may not: "." is a piece of "x."; but it is never empty.
bool has_key_bytes(std::string_view piece) {
  return !piece.empty() && check_object_key(std::string("x").append(piece)).ok();
}

}  // namespace

std::string path_of_key(std::string_view key) {
  std::string path;
  path.reserve(key.size() + 16);
  while (true) {
    std::string_view element = key.substr(0, key.find('/'));
    key.remove_prefix(element.size());
    while (element.size() > kPieceBytesMax) {
      const std::size_t cut = std::min(kPieceBytesMax, element.size() - kLastPieceBytesMin);
      path.append(element, 0, cut) += "%/";
      element.remove_prefix(cut);
    }
    path += element;
    if (key.empty()) break;
    path += '/';
    key.remove_prefix(1);
  }
  path += '@';
  return path;
}

Entry entry_of_name(std::string_view name) {
  if (name == kTemporaryDirectory) return {EntryKind::kForeign, {}};
  EntryKind kind = EntryKind::kDirectory;
  if (name.ends_with('@')) kind = EntryKind::kObject;
  if (name.ends_with('%')) kind = EntryKind::kPiece;
  if (kind != EntryKind::kDirectory) name.remove_suffix(1);
  const bool possible = kind == EntryKind::kDirectory ? check_object_key(name).ok() : has_key_bytes(name);
  if (!possible) return {EntryKind::kForeign, {}};
  return {kind, name};
}

}  // namespace cordwood::objectstore
