// Heartbeats: the agent's account on its way to the server (docs/protocols/native.md, "POST /api/v1/heartbeat"). Builds
// messages and reads answers; sending is the Agent's.
//
// What was told of a generation is remembered as a hash of it, so nobody has to remember to say that something changed,
// and a heartbeat of 100,000 quiet files is empty. One message is under way at a time, and it is repeated word by word
// until it is answered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/file_table.h"
#include "agent/journal_input.h"
#include "base/clock.h"
#include "base/status.h"
#include "core/ledger.h"
#include "io/http_client.h"

namespace cordwood::agent {

struct HeartbeatOptions {
  std::string host;
  std::string version;
  base::nanoseconds interval = std::chrono::seconds(2);
  // After a generation appeared, so that its first line does not wait long.
  base::nanoseconds news_interval = std::chrono::milliseconds(100);
  // To a server that does not know heartbeats, or does not understand them.
  base::nanoseconds unsupported_interval = std::chrono::minutes(1);
};

// Not thread-safe.
class Heartbeats {
 public:
  // `journal` may be null. All outlive it.
  Heartbeats(HeartbeatOptions options, FileTable& table, JournalInput* journal, base::Clock& clock);

  // After each hello: another epoch, and the account begins anew.
  void greeted();
  bool due() const;
  // What cannot be known from files: the agent's journal could not be opened.
  void set_journal_problem(std::string problem) { journal_problem_ = std::move(problem); }

  struct Facts {
    core::AgentId agent;
    std::uint64_t epoch = 0;
    base::UnixNanos watermark;
    // Told in the first message after which nothing is left to tell.
    core::AgentEnding ending = core::AgentEnding::kNone;
  };
  // The body of the message to send now, zstd.
  std::string next(const Facts& facts);
  enum class Outcome { kDone, kAgain, kGreetAgain };
  Outcome on_answer(const base::StatusOr<io::ClientResponse>& response);
  // The ending was told and heard.
  bool ended() const { return ended_; }
  bool supported() const { return supported_; }

 private:
  // Entries of one message take about so much memory.
  static constexpr std::size_t kBytesMax = 1 << 20;

  void build(const Facts& facts);
  // False when there is no room left for all that changed.
  bool add_entries(core::Heartbeat& heartbeat);
  bool add_unreadable(core::Heartbeat& heartbeat, std::size_t& bytes);
  void begin_account();
  void answered(const core::HeartbeatAnswer& answer);
  void not_understood(std::string_view reason);

  const HeartbeatOptions options_;
  FileTable& table_;
  JournalInput* const journal_;
  base::Clock& clock_;
  std::string journal_problem_;
  std::uint64_t sequence_ = 0;

  // Of the message that is not answered yet.
  std::string body_;
  bool in_flight_ = false;
  std::vector<core::GenerationId> named_;
  bool ends_account_ = false;
  core::AgentEnding ending_ = core::AgentEnding::kNone;
  base::UnixNanos watermark_in_body_;
  base::UnixNanos sent_at_;
  base::MonotonicNanos sent_;

  bool account_begun_ = false;  // the server has its first piece
  bool whole_ = false;          // and its last
  bool more_ = true;            // something changed that did not fit
  bool ended_ = false;
  bool supported_ = true;
  std::size_t start_ = 0;  // which generation is looked at first, so that none starves
  base::UnixNanos told_watermark_;
  std::map<core::GenerationId, std::uint64_t> told_unreadable_;
  base::MonotonicNanos last_{INT64_MIN};
  base::MonotonicNanos not_before_{INT64_MIN};
  // Server's clock minus ours, of the quickest answer lately.
  base::nanoseconds clock_offset_{0};
  base::nanoseconds offset_trip_{INT64_MAX};
};

}  // namespace cordwood::agent
