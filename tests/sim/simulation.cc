#include "sim/simulation.h"

#include <cerrno>
#include <vector>

#include "sim/agent.h"
#include "sim/body_sender.h"
#include "sim/deleter.h"
#include "sim/reader.h"

namespace cordwood::sim {

namespace {

constexpr std::uint64_t kAgents = 2;
constexpr std::uint64_t kBodySenders = 2;

class Simulation {
 public:
  Simulation(std::uint64_t seed, Breakage breakage) : world_(seed, breakage), deleter_(world_, truth_) {
    deletes_ = world_.chance(0.5);
    if (world_.chance(0.3)) world_.keep_tier_b = std::chrono::hours(48);
    world_.options.journal_file_bytes = 2000 + world_.below(8000);
    world_.options.head_flush_bytes = 4000 + world_.below(30'000);
    world_.options.head_bytes_max = 4 * world_.options.head_flush_bytes;
    world_.options.append_wait_max = std::chrono::milliseconds(100);
    world_.options.head_flush_age = std::chrono::milliseconds(100 + world_.below(100'000));
    for (std::uint64_t i = 1; i <= kAgents; ++i) agents_.push_back(std::make_unique<Agent>(world_, truth_, i));
    for (std::uint64_t i = 1; i <= kBodySenders; ++i)
      senders_.push_back(std::make_unique<BodySender>(world_, truth_, i));
  }

  Outcome run() {
    if (world_.keep_tier_b.count() > 0) set_retention();
    const std::uint64_t lives = 3 + world_.below(5);
    for (std::uint64_t i = 0; i < lives && !truth_.is_violated(); ++i) live();
    if (!truth_.is_violated()) settle();
    return {truth_.violation(), truth_.acknowledged_lines(), truth_.queries(), truth_.digest()};
  }

 private:
  bool open() {
    const base::Status opened = world_.open();
    if (!opened.ok()) truth_.violate(fmt::format("the server does not open: {}", opened.ToString()));
    return opened.ok();
  }

  bool start() {
    if (!open()) return false;
    for (auto& agent : agents_) {
      if (world_.chance(0.3)) agent->restart();
      world_.executor.spawn(agent->run());
    }
    for (auto& sender : senders_) world_.executor.spawn(sender->run());
    world_.executor.spawn(run_reader(world_, truth_));
    world_.executor.spawn(run_operator(this));
    if (deletes_) world_.executor.spawn(deleter_.run());
    return true;
  }

  void draw_faults() {
    world_.heal();
    world_.network_faults = world_.chance(0.7) ? 0.1 : 0;
    if (world_.chance(0.6)) world_.object_faults = {0.04, 0.04, std::chrono::milliseconds(20)};
    if (world_.chance(0.6)) world_.catalog_faults = {0.05, 0.05, std::chrono::milliseconds(10)};
    if (world_.chance(0.5)) world_.files.power_off_at(1 + world_.below(400));
    if (world_.chance(0.5)) world_.files.fail_operation(1 + world_.below(200), world_.chance(0.5) ? EIO : ENOSPC);
    if (world_.chance(0.15)) world_.files.set_capacity(world_.files.used_bytes() + world_.below(20'000));
  }

  void live() {
    if (!start()) return;
    draw_faults();
    world_.run_for(world_.up_to_ms(1200));
    if (world_.chance(0.15))
      world_.executor.now->jump_wall_clock(std::chrono::seconds(world_.below(600)) - std::chrono::seconds(300));
    if (world_.chance(0.2)) {
      // Time for what happens seldom: flushes by age, the sweep, merges.
      world_.begin_quiet();
      world_.run_for(std::chrono::minutes(world_.below(120)));
      world_.end_quiet();
    }
    world_.run_for(world_.up_to_ms(800));
    if (world_.chance(0.2)) {
      world_.heal();
      world_.close();
    } else if (world_.chance(0.4)) {
      world_.kill();
    } else {
      world_.crash();
    }
    deleter_.server_died();
  }

  // Before anything is stored, so that every segment knows its class.
  void set_retention() {
    if (!open()) return;
    core::RetentionRule rule{core::TenantId::default_tenant(), "{tier=\"b\"}", world_.keep_tier_b, 0};
    const base::Status set = world_.run(world_.life().store->set_retention(std::move(rule)));
    if (!set.ok()) truth_.violate("a retention rule is refused: " + set.ToString());
    world_.close();
  }

  // What an operator asks for, and what age and size would.
  static base::Task<void> run_operator(Simulation* self) {
    World& world = self->world_;
    while (true) {
      co_await world.executor.sleep_for(world.up_to_ms(400));
      co_await world.await_noise();
      base::Status status = base::ok_status();
      if (world.chance(0.3)) {
        status = co_await world.life().store->compact();
      } else {
        status = co_await world.life().store->flush();
      }
    }
  }

  void must_read(std::string_view when) {
    for (int i = 0; i < 20; ++i) {
      if (world_.run(read_all(world_, truth_, core::Direction::kForward, base::nanoseconds(0))) &&
          world_.run(count_all(world_, truth_)))
        return;
    }
    truth_.violate(fmt::format("{}: with no fault anywhere a query fails", when));
  }

  // Everything heals. Every sender is heard, and what the store holds is looked at in all its forms.
  void settle() {
    world_.heal();
    for (auto& agent : agents_) agent->finish();
    for (auto& sender : senders_) sender->finish();
    if (!start() || !wait_for_senders()) return;
    deletes_ = false;
    world_.begin_quiet();
    world_.run_for(std::chrono::seconds(2));
    must_read("at the end");
    world_.crash();
    deleter_.server_died();
    if (!open()) return;
    must_read("after a power cut");
    if (!world_.run(world_.life().store->flush()).ok()) truth_.violate("with no fault anywhere a flush fails");
    must_read("after a flush");
    if (!world_.run(world_.life().store->compact()).ok()) truth_.violate("with no fault anywhere a merge fails");
    must_read("after merges");
    world_.run_for(std::chrono::hours(3));
    must_read("after the sweep");
    check_objects();
    if (world_.keep_tier_b.count() > 0) must_expire();
    world_.close();
    if (!open()) return;
    must_read("after a restart");
    world_.close();
  }

  bool wait_for_senders() {
    for (int i = 0; i < 600; ++i) {
      world_.run_for(std::chrono::milliseconds(100));
      bool idle = true;
      for (auto& agent : agents_) idle = idle && agent->is_idle();
      for (auto& sender : senders_) idle = idle && sender->is_idle();
      if (idle || truth_.is_violated()) return !truth_.is_violated();
    }
    truth_.violate("with no fault anywhere the senders are not heard");
    return false;
  }

  // Every line of a class is in segments of its own, so all of them go.
  void must_expire() {
    world_.executor.now->jump_wall_clock(std::chrono::hours(24 * 5));
    world_.run_for(std::chrono::minutes(3));
    truth_.expired(world_.now().value);
    must_read("after the time to keep");
  }

  void check_objects() {
    base::StatusOr<core::VerifyReport> report = world_.run(world_.life().store->verify());
    if (!report.ok() || !report->ok()) return truth_.violate("with no fault anywhere verification finds some");
    const auto deletions = world_.run(world_.life().store->deletions(core::TenantId::default_tenant()));
    for (const core::DeletionStatus& one : *deletions) {
      if (one.state != core::DeletionState::kRemoved) truth_.violate("a deletion is never done: " + one.request.query);
    }
    base::StatusOr<std::vector<std::string>> keys = world_.object_keys();
    base::StatusOr<core::StoreStatus> status = world_.run(world_.life().store->status());
    if (!keys.ok() || !status.ok()) return truth_.violate("with no fault anywhere objects cannot be listed");
    if (keys->size() != status->parts) {
      truth_.violate(fmt::format("{} objects are stored for {} live segments", keys->size(), status->parts));
    }
  }

  Truth truth_;
  World world_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<std::unique_ptr<BodySender>> senders_;
  Deleter deleter_;
  bool deletes_ = false;
};

}  // namespace

Outcome run_seed(std::uint64_t seed, Breakage breakage) {
  // Kept: coroutines of dead servers refer to it.
  auto simulation = std::make_shared<Simulation>(seed, breakage);
  Outcome outcome = simulation->run();
  testing::bury(simulation);
  return outcome;
}

}  // namespace cordwood::sim
