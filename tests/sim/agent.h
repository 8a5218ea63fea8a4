// Agent: an agent of the native protocol that keeps all its rules, over servers and networks that fail. It has some
// files, which grow; it cuts slices, sends them until it hears of them, goes on at the server's mark when that
// verifies, dies and starts again from an older checkpoint, and says now and then that lines are lost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/record_sink.h"
#include "ingest/native/push_encoder.h"
#include "sim/truth.h"
#include "sim/world.h"

namespace cordwood::sim {

class Agent {
 public:
  Agent(World& world, Truth& truth, std::uint64_t number);

  // For one life of the server; called anew for the next.
  base::Task<void> run();
  // The process starts again: it goes on at an older position, and greets.
  void restart();
  // Writes no more; idle once everything is acknowledged.
  void finish() { growing_ = false; }
  bool is_idle() const;

 private:
  struct FileLine {
    std::uint64_t begin = 0;  // offset of the first byte
    std::string text;
    base::UnixNanos time;
  };
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  struct Generation {
    core::SourceInfo info;
    std::string content;
    std::vector<FileLine> lines;
    std::uint64_t position = 0;
    std::uint64_t checkpoint = 0;
    std::optional<Range> cut;  // what was sent and not answered
    bool cut_is_lost = false;
    std::vector<Range> said_lost;  // in a slice whose outcome is not known
  };
  struct Sending {
    std::size_t generation = 0;
    Range range;
    bool lost = false;
    ingest::native::EncodedSlice slice;
  };

  void add_generation();
  void grow(Generation& generation);
  core::Mark mark_at(const Generation& generation, std::uint64_t offset) const;
  std::optional<Sending> cut(std::size_t index);
  base::Task<void> greet();
  base::Task<void> push();
  void understand(const Sending& sent, const core::SliceVerdict& verdict);
  void stored(Generation& generation, Range range, bool lost);
  void learned_mark(Generation& generation, const core::Mark& mark);

  World& world_;
  Truth& truth_;
  const std::uint64_t number_;
  core::AgentId id_;
  std::uint64_t epoch_ = 0;
  base::Hash128 nonce_;
  bool greeted_ = false;
  bool growing_ = true;
  std::uint64_t next_line_ = 0;
  std::vector<Generation> generations_;
};

}  // namespace cordwood::sim
