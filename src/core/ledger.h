// The ledger: an agent's account of every byte of every file it follows, and the heartbeat that carries it to the
// server (docs/protocols/native.md, "POST /api/v1/heartbeat").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "core/ids.h"
#include "core/labels.h"
#include "core/record.h"

namespace cordwood::core {

// Persisted and sent: values never change.
enum class LossReason : std::uint8_t {
  kGone = 1,        // the file was deleted or overwritten before it was read
  kTruncated = 2,   // the file was cut, as logrotate's copytruncate does, with bytes that nobody may have read
  kSpoolFull = 3,   // no room to save what rotation threatened
  kUnreadable = 4,  // damaged, or a format that memory does not allow to read
  kVacuumed = 5,    // journald removed entries that had not been read
  kRefused = 6,     // the server refused the record; it is in the agent's dead-letter file
};

// Bytes (or records, by the source's unit) that will never be stored. Never overstates: `at_least` is what is known to
// be gone; unless `exact`, there may have been more, written between `since` and `until`.
struct Loss {
  std::uint64_t begin = 0;  // offset in the generation where the loss begins
  std::uint64_t at_least = 0;
  // The final size was seen: a descriptor was still open, or the size was taken after the last write.
  bool exact = false;
  // The lost bytes were written in this time, by the agent's clock.
  UnixNanos since;
  UnixNanos until;
  LossReason reason = LossReason::kGone;
  bool operator==(const Loss&) const = default;
};

struct DroppedByRule {
  std::string rule;  // its name in the agent's configuration
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  bool operator==(const DroppedByRule&) const = default;
};

enum class GenerationState : std::uint8_t {
  kLive = 0,      // at its live path, may grow
  kRotated = 1,   // renamed, replaced or deleted; not read to its end yet
  kFinished = 2,  // read to its end and acknowledged; nothing more is expected
  kMissing = 3,   // its file is gone with bytes that were not read: waited for, then lost
};

// One generation of one file. Bytes are those of the decompressed content; records where unit says so.
struct LedgerEntry {
  GenerationId generation;
  std::string path;     // the live path
  SharedLabels labels;  // of its stream; what the pipeline adds to single records is not in them
  PositionUnit unit = PositionUnit::kBytes;
  GenerationState state = GenerationState::kLive;
  std::uint64_t seen = 0;     // the largest end that was seen
  std::uint64_t acked = 0;    // everything before it is stored, dropped by a rule, or lost
  std::uint64_t pending = 0;  // of seen - acked: a last line without its newline, or lines being joined
  UnixNanos last_write;       // of the file
  UnixNanos last_read;
  std::vector<DroppedByRule> dropped;
  std::vector<Loss> losses;
  // Why it is not read now, if so. The heartbeat's watermark then does not count it.
  std::string problem;
  bool forgotten = false;  // in a heartbeat: the agent no longer keeps this generation
};

enum class AgentEnding : std::uint8_t {
  kNone = 0,
  kStopped = 1,   // the agent was stopped; the host may go on writing
  kLastWord = 2,  // nothing is left to send and nothing will be written: --once, the end of standard input
};

struct Heartbeat {
  TenantId tenant;
  AgentId agent;
  std::uint64_t epoch = 0;
  std::string host;
  std::string version;
  // Grows by one with each new heartbeat of a run of the agent, from 1; a repeat has the same.
  std::uint64_t sequence = 0;
  UnixNanos sent_at;  // by the agent's clock
  // Server's clock minus the agent's, as the agent estimated it from the last answer.
  base::nanoseconds clock_offset{0};
  // By the agent's clock: everything written on this host before it is stored, dropped by a rule, or in `losses`, but
  // for files whose entry has a `problem`. 0: not known yet.
  UnixNanos watermark;
  AgentEnding ending = AgentEnding::kNone;
  // Names of labels that the agent's pipeline may add to any of its records' streams.
  std::vector<std::string> extracted;
  // What changed since the heartbeat before. An account too long for one message comes in several: the first has
  // account_begins, the last account_ends; entries that it did not name are gone.
  bool account_begins = false;
  bool account_ends = false;
  std::vector<LedgerEntry> entries;
};

struct HeartbeatAnswer {
  UnixNanos server_time;
  // The server lacks a part of this agent's account: send all of it.
  bool send_all = false;
};

// The server's side; implemented by fleet. Thread-safe.
class HeartbeatSink {
 public:
  virtual ~HeartbeatSink() = default;
  // FailedPrecondition: another epoch than the agent's last hello (409); the agent greets again.
  virtual base::Task<base::StatusOr<HeartbeatAnswer>> heartbeat(Heartbeat heartbeat) = 0;
};

}  // namespace cordwood::core
