#include "agent/session.h"

#include "base/log.h"
#include "ingest/native/messages.h"

namespace cordwood::agent {

namespace native = ingest::native;

Session::Session(Checkpoint checkpoint, bool fresh, std::string host, base::Random& random)
    : memory_(std::move(checkpoint)), fresh_(fresh), host_(std::move(host)), random_(random) {
  memory_.generations.clear();
  if (memory_.agent.value == base::Hash128{}) memory_.agent = {random_.next_id()};
  greet_again();
}

// The nonce of a hello whose answer was saved is zero; one that is still there is used again, because the server may
// have counted that hello already.
void Session::greet_again() {
  if (memory_.nonce == base::Hash128{}) memory_.nonce = random_.next_id();
  wants_save_ = true;
  state_ = State::kGreet;
}

std::string Session::request_body() {
  if (state_ == State::kAskSources) return native::encode_sources({host_, {}});
  core::AgentHello hello;
  hello.host = host_;
  hello.agent = memory_.agent;
  hello.saved_epoch = memory_.epoch;
  hello.nonce = memory_.nonce;
  return native::encode_hello(hello);
}

base::Status Session::on_hello(std::string_view body) {
  ASSIGN_OR_RETURN(const core::HelloAnswer answer, native::decode_hello_answer(body));
  wants_save_ = true;
  if (answer.draw_new_agent_id) {
    base::log_warn("this state directory is a copy, or was restored: a new agent id is drawn");
    memory_.agent = {random_.next_id()};
    memory_.epoch = 0;
    memory_.nonce = random_.next_id();
    return base::ok_status();
  }
  memory_.epoch = answer.epoch;
  memory_.nonce = {};
  next_installation_ = answer.installation;
  state_ = fresh_ || memory_.installation != answer.installation ? State::kAskSources : State::kReady;
  return base::ok_status();
}

base::Status Session::on_sources(std::string_view body, FileTable& table, JournalInput* journal) {
  ASSIGN_OR_RETURN(const std::vector<core::SourceState> states, native::decode_sources_answer(body));
  take_over(states, table, journal);
  if (!fresh_) {
    base::log_warn("the server is another installation than before: known_sources={}; the rest is sent again",
                   states.size());
  }
  memory_.installation = next_installation_;
  fresh_ = false;
  wants_save_ = true;
  state_ = State::kReady;
  return base::ok_status();
}

void Session::take_over(const std::vector<core::SourceState>& states, FileTable& table, JournalInput* journal) {
  std::set<core::GenerationId> known;
  std::vector<Generation> unknown;
  bool journal_known = false;
  bool other_journal = false;
  for (const core::SourceState& state : states) {
    const core::GenerationId& id = state.info.id.generation;
    if (state.info.unit == core::PositionUnit::kRecords) {
      const bool own = journal != nullptr && id == journal->generation().info.id.generation;
      if (own) journal->go_to_mark(state.mark);
      journal_known = journal_known || own;
      other_journal = true;
      continue;
    }
    known.insert(id);
    Generation* generation = table.find(id);
    if (generation == nullptr) {
      generation = &unknown.emplace_back();
      generation->info = state.info;
      generation->info.id.host = host_;
      generation->saved = true;
      // Until a file is found that goes on with it.
      generation->finished = true;
      generation->known_bytes = state.mark.offset;
    } else {
      generation->info.base = state.info.base;
    }
    generation->acked = Position{state.mark, 1, std::nullopt};
    generation->read = generation->acked;
    generation->place_known = false;
    const bool all_there = generation->file == nullptr && state.mark.offset >= generation->known_bytes;
    generation->finished = generation->finished && all_there;
    generation->finished_file_bytes = 0;
    if (generation->file != nullptr) generation->file->exhausted = false;
  }
  for (const Generation* generation : table.all_generations()) {
    if (!known.contains(generation->info.id.generation)) {
      table.forget_progress(*table.find(generation->info.id.generation));
    }
  }
  table.restore(std::move(unknown), 0, {}, {});
  if (journal == nullptr || journal_known) return;
  if (fresh_) {
    journal->restore({}, other_journal, {});
  } else {
    journal->forget_progress();
  }
}

}  // namespace cordwood::agent
