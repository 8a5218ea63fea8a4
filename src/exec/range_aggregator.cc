#include "exec/range_aggregator.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <type_traits>

#include "base/check.h"

namespace cordwood::exec {
namespace {

struct Window {
  base::UnixNanos end;
  base::nanoseconds range;
};

double seconds_of(const Window& window) {
  return static_cast<double>(window.range.count()) / 1e9;
}

// How a kernel's state becomes a value.
template <typename State_, auto Finish>
struct Kernel {
  using State = State_;
  static double finish(State& state, const Window& window, double parameter) {
    return Finish(state, window, parameter);
  }
};

using Count = Kernel<CountState, [](CountState& s, const Window&, double) { return static_cast<double>(s.count); }>;
using CountRate = Kernel<CountState, [](CountState& s, const Window& w, double) {
  return static_cast<double>(s.count) / seconds_of(w);
}>;
using Sum = Kernel<SumState, [](SumState& s, const Window&, double) { return s.value(); }>;
using SumRate = Kernel<SumState, [](SumState& s, const Window& w, double) { return s.value() / seconds_of(w); }>;
using Avg = Kernel<MeanState, [](MeanState& s, const Window&, double) { return s.value(); }>;
using Min = Kernel<ExtremeState<false>, [](ExtremeState<false>& s, const Window&, double) { return s.value; }>;
using Max = Kernel<ExtremeState<true>, [](ExtremeState<true>& s, const Window&, double) { return s.value; }>;
using Stdvar = Kernel<VarianceState, [](VarianceState& s, const Window&, double) { return s.variance(); }>;
using Stddev = Kernel<VarianceState, [](VarianceState& s, const Window&, double) { return std::sqrt(s.variance()); }>;
using First = Kernel<EndState<false>, [](EndState<false>& s, const Window&, double) { return s.value; }>;
using Last = Kernel<EndState<true>, [](EndState<true>& s, const Window&, double) { return s.value; }>;
using Quantile = Kernel<ValuesState, [](ValuesState& s, const Window&, double q) { return quantile_of(q, s.values); }>;
using RateCounter = Kernel<SamplesState, [](SamplesState& s, const Window& w, double) {
  std::sort(s.samples.begin(), s.samples.end(),
            [](const SamplesState::Sample& a, const SamplesState::Sample& b) { return a.position < b.position; });
  return counter_rate(s.samples, w.end, w.range);
}>;

// The panes of one series, allocated in chunks as samples come.
template <typename State>
class PaneStore {
 public:
  static constexpr std::size_t kChunkPanes = 32;

  // Adds what it takes from the heap to `bytes`.
  State& at(std::size_t pane, std::size_t panes, std::size_t& bytes) {
    const std::size_t chunk = pane / kChunkPanes;
    if (chunk >= chunks_.size()) {
      bytes += (chunk + 1 - chunks_.size()) * sizeof(chunks_[0]);
      chunks_.resize(chunk + 1);
    }
    if (chunks_[chunk] == nullptr) {
      const std::size_t size = std::min(kChunkPanes, panes - chunk * kChunkPanes);
      chunks_[chunk] = std::make_unique<State[]>(size);
      bytes += size * sizeof(State);
    }
    return chunks_[chunk][pane % kChunkPanes];
  }
  // What at() has added to its bytes; what states hold besides is not in it.
  std::size_t bytes(std::size_t panes) const {
    std::size_t bytes = chunks_.size() * sizeof(chunks_[0]);
    for (std::size_t chunk = 0; chunk < chunks_.size(); ++chunk) {
      if (chunks_[chunk] != nullptr) bytes += std::min(kChunkPanes, panes - chunk * kChunkPanes) * sizeof(State);
    }
    return bytes;
  }
  // Null when nothing was added near it.
  State* find(std::size_t pane) {
    const std::size_t chunk = pane / kChunkPanes;
    if (chunk >= chunks_.size() || chunks_[chunk] == nullptr) return nullptr;
    return &chunks_[chunk][pane % kChunkPanes];
  }

 private:
  std::vector<std::unique_ptr<State[]>> chunks_;
};

// The merged state of a run of panes that only moves forward: two stacks, so that each pane is merged a constant number
// of times however long the run is.
template <typename State>
class SlidingRun {
 public:
  explicit SlidingRun(PaneStore<State>& store) : store_(store) {}

  State of(WindowPanes::Run run) {
    for (; next_ <= run.last; ++next_) {
      if (const State* pane = store_.find(next_); pane != nullptr && next_ >= run.first) back_.merge(*pane);
    }
    if (run.first >= front_end_) {
      rebuild(run);
    }
    State result = run.first < front_end_ ? front_[front_end_ - 1 - run.first] : State{};
    result.merge(back_);
    return result;
  }

