#include "store/marks/agent_table.h"

namespace cordwood::store {

namespace {
// Epochs beyond are nonsense, and would not fit the catalog's signed integers.
constexpr std::uint64_t kEpochMax = std::uint64_t{1} << 62;

// The agent's epoch after a hello; none: it is a copy and draws a new id.
std::optional<std::uint64_t> next_epoch(const core::AgentHello& hello, std::optional<std::uint64_t> kept_epoch,
                                        base::Hash128 kept_nonce) {
  if (hello.saved_epoch >= kEpochMax) return std::nullopt;
  if (!kept_epoch.has_value()) return hello.saved_epoch + 1;  // new, or the server lost its memory
  if (hello.nonce == kept_nonce) return kept_epoch;           // the answer was lost
  if (hello.saved_epoch == *kept_epoch) return *kept_epoch + 1;
  return std::nullopt;
}
}  // namespace

base::Task<base::StatusOr<std::optional<AgentTable::Known>>> AgentTable::find(core::AgentId agent) {
  {
    base::MutexLock lock(mutex_);
    const auto found = known_.find(agent);
    if (found != known_.end()) co_return std::optional<Known>(found->second);
  }
  base::StatusOr<std::optional<catalog::AgentRow>> row = co_await catalog_.agent(agent);
  if (!row.ok()) co_return row.status();
  if (!row->has_value()) co_return std::optional<Known>();
  const Known known{(*row)->epoch, (*row)->nonce};
  base::MutexLock lock(mutex_);
  // A hello may have been faster: then what it wrote is newer.
  co_return std::optional<Known>(known_.try_emplace(agent, known).first->second);
}

base::Task<base::StatusOr<core::HelloAnswer>> AgentTable::hello(core::AgentHello hello) {
  core::HelloAnswer answer;
  answer.server_time = executor_.clock().now();
  base::StatusOr<core::InstallationId> installation = co_await catalog_.installation_id();
  if (!installation.ok()) co_return installation.status();
  answer.installation = *installation;

  co_await turn_.acquire();
  base::StatusOr<std::optional<Known>> kept = co_await find(hello.agent);
  if (!kept.ok()) {
    turn_.release();
    co_return kept.status();
  }
  const std::optional<std::uint64_t> kept_epoch = kept->has_value() ? std::optional((*kept)->epoch) : std::nullopt;
  const base::Hash128 kept_nonce = kept->has_value() ? (*kept)->nonce : base::Hash128{};
  const std::optional<std::uint64_t> epoch = next_epoch(hello, kept_epoch, kept_nonce);
  if (!epoch.has_value()) {
    turn_.release();
    answer.draw_new_agent_id = true;
    co_return answer;
  }
  answer.epoch = *epoch;
  catalog::AgentRow row{hello.tenant, hello.host, hello.agent, *epoch, hello.nonce, answer.server_time};
  base::Status saved = co_await catalog_.save_agent(std::move(row), kept_epoch);
  {
    base::MutexLock lock(mutex_);
    if (saved.ok()) {
      known_[hello.agent] = {*epoch, hello.nonce};
    } else {
      // It may have happened all the same: the catalog is asked next time, and the same nonce gets the same epoch.
      known_.erase(hello.agent);
    }
  }
  turn_.release();
  if (!saved.ok()) co_return base::unavailable_error("hello is not durable: {}", base::message_of(saved));
  co_return answer;
}

bool AgentTable::is_current(core::AgentId agent, std::uint64_t epoch) {
  base::MutexLock lock(mutex_);
  const auto found = known_.find(agent);
  return found != known_.end() && found->second.epoch == epoch;
}

base::Task<base::Status> AgentTable::check_epoch(core::AgentId agent, std::uint64_t epoch) {
  base::StatusOr<std::optional<Known>> known = co_await find(agent);
  if (!known.ok()) co_return known.status();
  if (!known->has_value()) {
    co_return base::failed_precondition_error("epoch {} of agent {}: the agent is unknown, greet again", epoch,
                                              base::to_hex(agent.value));
  }
  if ((*known)->epoch != epoch) {
    co_return base::failed_precondition_error("epoch {} of agent {} is not the current one ({}), greet again", epoch,
                                              base::to_hex(agent.value), (*known)->epoch);
  }
  co_return base::ok_status();
}

}  // namespace cordwood::store
