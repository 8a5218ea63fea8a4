// What the agent did and what it could not do: nothing is silent. Written to STATE/status.json every second.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  // Every known file is read to its end and acknowledged (a line without its newline may wait in a live file).
  bool caught_up = false;

  // One object, for scripts; docs/operating/agent.md names the fields.
  std::string to_json() const;
};

}  // namespace cordwood::agent
