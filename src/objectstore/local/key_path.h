// How keys of objects are named below the directory of a LocalStore.
//
// Elements of the key become directories and the last one a file with '@' behind it. Keys have no '@', so the object
// "a" (file `a@`) and the object "a/b" (file `a/b@`) can both exist. An element longer than a file name may be is cut
// into pieces; '%' behind a directory says that the element goes on in it. `%tmp` holds files that are being written.
// Every other name with a byte that keys cannot have (`lost+found`) is not ours and is left alone.
#pragma once

#include <string>
#include <string_view>

namespace cordwood::objectstore {

inline constexpr std::string_view kTemporaryDirectory = "%tmp";

// Relative to the directory of the store. `key` has passed check_object_key.
std::string path_of_key(std::string_view key);

enum class EntryKind {
  kObject,     // the file of an object whose last element ends with `text`
  kDirectory,  // an element that ends with `text`
  kPiece,      // a piece of a longer element, which goes on in this directory
  kForeign,
};
struct Entry {
  EntryKind kind;
  std::string_view text;  // into the name
};
// What a name in a directory of the store means.
Entry entry_of_name(std::string_view name);

}  // namespace cordwood::objectstore
