// Session: who this agent is to the server. It greets, keeps the epoch, and asks for marks when its own memory, or the
// server's, is gone. Builds requests and reads answers; sending is the Agent's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/checkpoint.h"
#include "agent/file_table.h"
#include "agent/journal_input.h"
#include "base/random.h"
#include "base/status.h"
#include "core/record_sink.h"

namespace cordwood::agent {

class Session {
 public:
  // `fresh`: there was no checkpoint, so what the server knows of this host is asked for before anything is read.
  Session(Checkpoint checkpoint, bool fresh, std::string host, base::Random& random);

  enum class State { kGreet, kAskSources, kReady };
  State state() const { return state_; }
  // Files may be recognised: what is known of them is complete.
  bool knows_generations() const { return !fresh_; }
  const core::AgentId& agent() const { return memory_.agent; }
  std::uint64_t epoch() const { return memory_.epoch; }
  // The part of the checkpoint that is the session's.
  const Checkpoint& memory() const { return memory_; }
  // The checkpoint has to be saved before the next request is sent.
  bool wants_save() const { return wants_save_; }
  void saved() { wants_save_ = false; }

  // A push was answered 409 `epoch`.
  void greet_again();
  // The body of the next request, for state kGreet or kAskSources.
  std::string request_body();
  base::Status on_hello(std::string_view body);
  base::Status on_sources(std::string_view body, FileTable& table, JournalInput* journal);

 private:
  void take_over(const std::vector<core::SourceState>& states, FileTable& table, JournalInput* journal);

  Checkpoint memory_;  // without generations
  bool fresh_;
  const std::string host_;
  base::Random& random_;
  State state_ = State::kGreet;
  bool wants_save_ = false;
  core::InstallationId next_installation_;
};

}  // namespace cordwood::agent
