#include "agent/agent.h"

#include <algorithm>
#include <optional>

#include "agent/agent_options.h"
#include "agent/checkpoint.h"
#include "agent/dead_letters.h"
#include "agent/discovery.h"
#include "agent/file_table.h"
#include "agent/heartbeats.h"
#include "agent/journal_input.h"
#include "agent/line_times.h"
#include "agent/session.h"
#include "agent/shipper.h"
#include "agent/sightings.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/sync.h"
#include "ingest/native/heartbeat.h"
#include "ingest/native/messages.h"

namespace cordwood::agent {

namespace native = ingest::native;

namespace {

// At stop, answers under way are waited for so long.
constexpr base::nanoseconds kStopPatience = std::chrono::seconds(2);
// Messages at the end of a run: a long account takes several, and an answer may be lost.
constexpr std::size_t kFarewellsMax = 64;
// A scan may take at most this part of the time.
constexpr std::int64_t kScanShare = 10;
// Of a directory's time of modification, generously: a tick of the kernel.
constexpr base::nanoseconds kDirectoryTimeGrain = std::chrono::milliseconds(20);
// So often the watermark is saved when nothing else is to be.
constexpr int kPollsPerWatermarkSave = 60;
constexpr std::uint64_t kResponseBytesMax = 256 << 20;

}  // namespace

// One loop does everything in turn, in step() on a thread that may block; only the requests to the server run beside
// it, and hand their answers over in `answers_`.
class Agent::Impl {
 public:
  Impl(AgentOptions options, AgentDependencies deps, Checkpoint checkpoint, bool fresh,
       std::unique_ptr<io::FileLock> lock, std::vector<Glob> include, std::vector<Glob> exclude,
       std::unique_ptr<JournalReader> journal);

  base::Task<base::Status> run();
  void stop() {
    stopping_.store(true);
    wake_.set();
  }
  AgentStatus status() const {
    base::MutexLock lock(mutex_);
    return status_;
  }
  void set_journal_problem(std::string problem) {
    journal_problem_ = problem;
    heartbeats_.set_journal_problem(std::move(problem));
  }

 private:
  enum class Kind { kSession, kHeartbeat, kPush };
  struct Answer {
    Kind kind = Kind::kSession;
    PushRequest* push = nullptr;
    base::StatusOr<io::ClientResponse> response;
  };

  // The synchronous part of a turn; true when there is more to do at once.
  bool step();
  void take_answers();
  void on_session_answer(const base::StatusOr<io::ClientResponse>& response);
  void on_heartbeat_answer(const base::StatusOr<io::ClientResponse>& response);
  void on_push_answer(PushRequest& push, const base::StatusOr<io::ClientResponse>& response);
  void look_at_files();
  void scan();
  void watch(const ScanResult& found);
  bool due(base::MonotonicNanos& next, base::nanoseconds interval);
  void save_if_needed();
  void save();
  base::UnixNanos watermark() const;
  bool has_unsaved_losses() const;
  void update_status();
  bool caught_up() const;
  void dispatch(base::TaskGroup& group);
  void dispatch_heartbeat(base::TaskGroup& group, core::AgentEnding ending);
  core::AgentEnding ending() const;
  io::ClientRequest make_request(std::string_view path, std::string body, bool compressed) const;
  static base::Task<void> exchange(Impl* self, io::ClientRequest request, Kind kind, PushRequest* push);
  base::nanoseconds retry_delay(std::size_t attempts, const io::ClientResponse* response) const;
  base::Task<void> wind_down(base::TaskGroup* group);

  const AgentOptions options_;
  const AgentDependencies deps_;
  base::Clock& clock_;
  const std::unique_ptr<io::FileLock> lock_;
  const std::string checkpoint_path_;
  Discovery discovery_;
  Sightings sightings_;
  FileTable table_;
  std::unique_ptr<JournalInput> journal_;
  DeadLetters dead_letters_;
  Session session_;
  Shipper shipper_;
  Heartbeats heartbeats_;
  std::string journal_problem_;

