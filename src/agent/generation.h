// Generation: one content of one file, from its first byte to its last, whatever its name is and however it is packed.
// It is a source of the native protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/looks.h"
#include "base/hash.h"
#include "base/time.h"
#include "core/ledger.h"
#include "core/record.h"

namespace cordwood::agent {

// A file of this host while its descriptor is open, and a hint afterwards.
struct FileKey {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileKey&) const = default;
  bool known() const { return inode != 0; }
};

// A place between two records, with what is needed to go on there.
struct Position {
  core::Mark mark{0, base::hash128({})};
  // Of the line that begins, or goes on, at mark.offset; from 1.
  std::uint64_t line = 1;
  // The last time that was found in a line before, which lines without one inherit.
  std::optional<base::UnixNanos> time;
};

struct FollowedFile;

struct Generation {
  // --- kept in the checkpoint ---
  core::SourceInfo info;  // the tenant stays empty
  Position acked;         // everything before it is stored
  // Creation order; within one live path, the order of age.
  std::uint64_t order = 0;
  // It had been rotated away when first seen: a line without any time takes `modified`.
  bool history = false;
  base::UnixNanos modified;
  // Whether line and time of `acked` are known; a mark that the server told comes without them.
  bool place_known = true;
  // Its last byte is acknowledged and nothing more is expected.
  bool finished = false;
  // The file it was read from last, and that file's size and time when `finished` was set: an unchanged file is not
  // read again to be recognised.
  FileKey key;
  std::uint64_t finished_file_bytes = 0;
  base::UnixNanos finished_file_modified;
  // Since when no file holds it; 0 while one does.
  base::UnixNanos gone_since;
  // Its file was cut or written over in place, which is why that file no longer holds it.
  bool cut = false;
  // It was there, or had bytes, while it could not be read: the watermark passed it, so until it is caught up it is
  // told to be unreadable.
  bool late = false;
  std::uint64_t known_bytes = 0;  // the largest size its content was seen with
  base::UnixNanos last_write;     // of its file
  base::UnixNanos last_read;
  std::vector<core::Loss> losses;

  // --- of this run ---
  bool saved = false;  // the checkpoint on the disk has it, so slices may be sent
  Position read;       // where the next slice begins; acked <= read
  std::uint32_t slices_on_way = 0;
  // Where it was before it was found in another file.
  FileKey former_key;
  FollowedFile* file = nullptr;       // where it is read from
  std::vector<FollowedFile*> copies;  // other files with the same content
  Looks looks;
  // What the account told of it last (FileTable::fingerprint_of), 0 nothing; and whether the server answered that.
  std::uint64_t told = 0;
  bool heard = false;
  // The server has its labels, so lines may follow; or it takes no account. Not waited for longer than this.
  bool introduced = false;
  base::MonotonicNanos introduce_by{INT64_MIN};
  // Begin of the wait for a file to turn up that has the unread rest.
  std::optional<base::MonotonicNanos> missing_since;
  // Offsets of records that the server refused: left out of slices, written to the dead-letter file.
  std::set<std::uint64_t> refused;
  base::MonotonicNanos not_before{INT64_MIN};  // of a slice that was told to wait
};

}  // namespace cordwood::agent
