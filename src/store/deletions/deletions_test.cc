// Deletion by selector, filter and range: hidden at once, gone from storage soon after, and never more than was meant.
#include "store/store_testing.h"

namespace cordwood::store {
namespace {

using Lines = std::vector<std::string>;

class Deletions : public ::testing::Test {
 protected:
  void SetUp() override {
    world.options.background_compaction = false;
    world.open();
  }
  std::string erase(const std::string& query, core::TimeRange range = {}) {
    auto id = world.run(world.store->request_deletion({core::TenantId::default_tenant(), query, range}));
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : "";
  }
  core::DeletionStatus status_of(const std::string& id) {
    const auto all = *world.run(world.store->deletions(core::TenantId::default_tenant()));
    for (const auto& one : all) {
      if (one.id == id) return one;
    }
    ADD_FAILURE() << "no deletion " << id;
    return {};
  }
  void add(std::string_view stream, std::int64_t seconds, std::string_view text) {
    ASSERT_TRUE(world.append(line_at(stream, seconds, text)).ok());
  }
  bool compact() { return world.run(world.store->compact()).ok(); }
  bool flush() { return world.run(world.store->flush()).ok(); }
  World world;
};

TEST_F(Deletions, HideAtOnceWhereverTheRowsAreAndRemoveThemSoon) {
  add("a", 1, "a secret in a segment");
  add("b", 1, "b secret of another stream");
  add("a", 2, "a plain");
  ASSERT_TRUE(flush());
  add("a", 3, "a secret in the head");
  const std::string id = erase("a secret");
  EXPECT_EQ(world.lines(), (Lines{"a plain", "b secret of another stream"}));
  EXPECT_EQ(status_of(id).state, core::DeletionState::kHidden);
  EXPECT_EQ(status_of(id).parts_waiting, 1U);
  EXPECT_EQ(world.status().deletions_waiting, 1U);
  world.executor.now->run_for(std::chrono::minutes(2));
  EXPECT_EQ(status_of(id).state, core::DeletionState::kRemoved);
  EXPECT_EQ(status_of(id).records_removed, 2U);
  EXPECT_EQ(world.status().records, 2U) << "not only hidden";
  EXPECT_EQ(world.lines(), (Lines{"a plain", "b secret of another stream"}));
  world.executor.now->run_for(std::chrono::hours(1));
  auto objects = *world.run(world.objects->list("segments/", "", 100));
  EXPECT_EQ(objects.objects.size(), world.status().parts) << "the old objects are gone";
}

// Reads blocks as a query does: encoded lines, hidden rows beside them. Its slow twin takes the rows out.
base::Task<base::StatusOr<Lines>> read_hidden(std::shared_ptr<const segment::Part> part) {
  Lines out;
  for (std::size_t block = 0; block < part->blocks().size(); ++block) {
    const segment::Columns columns{.encoded_lines = true, .lengths = true, .hidden_rows = true};
    auto rows = co_await part->read_block(block, columns);
    if (!rows.ok()) co_return rows.status();
    std::vector<bool> hidden((*rows)->size(), false);
    for (const segment::RowRange range : (*rows)->hidden) {
      for (std::uint32_t row = range.begin; row < range.end; ++row) hidden[row] = true;
    }
    for (std::uint32_t row = 0; row < (*rows)->size(); ++row) {
      if (hidden[row]) continue;
      std::string line;
      if ((*rows)->encoded == nullptr) {
        line = (*rows)->lines[row];
      } else {
        auto lines = (*rows)->encoded->lease();
        if (!lines.ok()) co_return lines.status();
        base::Status appended = (*lines)->append_line(row, line);
        if (!appended.ok()) co_return appended;
      }
      out.push_back(std::move(line));
    }
  }
  co_return out;
}

// A part with a name of its own for its content, as a cache gives it; counts the reads of lines.
class NamedPart final : public segment::Part {
 public:
  explicit NamedPart(std::shared_ptr<const segment::Part> part) : part_(std::move(part)) {}
  std::string_view name() const override { return part_->name(); }
  std::string_view content_key() const override { return part_->name(); }
  core::TimeSpan times() const override { return part_->times(); }
  std::span<const segment::PartStream> streams() const override { return part_->streams(); }
  std::span<const segment::RowSource> sources() const override { return part_->sources(); }
  std::span<const segment::BlockInfo> blocks() const override { return part_->blocks(); }
  base::Task<base::StatusOr<std::shared_ptr<const segment::BlockRows>>> read_block(
      std::size_t index, segment::Columns columns) const override {
    if (columns.lines && !columns.encoded_lines) ++texts_read;
    co_return co_await part_->read_block(index, columns);
  }
  mutable int texts_read = 0;

