// BodySender: a sender of Loki's push API, which has no names for what it sends: it sends a body until it is told 204,
// and gives up before the dedup window ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/truth.h"
#include "sim/world.h"

namespace cordwood::sim {

class BodySender {
 public:
  BodySender(World& world, Truth& truth, std::uint64_t number) : world_(world), truth_(truth), number_(number) {}

  // For one life of the server; called anew for the next.
  base::Task<void> run();
  void finish() { writing_ = false; }
  bool is_idle() const { return !waiting_.has_value(); }

 private:
  struct Body {
    std::string bytes;
    std::string encoding;
    std::vector<LineId> lines;
    base::UnixNanos first_try;
  };
  Body make_body();
  base::Task<void> send();

  World& world_;
  Truth& truth_;
  const std::uint64_t number_;
  bool writing_ = true;
  std::uint64_t next_line_ = 0;
  std::optional<Body> waiting_;
};

}  // namespace cordwood::sim