 private:
  // Moves everything to the front stack: front_[i] is the merge of panes [front_end_ - 1 - i, front_end_).
  void rebuild(WindowPanes::Run run) {
    front_.clear();
    back_ = State{};
    front_end_ = run.last + 1;
    State merged{};
    for (std::size_t pane = run.last + 1; pane-- > run.first;) {
      if (const State* state = store_.find(pane); state != nullptr) merged.merge(*state);
      front_.push_back(merged);
    }
  }

  PaneStore<State>& store_;
  std::vector<State> front_;
  std::size_t front_end_ = 0;
  State back_{};
  std::size_t next_ = 0;
};

// States that keep every sample are put together anew for each window: merging them early would copy more.
template <typename State>
class GatheredRun {
 public:
  explicit GatheredRun(PaneStore<State>& store) : store_(store) {}
  State of(WindowPanes::Run run) {
    State result{};
    std::size_t count = 0;
    for (std::size_t pane = run.first; pane <= run.last; ++pane) {
      if (const State* state = store_.find(pane); state != nullptr) count += state->size();
    }
    result.reserve(count);
    for (std::size_t pane = run.first; pane <= run.last; ++pane) {
      if (const State* state = store_.find(pane); state != nullptr) result.merge(*state);
    }
    return result;
  }

 private:
  PaneStore<State>& store_;
};

template <typename State>
struct TypedStates final : KeptStates {
  struct Entry {
    std::uint32_t series = 0;  // index into `labels`
    base::UnixNanos time;
    State state;
  };
  TypedStates(std::vector<core::Labels> labels_in, std::vector<Entry> entries_in, std::size_t bytes)
      : KeptStates(bytes), labels(std::move(labels_in)), entries(std::move(entries_in)) {}
  const std::vector<core::Labels> labels;
  const std::vector<Entry> entries;  // by series and time
};

template <typename Kernel>
class TypedAggregator final : public RangeAggregator {
 public:
  using State = typename Kernel::State;
  static constexpr bool kGathered = std::is_same_v<State, ValuesState> || std::is_same_v<State, SamplesState>;

  TypedAggregator(const WindowPanes& panes, base::MemoryReservation memory, double parameter)
      : RangeAggregator(panes, std::move(memory)), parameter_(parameter) {}

  bool needs_position() const override { return State::kNeedsPosition; }
  void add(std::uint32_t series, std::size_t pane, const RangeSample& sample) override {
    State& state = state_of(series, pane);
    if constexpr (kGathered) {
      const std::size_t before = bytes_behind(state);
      state.add(sample);
      state_bytes_ += bytes_behind(state) - before;
    } else {
      state.add(sample);
    }
  }
  void add_count(std::uint32_t series, std::size_t pane, std::uint64_t count) override {
    if constexpr (std::is_same_v<State, CountState>) {
      state_of(series, pane).count += count;
    } else {
      CHECK(false);
    }
  }
  void absorb(RangeAggregator& other_base) override {
    auto& other = static_cast<TypedAggregator&>(other_base);
    for (std::uint32_t id = 0; id < other.stores_.size(); ++id) {
      const std::uint32_t mine = series_.intern(other.series_.labels(id));
      for (std::size_t pane = 0; pane < panes_.panes(); ++pane) {
        State* state = other.stores_[id].find(pane);
        if (state == nullptr || state->empty()) continue;
        State& target = state_of(mine, pane);
        const std::size_t before = bytes_behind(target);
        target.merge(*state);
        state_bytes_ += bytes_behind(target) - before;
        *state = State{};
      }
      other.stores_[id] = {};
    }
  }
  std::shared_ptr<const KeptStates> keep() override {
    std::vector<core::Labels> labels;
    std::vector<typename TypedStates<State>::Entry> entries;
    std::size_t bytes = sizeof(TypedStates<State>) + series_.bytes();
    for (std::uint32_t id = 0; id < series_.size(); ++id) {
      labels.push_back(series_.labels(id));
      if (id >= stores_.size()) continue;
      for (std::size_t pane = 0; pane < panes_.panes(); pane += 2) {
        const State* state = stores_[id].find(pane);
        if (state == nullptr || state->empty()) continue;
        entries.push_back({id, panes_.last_of_cell(pane), *state});
        bytes += sizeof entries[0] + bytes_behind(*state);
      }
    }
    return std::make_shared<TypedStates<State>>(std::move(labels), std::move(entries), bytes);
  }
  void add_kept(const KeptStates& kept_base) override {
    const auto& kept = static_cast<const TypedStates<State>&>(kept_base);
    PaneCursor cursor(panes_);
    std::vector<std::optional<std::uint32_t>> mine(kept.labels.size());
    for (const auto& entry : kept.entries) {
      const std::size_t pane = cursor.pane_of(entry.time);
      if (pane == WindowPanes::kNoPane) continue;
      // Not before it has a sample here: a series with an error fails the query.
      std::optional<std::uint32_t>& series = mine[entry.series];
      if (!series.has_value()) series = series_.intern(kept.labels[entry.series]);
      State& target = state_of(*series, pane);
      const std::size_t before = bytes_behind(target);
      target.merge(entry.state);
      state_bytes_ += bytes_behind(target) - before;
    }
  }
  void finish(std::uint32_t series, std::span<double> values) override {
    if (series >= stores_.size()) {
      std::fill(values.begin(), values.end(), absent());
      return;
    }
    using Run = std::conditional_t<kGathered, GatheredRun<State>, SlidingRun<State>>;
    Run run(stores_[series]);
    for (std::size_t step = 0; step < values.size(); ++step) {
      State state = run.of(panes_.window(step));
      const Window window{panes_.grid().at(step) - panes_.offset(), panes_.range()};
      values[step] = state.empty() ? absent() : Kernel::finish(state, window, parameter_);
    }
  }
  std::size_t finish_bytes(std::uint32_t series) override {
    if constexpr (!kGathered) return 0;
    std::size_t bytes = 0;
    if (series >= stores_.size()) return bytes;
    for (std::size_t pane = 0; pane < panes_.panes(); ++pane) {
      if (const State* state = stores_[series].find(pane); state != nullptr) bytes += bytes_behind(*state);
    }
    return bytes;
  }
  void forget(std::uint32_t series) override {
    if (series >= stores_.size()) return;
    std::size_t bytes = stores_[series].bytes(panes_.panes());
    if constexpr (kGathered) {
      for (std::size_t pane = 0; pane < panes_.panes(); ++pane) {
        if (const State* state = stores_[series].find(pane); state != nullptr) bytes += bytes_behind(*state);
      }
    }
    stores_[series] = {};
    give_back(bytes);
  }

