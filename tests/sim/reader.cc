#include "sim/reader.h"

namespace cordwood::sim {

namespace {
constexpr const char* kEverything = "{job=~\".+\"}";
}  // namespace

base::Task<bool> read_all(World& world, Truth& truth, core::Direction direction,
                          base::nanoseconds pause_between_pages) {
  const Truth::Moment began = truth.now();
  core::RowQuery query;
  query.tenant = core::TenantId::default_tenant();
  query.query = kEverything;
  query.direction = direction;
  base::StatusOr<std::unique_ptr<core::RowCursor>> cursor = co_await world.life().queries->rows(std::move(query));
  if (!cursor.ok()) co_return false;
  std::vector<std::string> lines;
  while (true) {
    base::StatusOr<std::vector<core::Row>> page = co_await (*cursor)->next();
    if (!page.ok()) co_return false;
    if (page->empty()) break;
    for (core::Row& row : *page) lines.push_back(std::move(row.line));
    if (pause_between_pages.count() > 0) co_await world.executor.sleep_for(pause_between_pages);
  }
  const bool complete = (*cursor)->stats().unreadable.empty();
  truth.check(lines, began, complete, world.now().value,
              direction == core::Direction::kForward ? "forward" : "backward");
  co_return complete;
}

base::Task<bool> count_all(World& world, Truth& truth) {
  const std::size_t before = truth.found_at_least(world.now().value);
  core::QueryRequest request;
  request.tenant = core::TenantId::default_tenant();
  request.query = fmt::format("sum(count_over_time({}[60d]))", kEverything);
  request.instant = true;
  // The clock may have jumped back since the newest line.
  request.end = request.start = world.now() + std::chrono::hours(1);
  base::StatusOr<core::QueryResult> result = co_await world.life().queries->run(std::move(request));
  if (!result.ok() || result->partial || !result->stats.unreadable.empty()) co_return false;
  const auto* vector = std::get_if<core::VectorResult>(&result->data);
  double count = 0;
  if (vector != nullptr && !vector->series.empty()) count = vector->series[0].samples[0].value;
  truth.check_count(count, before, world.now().value);
  co_return true;
}

base::Task<void> run_reader(World& world, Truth& truth) {
  while (true) {
    co_await world.executor.sleep_for(world.up_to_ms(150));
    co_await world.await_noise();
    if (world.chance(0.3)) {
      co_await count_all(world, truth);
      continue;
    }
    const core::Direction direction = world.chance(0.5) ? core::Direction::kForward : core::Direction::kBackward;
    const base::nanoseconds pause = world.chance(0.3) ? world.up_to_ms(20) : base::nanoseconds(0);
    co_await read_all(world, truth, direction, pause);
  }
}

}  // namespace cordwood::sim