  base::MonotonicNanos next_poll_{INT64_MIN};
  base::MonotonicNanos next_scan_{INT64_MIN};
  base::MonotonicNanos next_status_{INT64_MIN};
  base::MonotonicNanos next_save_{INT64_MIN};
  base::MonotonicNanos next_watermark_save_{INT64_MIN};
  base::MonotonicNanos scan_allowed_{INT64_MIN};
  base::UnixNanos last_scan_began_;
  bool notified_ = false;  // since the last scan, notifications tell of every name
  std::size_t scans_ = 0;
  bool scan_wanted_ = true;
  bool session_in_flight_ = false;
  std::size_t session_attempts_ = 0;
  base::MonotonicNanos session_not_before_{INT64_MIN};
  std::string save_problem_;
  std::string connection_error_;
  bool done_ = false;

  std::atomic<bool> stopping_{false};
  base::CancelToken cancel_;
  base::Event wake_;
  mutable base::Mutex mutex_;
  std::vector<Answer> answers_ GUARDED_BY(mutex_);
  AgentStatus status_ GUARDED_BY(mutex_);
};

namespace {

FileTableOptions table_options(const AgentOptions& options) {
  FileTableOptions table;
  table.host = options.host;
  for (const auto& [name, value] : options.labels) table.labels.push_back({name, value});
  table.quiet_period = options.quiet_period;
  table.deleted_quiet_period = options.deleted_quiet_period;
  table.missing_patience = options.missing_patience;
  table.pending_patience = options.pending_patience;
  table.introduction_patience = options.introduction_patience;
  table.descriptors_max = options.descriptors_max;
  return table;
}

HeartbeatOptions heartbeat_options(const AgentOptions& options) {
  HeartbeatOptions heartbeats;
  heartbeats.host = options.host;
  heartbeats.version = options.version;
  heartbeats.interval = options.heartbeat_interval;
  heartbeats.news_interval = options.heartbeat_interval / 20;
  heartbeats.unsupported_interval = options.heartbeat_interval * 30;
  return heartbeats;
}

}  // namespace

Agent::Impl::Impl(AgentOptions options, AgentDependencies deps, Checkpoint checkpoint, bool fresh,
                  std::unique_ptr<io::FileLock> lock, std::vector<Glob> include, std::vector<Glob> exclude,
                  std::unique_ptr<JournalReader> journal)
    : options_(std::move(options)),
      deps_(std::move(deps)),
      clock_(deps_.executor->clock()),
      lock_(std::move(lock)),
      checkpoint_path_(options_.state_directory + "/checkpoint"),
      discovery_(*deps_.files, std::move(include), std::move(exclude)),
      table_(table_options(options_), *deps_.files, clock_, *deps_.random),
      journal_(journal == nullptr
                   ? nullptr
                   : std::make_unique<JournalInput>(std::move(journal), options_.host, table_options(options_).labels,
                                                    *deps_.random, clock_)),
      dead_letters_(*deps_.files, options_.state_directory + "/dead-letters"),
      session_(checkpoint, fresh, options_.host, *deps_.random),
      shipper_({options_.host, options_.batch_bytes, options_.zone}, table_, journal_.get(), clock_, dead_letters_),
      heartbeats_(heartbeat_options(options_), table_, journal_.get(), clock_),
      wake_(*deps_.executor) {
  table_.restore(std::move(checkpoint.generations), checkpoint.next_order, checkpoint.watermark, checkpoint.unreadable);
  if (journal_ != nullptr) journal_->restore(checkpoint.journal, false, checkpoint.watermark);
}

// --- the loop -----------------------------------------------------------------------------------------------------

base::Task<base::Status> Agent::Impl::run() {
  base::Executor& executor = *deps_.executor;
  base::TaskGroup group(executor);
  while (!stopping_.load() && !done_) {
    wake_.reset();
    // Set between the check above and the reset: seen here.
    if (stopping_.load()) break;
    const bool more = co_await executor.blocking([this] { return step(); });
    dispatch(group);
    if (done_) break;
    if (more) {
      co_await executor.yield();
    } else {
      const base::nanoseconds tick = options_.tick;
      co_await wake_.wait_for(tick);
    }
  }
  co_await wind_down(&group);
  co_return base::ok_status();
}

// Waits for the answers under way, then tells the server that this run ends.
base::Task<void> Agent::Impl::wind_down(base::TaskGroup* group) {
  base::Executor& executor = *deps_.executor;
  const base::MonotonicNanos begin = clock_.monotonic();
  std::size_t farewells = 0;
  while (clock_.monotonic() - begin < kStopPatience) {
    wake_.reset();
    if (group->running() == 0) {
      co_await executor.blocking([this] {
        take_answers();
        look_at_files();
        if (has_unsaved_losses()) save();
      });
      const bool can_tell = session_.state() == Session::State::kReady && heartbeats_.supported();
      if (!can_tell || heartbeats_.ended() || farewells++ >= kFarewellsMax) break;
      dispatch_heartbeat(*group, ending());
    }
    const base::nanoseconds tick = options_.tick;
    if (group->running() > 0) co_await wake_.wait_for(tick);
  }
  cancel_.cancel();
  co_await group->join();
  co_await executor.blocking([this] {
    take_answers();
    save();
    update_status();
  });
}

bool Agent::Impl::step() {
  take_answers();
  look_at_files();
  bool more = false;
  if (session_.state() == Session::State::kReady) more = shipper_.build();
  save_if_needed();
  if (due(next_status_, options_.status_interval)) update_status();
  if (options_.run_once && caught_up()) {
    update_status();
    done_ = true;
  }
  return more;
}

bool Agent::Impl::due(base::MonotonicNanos& next, base::nanoseconds interval) {
  const base::MonotonicNanos now = clock_.monotonic();
  if (now < next) return false;
  next = now + interval;
  return true;
}

void Agent::Impl::look_at_files() {
  if (deps_.notifier != nullptr) {
    const base::UnixNanos now = clock_.now();
    const ChangeNotifier::Changes changes = deps_.notifier->take();
    scan_wanted_ = scan_wanted_ || changes.names;
    sightings_.note(changes.events);
    for (const std::string& path : sightings_.take_gone()) {
      if (discovery_.wanted(path)) table_.lose_unseen(path);
    }
    if (!changes.modified.empty()) scan_wanted_ = table_.look(changes.modified) || scan_wanted_;
    if (notified_ && !scan_wanted_) table_.set_names_known(now);
  }
  const bool poll = due(next_poll_, options_.poll_interval);
  if (poll) {
    scan_wanted_ = table_.look() || scan_wanted_;
    if (journal_ != nullptr) journal_->poll();
  }
  if (due(next_scan_, options_.scan_interval)) scan_wanted_ = true;
  const bool scanned = scan_wanted_ && clock_.monotonic() >= scan_allowed_;
  if (scanned) scan();
  if (!poll && !scanned) return;
  if (session_.knows_generations()) table_.decide();
  table_.settle();
}

void Agent::Impl::scan() {
  const base::MonotonicNanos begin = clock_.monotonic();
  const base::UnixNanos began = clock_.now();
  const ScanResult found = discovery_.scan();
  sightings_.scanned();
  table_.apply_scan(found, began);
  scan_wanted_ = false;
  watch(found);
  // A name that changed while the directories were read may be missed by one scan, not by two. With notifications, the
  // next look at them tells.
  const bool steady = deps_.notifier == nullptr && found.newest_directory_change < began - kDirectoryTimeGrain;
  table_.set_names_known(std::max(table_.names_known(), steady ? began : last_scan_began_));
  last_scan_began_ = began;
  if (!steady && !notified_) next_scan_ = std::min(next_scan_, clock_.monotonic() + options_.poll_interval);
  const base::MonotonicNanos end = clock_.monotonic();
  scan_allowed_ = end + base::nanoseconds((end - begin).count() * kScanShare);
  ++scans_;
}

void Agent::Impl::watch(const ScanResult& found) {
  if (deps_.notifier == nullptr) return;
  const ChangeNotifier::Watched watched = deps_.notifier->watch(found.directories);
  notified_ = watched.failed == 0 && watched.added == 0 && !found.blind;
  // Of what happened in a new directory before it was watched, another scan tells.
  scan_wanted_ = watched.added > 0;
}

// --- the server ---------------------------------------------------------------------------------------------------

io::ClientRequest Agent::Impl::make_request(std::string_view path, std::string body, bool compressed) const {
  io::ClientRequest request;
  request.method = "POST";
  request.url = options_.server_url + std::string(path);
  request.headers.set("Content-Type", native::kContentType);
  if (compressed) request.headers.set("Content-Encoding", "zstd");
  if (!options_.tenant.empty()) request.headers.set("X-Scope-OrgID", options_.tenant);
  if (!options_.token.empty()) request.headers.set("Authorization", "Bearer " + options_.token);
  request.body = std::move(body);
  request.response_bytes_max = kResponseBytesMax;
  request.cancel = cancel_;
  return request;
}

// Runs between two steps, so nothing else touches session and shipper.
void Agent::Impl::dispatch(base::TaskGroup& group) {
  if (session_.state() != Session::State::kReady) {
    const bool may_send = !session_in_flight_ && !session_.wants_save() && clock_.monotonic() >= session_not_before_;
    if (!may_send) return;
    session_in_flight_ = true;
    const bool hello = session_.state() == Session::State::kGreet;
    io::ClientRequest request =
        make_request(hello ? native::kHelloPath : native::kSourcesPath, session_.request_body(), false);
    group.spawn(exchange(this, std::move(request), Kind::kSession, nullptr));
    return;
  }
  // Before the pushes: the labels of a new generation go first.
  dispatch_heartbeat(group, core::AgentEnding::kNone);
  while (PushRequest* push = shipper_.next_to_send()) {
    io::ClientRequest request = make_request(native::kPushPath, *push->body, true);
    group.spawn(exchange(this, std::move(request), Kind::kPush, push));
  }
}

// A loss is on the disk before the server hears of it, and of a watermark that counts on it.
void Agent::Impl::dispatch_heartbeat(base::TaskGroup& group, core::AgentEnding ending) {
  if (has_unsaved_losses() || (ending == core::AgentEnding::kNone && !heartbeats_.due())) return;
  std::string body = heartbeats_.next({session_.agent(), session_.epoch(), watermark(), ending});
  io::ClientRequest request = make_request(native::kHeartbeatPath, std::move(body), true);
  group.spawn(exchange(this, std::move(request), Kind::kHeartbeat, nullptr));
}

// "Nothing will be written" is not for a file that could not be read to say.
core::AgentEnding Agent::Impl::ending() const {
  const bool last_word = done_ && table_.unreadable_entries().empty() && journal_problem_.empty();
  return last_word ? core::AgentEnding::kLastWord : core::AgentEnding::kStopped;
}

base::Task<void> Agent::Impl::exchange(Impl* self, io::ClientRequest request, Kind kind, PushRequest* push) {
  base::StatusOr<io::ClientResponse> response = co_await self->deps_.http->send(std::move(request));
  {
    base::MutexLock lock(self->mutex_);
    self->answers_.push_back({kind, push, std::move(response)});
  }
  self->wake_.set();
}

void Agent::Impl::take_answers() {
  std::vector<Answer> answers;
  {
    base::MutexLock lock(mutex_);
    answers.swap(answers_);
  }
  for (Answer& answer : answers) {
    switch (answer.kind) {
      case Kind::kSession:
        on_session_answer(answer.response);
        break;
      case Kind::kHeartbeat:
        on_heartbeat_answer(answer.response);
        break;
      case Kind::kPush:
        on_push_answer(*answer.push, answer.response);
        break;
    }
  }
}

base::nanoseconds Agent::Impl::retry_delay(std::size_t attempts, const io::ClientResponse* response) const {
  const double factor = static_cast<double>(1ULL << std::min<std::size_t>(attempts, 20));
  const double backoff = std::min(static_cast<double>(options_.retry_min.count()) * factor,
                                  static_cast<double>(options_.retry_max.count()));
  auto delay = base::nanoseconds(static_cast<std::int64_t>(backoff * (0.5 + deps_.random->next_unit() / 2)));
  if (response != nullptr) {
    const std::string text(response->headers.get("Retry-After"));
    const long seconds = std::strtol(text.c_str(), nullptr, 10);
    delay = std::max<base::nanoseconds>(delay, std::chrono::seconds(std::clamp(seconds, 0L, 60L)));
  }
  return delay;
}

void Agent::Impl::on_session_answer(const base::StatusOr<io::ClientResponse>& response) {
  session_in_flight_ = false;
  base::Status status = response.status();
  if (status.ok() && response->status != 200) {
    status = base::unavailable_error("server answered {}: {}", response->status, response->body.substr(0, 200));
  }
  if (status.ok() && session_.state() == Session::State::kAskSources) shipper_.drop_unsent();
  if (status.ok()) {
    status = session_.state() == Session::State::kGreet ? session_.on_hello(response->body)
                                                        : session_.on_sources(response->body, table_, journal_.get());
  }
  if (!status.ok()) {
    connection_error_ = base::message_of(status);
    if (session_attempts_ == 0)
      base::log_warn("cannot greet the server url={}: {}", options_.server_url, connection_error_);
    session_not_before_ = clock_.monotonic() + retry_delay(session_attempts_++, response.ok() ? &*response : nullptr);
    return;
  }
  session_attempts_ = 0;
  connection_error_.clear();
  if (session_.state() == Session::State::kReady) {
    shipper_.set_agent(session_.agent(), session_.epoch());
    heartbeats_.greeted();
    scan_wanted_ = true;  // what could not be recognised before can be now
  }
}

void Agent::Impl::on_heartbeat_answer(const base::StatusOr<io::ClientResponse>& response) {
  const bool greet = heartbeats_.on_answer(response) == Heartbeats::Outcome::kGreetAgain;
  if (greet && session_.state() == Session::State::kReady) session_.greet_again();
}

void Agent::Impl::on_push_answer(PushRequest& push, const base::StatusOr<io::ClientResponse>& response) {
  base::Status status = response.status();
  if (status.ok() && response->status == 200) {
    const auto verdicts = native::decode_push_answer(response->body);
    status = verdicts.status();
    if (status.ok() && verdicts->size() != push.pieces.size()) {
      status = base::data_loss_error("server gave {} verdicts for {} slices", verdicts->size(), push.pieces.size());
    }
    if (status.ok()) {
      connection_error_.clear();
      shipper_.on_verdicts(push, *verdicts);
      return;
    }
  }
  if (status.ok() && response->status == 413) {
    shipper_.on_too_large(push, response->body.substr(0, 200));
    return;
  }
  if (status.ok() && response->status == 409) {
    shipper_.on_retry(push, base::nanoseconds(0));
    if (session_.state() == Session::State::kReady) session_.greet_again();
    return;
  }
  if (status.ok()) {
    status = base::unavailable_error("server answered {}: {}", response->status, response->body.substr(0, 200));
  }
  const std::string text(base::message_of(status));
  if (text != connection_error_) base::log_warn("push not stored, will be sent again: {}", text);
  connection_error_ = text;
  shipper_.on_retry(push, retry_delay(push.attempts, response.ok() ? &*response : nullptr));
}

// --- state --------------------------------------------------------------------------------------------------------

void Agent::Impl::save_if_needed() {
  const bool journal_dirty = journal_ != nullptr && journal_->dirty;
  const bool urgent = session_.wants_save() || shipper_.wants_save() || has_unsaved_losses();
  const bool old_watermark = due(next_watermark_save_, options_.poll_interval * kPollsPerWatermarkSave);
  if (old_watermark) table_.dirty = true;
  const bool changed = table_.dirty || journal_dirty;
  if (!urgent && !(changed && clock_.monotonic() >= next_save_)) return;
  save();
}

void Agent::Impl::save() {
  Checkpoint memory = session_.memory();
  memory.next_order = table_.next_order();
  memory.watermark = watermark();
  memory.unreadable = table_.unreadable_paths();
  if (journal_ != nullptr) memory.journal = journal_->state();
  const std::string bytes = encode_checkpoint(memory, table_.all_generations());
  const base::MonotonicNanos begin = clock_.monotonic();
  const base::Status status = save_checkpoint(*deps_.files, checkpoint_path_, bytes);
  const base::MonotonicNanos end = clock_.monotonic();
  // A large checkpoint on a slow disk is saved less often.
  next_save_ = end + std::max(options_.checkpoint_interval, base::nanoseconds((end - begin).count() * 20));
  if (!status.ok()) {
    // Nothing new is sent until it can be saved; what is being read stays open.
    if (save_problem_.empty()) base::log_error("cannot save the agent's state: {}", base::message_of(status));
    save_problem_ = base::message_of(status);
    return;
  }
  save_problem_.clear();
  session_.saved();
  table_.all_saved();
  table_.dirty = false;
  table_.has_unsaved_losses = false;
  if (journal_ != nullptr) {
    journal_->generation().saved = true;
    journal_->dirty = false;
    journal_->has_unsaved_losses = false;
  }
}

bool Agent::Impl::has_unsaved_losses() const {
  return table_.has_unsaved_losses || (journal_ != nullptr && journal_->has_unsaved_losses);
}

base::UnixNanos Agent::Impl::watermark() const {
  const base::UnixNanos files = table_.watermark();
  return journal_ == nullptr ? files : std::min(files, journal_->watermark());
}

bool Agent::Impl::caught_up() const {
  if (scans_ == 0 || session_.state() != Session::State::kReady || scan_wanted_ || !shipper_.idle()) return false;
  if (!table_.all_decided() || (journal_ != nullptr && !journal_->caught_up())) return false;
  return table_.caught_up();
}

void Agent::Impl::update_status() {
  AgentStatus status;
  status.connected = session_.state() == Session::State::kReady && connection_error_.empty();
  status.error = connection_error_;
  table_.add_to_status(status);
  shipper_.add_to_status(status);
  if (!journal_problem_.empty()) status.problems.push_back({"journal", journal_problem_});
  if (journal_ != nullptr && !journal_->problem().empty()) status.problems.push_back({"journal", journal_->problem()});
  if (!save_problem_.empty()) status.problems.push_back({checkpoint_path_, save_problem_});
  if (journal_ != nullptr) status.add_losses(journal_->generation().info, journal_->generation().losses);
  status.keep_newest_losses();
  status.watermark = watermark();
  status.caught_up = caught_up();
  (void)io::replace_file(*deps_.files, options_.state_directory + "/status.json", status.to_json());
  base::MutexLock lock(mutex_);
  status_ = std::move(status);
}

// --- making one ---------------------------------------------------------------------------------------------------

Agent::Agent(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Agent::~Agent() = default;
base::Task<base::Status> Agent::run() {
  return impl_->run();
}
void Agent::stop() {
  impl_->stop();
}
AgentStatus Agent::status() const {
  return impl_->status();
}

base::StatusOr<std::unique_ptr<Agent>> Agent::create(AgentOptions options, AgentDependencies dependencies) {
  io::FileSystem& files = *dependencies.files;
  if (options.host.empty()) options.host = host_name();
  if (options.descriptors_max == 0) options.descriptors_max = default_descriptors_max();
  if (options.zone == nullptr) options.zone = host_zone();
  scale_intervals(options);
  while (options.server_url.ends_with('/')) options.server_url.pop_back();
  RETURN_IF_ERROR(check_options(options));
  ASSIGN_OR_RETURN(std::vector<Glob> include, parse_globs(files, options.paths));
  ASSIGN_OR_RETURN(std::vector<Glob> exclude, parse_globs(files, options.excludes));
  RETURN_IF_ERROR(files.make_directories(options.state_directory));
  ASSIGN_OR_RETURN(std::unique_ptr<io::FileLock> lock, files.lock(options.state_directory + "/lock"));

  const std::string path = options.state_directory + "/checkpoint";
  base::StatusOr<Checkpoint> checkpoint = load_checkpoint(files, path);
  const bool fresh = !checkpoint.ok() || checkpoint->installation.value == base::Hash128{};
  if (checkpoint.status().code() == base::StatusCode::kDataLoss) {
    base::log_error("{}: it is kept as {}.damaged, and the server is asked what it has",
                    base::message_of(checkpoint.status()), path);
    RETURN_IF_ERROR(files.rename(path, path + ".damaged"));
  } else if (!checkpoint.ok() && checkpoint.status().code() != base::StatusCode::kNotFound) {
    return base::annotate(checkpoint.status(), path);
  }
  std::unique_ptr<JournalReader> journal;
  std::string journal_problem;
  if (options.journald) {
    auto opened = dependencies.open_journal ? dependencies.open_journal() : open_journal();
    if (opened.ok()) {
      journal = *std::move(opened);
    } else {
      journal_problem = base::message_of(opened.status());
    }
  }
  auto impl = std::make_unique<Impl>(std::move(options), std::move(dependencies),
                                     checkpoint.ok() ? *std::move(checkpoint) : Checkpoint{}, fresh, std::move(lock),
                                     std::move(include), std::move(exclude), std::move(journal));
  impl->set_journal_problem(std::move(journal_problem));
  return std::unique_ptr<Agent>(new Agent(std::move(impl)));
}

}  // namespace cordwood::agent
