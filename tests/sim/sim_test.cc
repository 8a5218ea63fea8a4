// The simulation finds nothing, and finds each of three ways to get it wrong. CORDWOOD_SIM_SEEDS sets how many seeds;
// tests/sim/soak runs any number.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/log.h"
#include "sim/simulation.h"

namespace cordwood::sim {
namespace {

constexpr std::uint64_t kBrokenSeedsMax = 1000;

std::uint64_t seeds() {
  const char* given = std::getenv("CORDWOOD_SIM_SEEDS");
  return given == nullptr ? 20 : std::strtoull(given, nullptr, 10);
}

class Simulation : public ::testing::Test {
 protected:
  void SetUp() override { base::set_log_level(base::LogLevel::kNone); }
  void TearDown() override { base::set_log_level(base::LogLevel::kInfo); }
};

TEST_F(Simulation, FindsNoViolation) {
  std::size_t lines = 0;
  std::uint64_t queries = 0;
  for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
    const Outcome outcome = run_seed(seed);
    ASSERT_EQ(outcome.violation, "") << "seed " << seed << " commit " CORDWOOD_REVISION
                                     << "; again: tests/sim/soak --first " << seed << " 1";
    lines += outcome.acknowledged_lines;
    queries += outcome.queries;
  }
  std::printf("%llu seeds, %zu lines acknowledged, %llu queries compared\n", static_cast<unsigned long long>(seeds()),
              lines, static_cast<unsigned long long>(queries));
  EXPECT_GT(lines, 50 * seeds());
  EXPECT_GT(queries, 10 * seeds());
}

TEST_F(Simulation, GivesTheSameRunForTheSameSeed) {
  for (const std::uint64_t seed : {3U, 4U}) EXPECT_EQ(run_seed(seed).digest, run_seed(seed).digest);
}

class BrokenStore : public Simulation, public ::testing::WithParamInterface<Breakage> {};

TEST_P(BrokenStore, IsFound) {
  for (std::uint64_t seed = 1; seed <= kBrokenSeedsMax; ++seed) {
    const Outcome outcome = run_seed(seed, GetParam());
    if (outcome.violation.empty()) continue;
    std::printf("found by seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.violation.c_str());
    return;
  }
  FAIL() << name_of(GetParam()) << " is not found in " << kBrokenSeedsMax << " seeds";
}

INSTANTIATE_TEST_SUITE_P(All, BrokenStore,
                         ::testing::Values(Breakage::kAcknowledgeBeforeSync, Breakage::kMarkOutsideCommit,
                                           Breakage::kTrimBeforeCommit));

}  // namespace
}  // namespace cordwood::sim