 private:
  State& state_of(std::uint32_t series, std::size_t pane) {
    if (series >= stores_.size()) stores_.resize(series + 1);
    return stores_[series].at(pane, panes_.panes(), state_bytes_);
  }

  const double parameter_;
  std::vector<PaneStore<State>> stores_;
};

template <typename K>
std::unique_ptr<RangeAggregator> make_typed(const WindowPanes& panes, base::MemoryReservation memory,
                                            double parameter) {
  return std::make_unique<TypedAggregator<K>>(panes, std::move(memory), parameter);
}

}  // namespace

std::unique_ptr<RangeAggregator> RangeAggregator::make(RangeKernel kernel, double quantile, const WindowPanes& panes,
                                                       base::MemoryReservation memory) {
  switch (kernel) {
    case RangeKernel::kCount:
      return make_typed<Count>(panes, std::move(memory), 0);
    case RangeKernel::kSum:
      return make_typed<Sum>(panes, std::move(memory), 0);
    case RangeKernel::kCountRate:
      return make_typed<CountRate>(panes, std::move(memory), 0);
    case RangeKernel::kSumRate:
      return make_typed<SumRate>(panes, std::move(memory), 0);
    case RangeKernel::kAvg:
      return make_typed<Avg>(panes, std::move(memory), 0);
    case RangeKernel::kMin:
      return make_typed<Min>(panes, std::move(memory), 0);
    case RangeKernel::kMax:
      return make_typed<Max>(panes, std::move(memory), 0);
    case RangeKernel::kStdvar:
      return make_typed<Stdvar>(panes, std::move(memory), 0);
    case RangeKernel::kStddev:
      return make_typed<Stddev>(panes, std::move(memory), 0);
    case RangeKernel::kFirst:
      return make_typed<First>(panes, std::move(memory), 0);
    case RangeKernel::kLast:
      return make_typed<Last>(panes, std::move(memory), 0);
    case RangeKernel::kQuantile:
      return make_typed<Quantile>(panes, std::move(memory), quantile);
    case RangeKernel::kRateCounter:
      return make_typed<RateCounter>(panes, std::move(memory), 0);
  }
  CHECK(false);
  return nullptr;
}

base::Status RangeAggregator::charge() {
  const std::size_t used = state_bytes_ + series_.bytes();
  if (used <= memory_.bytes()) return base::ok_status();
  // In steps, because the budget is shared by all threads.
  constexpr std::size_t kStep = 1 << 20;
  return memory_.grow(std::max(used - memory_.bytes(), kStep));
}

void RangeAggregator::give_back(std::size_t bytes) {
  state_bytes_ -= std::min(bytes, state_bytes_);
  constexpr std::size_t kStep = 1 << 20;
  const std::size_t used = state_bytes_ + series_.bytes();
  if (memory_.bytes() > used + 2 * kStep) memory_.shrink(memory_.bytes() - used - kStep);
}

void RangeAggregator::trim() {
  const std::size_t used = state_bytes_ + series_.bytes();
  if (memory_.bytes() > used) memory_.shrink(memory_.bytes() - used);
}

std::vector<std::uint32_t> RangeAggregator::sorted_series() const {
  std::vector<std::uint32_t> order(series_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return series_.labels(a) < series_.labels(b); });
  return order;
}

}  // namespace cordwood::exec
