// The agent's memory across restarts: STATE/checkpoint. The format stands in docs/formats/agent-checkpoint.md.
//
// It may be older than the truth: the server holds the marks, and tells them to whoever sends a slice that does not
// begin at one. It may be gone: the server's sources are then asked for. What it must never be is wrong, hence the
// checksum.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/generation.h"
#include "base/hash.h"
#include "base/status.h"
#include "core/ids.h"
#include "io/file.h"

namespace cordwood::agent {

// Of journald: the cursor of the entry at which `records` entries had been sent.
struct JournalPoint {
  std::uint64_t records = 0;
  std::string cursor;
};
struct JournalState {
  core::GenerationId generation;
  std::uint64_t acked = 0;
  // Ascending; the first is at or before `acked`, the later ones were sent but not acknowledged when this was saved.
  std::vector<JournalPoint> points;
  std::vector<core::Loss> losses;
  bool known() const { return generation.value != base::Hash128{}; }
};

struct Checkpoint {
  core::AgentId agent;
  std::uint64_t epoch = 0;
  base::Hash128 nonce;  // of the last hello; drawn anew before the next one
  // Of the server at which the marks below are valid; all zero before the first hello.
  core::InstallationId installation;
  std::uint64_t next_order = 1;
  // By this host's clock: everything written before it was stored or lost when this was saved; 0: not known.
  base::UnixNanos watermark;
  std::vector<std::string> unreadable;  // paths of files that did not count in it
  std::vector<Generation> generations;  // only the part that is kept
  JournalState journal;
};

std::string encode_checkpoint(const Checkpoint& checkpoint, const std::vector<const Generation*>& generations);
// DataLoss naming field and offset; Unimplemented for a version of the future.
base::StatusOr<Checkpoint> decode_checkpoint(std::string_view bytes);

// Atomic: afterwards, and after any crash, the file is the old or the new one. Blocks for the disk.
base::Status save_checkpoint(io::FileSystem& files, const std::string& path, std::string_view bytes);
// NotFound at the first start.
base::StatusOr<Checkpoint> load_checkpoint(io::FileSystem& files, const std::string& path);

}  // namespace cordwood::agent