 private:
  const std::shared_ptr<const segment::Part> part_;
};

TEST_F(Deletions, AreLeftOutOfEncodedBlocksAsOfText) {
  for (int i = 0; i < 300; ++i) {
    add(i % 3 == 0 ? "a" : "b", i, fmt::format("request {} user {} took {} ms", i, i % 7, i * 13 % 101));
  }
  ASSERT_TRUE(flush());
  const std::vector<std::string> queries = {"a user 3", "b request 1", "a", "a nothing"};
  for (const std::string& query : queries) erase(query, {{World::kStart}, {World::kStart + 200 * 1'000'000'000LL}});
  auto snapshot = *world.run(world.store->snapshot(core::TenantId::default_tenant(), core::TimeRange{}));
  ASSERT_EQ(snapshot.segments.size(), 1U);
  const catalog::PartRow& row = snapshot.segments[0];
  std::shared_ptr<segment::ByteSource> source =
      std::make_shared<ObjectSource>(*world.objects_read, row.object_key, row.stored_bytes);
  auto named = std::make_shared<NamedPart>(*world.run(segment::open_segment(std::move(source))));
  std::set<std::string> keys;
  for (std::size_t count = 1; count <= queries.size(); ++count) {
    store::Deletions some(snapshot.filters[row.object_key].begin(),
                          snapshot.filters[row.object_key].begin() + static_cast<std::ptrdiff_t>(count));
    const auto part = filter_part(named, some);
    EXPECT_TRUE(keys.insert(std::string(part->content_key())).second) << "other rows, another key";
    std::shared_ptr<const segment::Part> copy = part;
    auto twin = world.run(segment::read_all_rows(std::move(copy)));
    ASSERT_TRUE(twin.ok());
    Lines wanted;
    for (const segment::MemRow& one : *twin) wanted.push_back(one.line);
    ASSERT_LT(wanted.size(), 300U);
    auto read = world.run(read_hidden(part));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, wanted);
    named->texts_read = 0;
    auto again = world.run(read_hidden(part));
    EXPECT_EQ(*again, wanted);
    EXPECT_EQ(named->texts_read, 0) << "what is hidden is known now";
  }
}

TEST_F(Deletions, MeanOnlyWhatWasStoredBefore) {
  add("a", 1, "old");
  const std::string id = erase("a");
  add("a", 2, "new");
  EXPECT_EQ(world.lines(), Lines{"new"});
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), Lines{"new"}) << "after replay";
  ASSERT_TRUE(flush());
  EXPECT_EQ(world.lines(), Lines{"new"});
  add("a", 3, "newer");
  ASSERT_TRUE(flush());
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.lines(), (Lines{"new", "newer"}));
  EXPECT_EQ(status_of(id).records_removed, 1U);
}

TEST_F(Deletions, GoByTheRangeAndTheTenant) {
  add("a", 1, "1");
  add("a", 2, "2");
  add("a", 3, "3");
  const core::UnixNanos two{World::kStart + 2'000'000'000};
  erase("a", {two, two + base::nanoseconds(1)});
  EXPECT_EQ(world.lines(), (Lines{"1", "3"}));
  ASSERT_TRUE(world.run(world.store->request_deletion({{"other"}, "a", {}})).ok());
  EXPECT_EQ(world.lines(), (Lines{"1", "3"}));
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.lines(), (Lines{"1", "3"}));
}

TEST_F(Deletions, LeaveNoEmptySegment) {
  add("a", 1, "1");
  add("a", 2, "2");
  ASSERT_TRUE(flush());
  add("a", 100'000, "in the head");
  erase("a");
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.status().parts, 0U);
  EXPECT_EQ(world.lines(), Lines{});
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), Lines{});
}

TEST_F(Deletions, StayHiddenOverARestart) {
  add("a", 1, "1");
  ASSERT_TRUE(flush());
  add("a", 2, "2");
  const std::string id = erase("a");
  world.crash();
  world.open();
  EXPECT_EQ(world.lines(), Lines{});
  EXPECT_EQ(status_of(id).state, core::DeletionState::kHidden);
  ASSERT_TRUE(compact());
  EXPECT_EQ(status_of(id).state, core::DeletionState::kRemoved);
  world.crash();
  world.open();
  EXPECT_EQ(status_of(id).records_removed, 2U);
  add("a", 3, "3");
  EXPECT_EQ(world.lines(), Lines{"3"});
}

TEST_F(Deletions, CanBeCancelledUntilTheRemovalBegins) {
  add("a", 1, "1");
  ASSERT_TRUE(flush());
  const std::string id = erase("a");
  EXPECT_EQ(world.lines(), Lines{});
  EXPECT_EQ(world.run(world.store->cancel_deletion({"other"}, id)).code(), base::StatusCode::kNotFound);
  EXPECT_EQ(world.run(world.store->cancel_deletion(core::TenantId::default_tenant(), "x")).code(),
            base::StatusCode::kNotFound);
  EXPECT_TRUE(world.run(world.store->cancel_deletion(core::TenantId::default_tenant(), id)).ok());
  EXPECT_EQ(world.lines(), Lines{"1"});
  const std::string again = erase("a");
  ASSERT_TRUE(compact());
  EXPECT_EQ(world.run(world.store->cancel_deletion(core::TenantId::default_tenant(), again)).code(),
            base::StatusCode::kFailedPrecondition);
}

TEST_F(Deletions, AreRefusedWhenTheyAreNoQuery) {
  auto id = world.run(world.store->request_deletion({core::TenantId::default_tenant(), "", {}}));
  EXPECT_EQ(id.status().code(), base::StatusCode::kInvalidArgument);
}

TEST_F(Deletions, DoNotStopAtADamagedSegment) {
  add("a", 1, "1");
  ASSERT_TRUE(flush());
  auto snapshot = *world.run(world.store->snapshot(core::TenantId::default_tenant(), {}));
  std::string key = snapshot.segments[0].object_key;
  ASSERT_TRUE(world.run(world.objects->put(key, std::make_shared<const std::string>("damaged"))).ok());
  const std::string id = erase("a");
  EXPECT_FALSE(compact());
  EXPECT_EQ(status_of(id).state, core::DeletionState::kHidden);
  auto report = world.run(world.store->verify());
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->faults.size(), 1U);
  EXPECT_NE(report->faults[0].find(key), std::string::npos);
}

}  // namespace
}  // namespace cordwood::store
