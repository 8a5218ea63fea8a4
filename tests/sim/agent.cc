#include "sim/agent.h"

#include <algorithm>

#include "codec/compress.h"
#include "ingest/native/messages.h"

namespace cordwood::sim {

namespace native = ingest::native;

namespace {
constexpr std::size_t kGenerationsMax = 5;
constexpr std::size_t kBacklogLinesMax = 12;
constexpr std::uint64_t kHashedBytesMax = 4 << 10;
}  // namespace

Agent::Agent(World& world, Truth& truth, std::uint64_t number)
    : world_(world), truth_(truth), number_(number), id_{base::hash128(fmt::format("agent {}", number))} {
  nonce_ = base::hash128(fmt::format("nonce {} 0", number));
  add_generation();
}

void Agent::add_generation() {
  Generation generation;
  const std::string name = fmt::format("{}-{}", number_, generations_.size());
  generation.info.id.host = fmt::format("web-{}", number_);
  generation.info.id.generation.value = base::hash128("generation " + name);
  generation.info.path = "/var/log/" + name;
  generation.info.labels = std::make_shared<const core::Labels>(std::vector<core::Label>{
      {"job", "files"}, {"host", generation.info.id.host}, {"tier", number_ % 2 == 0 ? "a" : "b"}});
  if (world_.chance(0.3)) {
    // The first part of this content went out under an earlier name.
    generation.content = std::string(1 + world_.below(6000), 'x') + "\n";
    generation.position = generation.checkpoint = generation.content.size();
  }
  generation.info.base = mark_at(generation, generation.position);
  generations_.push_back(std::move(generation));
}

core::Mark Agent::mark_at(const Generation& generation, std::uint64_t offset) const {
  const std::uint64_t bytes = std::min(offset, kHashedBytesMax);
  return {offset, base::hash128(std::string_view(generation.content).substr(offset - bytes, bytes))};
}

void Agent::grow(Generation& generation) {
  std::size_t backlog = 0;
  for (auto line = generation.lines.rbegin(); line != generation.lines.rend(); ++line) {
    if (line->begin < generation.position) break;
    ++backlog;
  }
  for (std::uint64_t i = world_.below(4); i > 0 && backlog < kBacklogLinesMax; --i, ++backlog) {
    FileLine line;
    line.begin = generation.content.size();
    line.text = fmt::format("a{} line {} {}", number_, next_line_++, std::string(world_.below(60), '.'));
    // Mostly now; some lines are days late.
    const std::uint64_t age_hours = world_.chance(0.8) ? world_.below(2) : world_.below(100);
    line.time = {world_.now().value - static_cast<std::int64_t>(age_hours) * 3'600'000'000'000};
    generation.content += line.text + "\n";
    generation.lines.push_back(std::move(line));
  }
}

bool Agent::is_idle() const {
  return std::all_of(generations_.begin(), generations_.end(),
                     [](const Generation& one) { return one.position == one.content.size(); });
}

void Agent::restart() {
  greeted_ = false;
  for (Generation& generation : generations_) {
    generation.position = generation.checkpoint;
    generation.cut.reset();
  }
}

std::optional<Agent::Sending> Agent::cut(std::size_t index) {
  Generation& generation = generations_[index];
  if (growing_) grow(generation);
  if (generation.position == generation.content.size()) return std::nullopt;
  // What was not answered goes out again as it was, or cut anew.
  if (!generation.cut.has_value() || generation.cut->begin != generation.position || world_.chance(0.3)) {
    const auto first = std::find_if(generation.lines.begin(), generation.lines.end(),
                                    [&](const FileLine& line) { return line.begin >= generation.position; });
    auto last = first;
    for (std::uint64_t more = world_.below(6); more > 0 && last + 1 != generation.lines.end(); --more) ++last;
    generation.cut = {generation.position, last->begin + last->text.size() + 1};
    generation.cut_is_lost = world_.chance(0.03);
  }
  Sending sending{index, *generation.cut, generation.cut_is_lost, {}};
  const core::Mark begin = mark_at(generation, sending.range.begin);
  const core::Mark end = mark_at(generation, sending.range.end);
  if (sending.lost) {
    generation.said_lost.push_back(sending.range);
    sending.slice = native::lost_slice(begin, end, 1);
    return sending;
  }
  native::SliceBuilder builder;
  builder.start(begin, 1);
  for (const FileLine& line : generation.lines) {
    if (line.begin < sending.range.begin || line.begin >= sending.range.end) continue;
    truth_.sent(line.text, world_.may_expire(number_ % 2 != 0, line.time.value));
    builder.add(line.text, line.begin, line.time, core::RecordFlags{});
  }
  sending.slice = builder.finish(end);
  return sending;
}

base::Task<void> Agent::greet() {
  core::AgentHello hello{{}, fmt::format("web-{}", number_), id_, epoch_, nonce_};
  std::string body = native::encode_hello(hello);
  std::optional<World::Answer> answer =
      co_await world_.post(std::string(native::kHelloPath), std::move(body), std::string(native::kContentType), "");
  if (!answer.has_value() || answer->status == 503) co_return;
  base::StatusOr<core::HelloAnswer> told = native::decode_hello_answer(answer->body);
  if (answer->status != 200 || !told.ok()) {
    truth_.violate(fmt::format("hello is answered {} {}", answer->status, answer->body));
    co_return;
  }
  if (told->draw_new_agent_id) truth_.violate("an agent that keeps the rules was told to draw a new id");
  epoch_ = told->epoch;
  nonce_ = base::hash128(fmt::format("nonce {} {}", number_, world_.below(UINT64_MAX)));
  greeted_ = true;
}

base::Task<void> Agent::push() {
  std::vector<Sending> sendings;
  for (std::size_t i = 0; i < generations_.size(); ++i) {
    if (!world_.chance(0.6)) continue;
    std::optional<Sending> sending = cut(i);
    if (sending.has_value()) sendings.push_back(*std::move(sending));
  }
  if (sendings.empty()) co_return;
  std::vector<native::PushPart> parts;
  for (const Sending& sending : sendings) parts.push_back({&generations_[sending.generation].info, &sending.slice});
  const std::string host = fmt::format("web-{}", number_);
  std::string body = native::encode_push(id_, epoch_, host, parts);
  std::string encoding;
  if (world_.chance(0.5)) {
    body = codec::compress(codec::Compression::kZstd, body);
    encoding = "zstd";
  }
  std::optional<World::Answer> answer = co_await world_.post(std::string(native::kPushPath), std::move(body),
                                                             std::string(native::kContentType), std::move(encoding));
  if (!answer.has_value() || answer->status == 503) co_return;
  if (answer->status == 409) {
    greeted_ = false;
    co_return;
  }
  base::StatusOr<std::vector<core::SliceVerdict>> verdicts = native::decode_push_answer(answer->body);
  if (answer->status != 200 || !verdicts.ok() || verdicts->size() != sendings.size()) {
    truth_.violate(fmt::format("a push is answered {} {}", answer->status, answer->body));
    co_return;
  }
  for (std::size_t i = 0; i < sendings.size(); ++i) understand(sendings[i], (*verdicts)[i]);
}

void Agent::understand(const Sending& sent, const core::SliceVerdict& verdict) {
  Generation& generation = generations_[sent.generation];
  if (const auto* yes = std::get_if<core::SliceStored>(&verdict)) {
    if (!(yes->mark == mark_at(generation, sent.range.end)))
      truth_.violate("stored, and the mark is not the slice's end");
    stored(generation, sent.range, sent.lost);
    generation.position = sent.range.end;
    generation.cut.reset();
  } else if (const auto* at = std::get_if<core::SliceAt>(&verdict)) {
    learned_mark(generation, at->mark);
  } else if (const auto* refused = std::get_if<core::SliceRefused>(&verdict)) {
    truth_.violate("a slice was refused: " + refused->reason);
  }
  if (world_.chance(0.3)) generation.checkpoint = generation.position;
}

void Agent::stored(Generation& generation, Range range, bool lost) {
  for (const FileLine& line : generation.lines) {
    if (line.begin < range.begin || line.begin >= range.end) continue;
    const LineId id = truth_.sent(line.text, world_.may_expire(number_ % 2 != 0, line.time.value));
    const bool unsure =
        !lost && std::any_of(generation.said_lost.begin(), generation.said_lost.end(),
                             [&](const Range& one) { return one.begin <= line.begin && line.begin < one.end; });
    if (lost) {
      truth_.forbid(id);
    } else if (unsure) {
      truth_.release(id);
    } else {
      truth_.acknowledged(id);
    }
  }
}

void Agent::learned_mark(Generation& generation, const core::Mark& mark) {
  if (mark.offset > generation.content.size() || !(mark_at(generation, mark.offset) == mark)) {
    truth_.violate(fmt::format("the mark {} of {} is not of its content", mark.offset, generation.info.path));
    return;
  }
  // Stored by a request that was not answered.
  if (mark.offset > generation.position) stored(generation, {generation.position, mark.offset}, false);
  generation.position = mark.offset;
  generation.cut.reset();
}

base::Task<void> Agent::run() {
  while (true) {
    co_await world_.executor.sleep_for(world_.up_to_ms(40));
    co_await world_.await_noise();
    if (!greeted_) {
      co_await greet();
      continue;
    }
    if (growing_ && generations_.size() < kGenerationsMax && world_.chance(0.05)) add_generation();
    co_await push();
  }
}

}  // namespace cordwood::sim
