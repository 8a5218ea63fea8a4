// What the agent did and what it could not do: nothing is silent. Written to STATE/status.json every second.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ledger.h"
#include "core/record.h"

namespace cordwood::agent {

// A path that is not read, or not to its end, and why.
struct NotRead {
  std::string path;
  std::string reason;
};

struct AgentStatus {
  bool connected = false;         // greeted by the server, and the last request was answered
  std::string error;              // the last one of the connection, while there is one
  std::uint64_t files = 0;        // on the disk, being followed or fully read
  std::uint64_t generations = 0;  // with a file, or with bytes still to be sent
  // Of this run. Bytes are those of decompressed files, line ends included.
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_sent = 0;   // repeats counted again
  std::uint64_t bytes_acked = 0;  // newly stored
  std::uint64_t lines_acked = 0;
  std::uint64_t records_refused = 0;  // in STATE/dead-letters
  std::uint64_t bytes_lost = 0;       // known to be lost; there may have been more
  // Now.
  std::uint64_t bytes_acked_total = 0;  // of all generations known, earlier runs included
  std::uint64_t bytes_waiting = 0;      // seen and not acknowledged; compressed files count once they are opened
  std::uint64_t journal_records_acked = 0;
  std::vector<NotRead> skipped;   // never read: binary, unsupported, a copy
  std::vector<NotRead> problems;  // could not be read: permission, corrupt, missing
  // What will never be stored, the newest last; at most kLossesMax, `losses_total` counts all.
  static constexpr std::size_t kLossesMax = 1000;
  struct LostPart {
    std::string path;
    core::GenerationId generation;
    core::Loss loss;
  };
  std::vector<LostPart> losses;
  // Of all generations known: bytes of files, without the journal's records.
  struct Totals {
    std::uint64_t seen = 0;
    std::uint64_t acked = 0;  // stored or lost
    std::uint64_t pending = 0;
    std::uint64_t losses = 0;  // number
    std::uint64_t lost_at_least = 0;
    bool lost_exact = true;
  };
  Totals ledger;
  // By this host's clock: everything written before it is stored or lost. 0: not known.
  base::UnixNanos watermark;
  // Every known file is read to its end and acknowledged (a line without its newline may wait in a live file).
  bool caught_up = false;

  void add_losses(const core::SourceInfo& source, const std::vector<core::Loss>& more);
  void keep_newest_losses();
  // One object, for scripts; docs/operating/agent.md names the fields.
  std::string to_json() const;
};

}  // namespace cordwood::agent
