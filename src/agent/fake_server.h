// For the agent's tests: a server of the native protocol in memory, behind io::HttpClient, that keeps the rules of
// docs/protocols/native.md word by word and can misbehave in all the ways a real one and its network can.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/executor.h"
#include "codec/compress.h"
#include "ingest/native/heartbeat.h"
#include "ingest/native/messages.h"
#include "ingest/native/push_decoder.h"
#include "io/http_client.h"

namespace cordwood::agent {

struct StoredRecord {
  std::string line;
  std::uint64_t offset = 0;
  std::uint64_t line_number = 0;
  base::UnixNanos time;
  core::RecordFlags flags;
  std::map<std::string, std::string> metadata;
};
struct StoredSource {
  core::SourceInfo info;
  core::Mark mark;
  std::vector<StoredRecord> records;
  std::uint64_t lost_bytes = 0;
};

class FakeServer final : public io::HttpClient {
 public:
  FakeServer(base::Executor& executor, std::uint64_t seed) : executor_(executor), random_(seed) {}

  // --- how it misbehaves ---
  double lose_request = 0;                // the connection breaks before anything is stored
  double lose_answer = 0;                 // stored, but the answer never arrives
  double busy = 0;                        // 503
  double wait = 0;                        // verdict wait, 1 s
  std::size_t body_bytes_max = SIZE_MAX;  // 413 beyond, of the decompressed body
  bool down = false;
  bool client_is_dead = false;  // requests come from a process that was killed: nobody hears them
  bool takes_heartbeats = true;
  double send_all = 0;  // asked for the account again
  base::nanoseconds latency{2'000'000};
  base::nanoseconds clock_ahead{0};  // of the agent's
  // Asked for each record; a text refuses it.
  std::function<std::string(const core::Record&)> refuse;

  // The data directory is deleted.
  void wipe() {
    sources.clear();
    agents_.clear();
    ledger.clear();
    installation_ = {{random_(), random_()}};
  }
  // The agent's process died: what it has under way is never heard by anyone. Requests of its successor are.
  void cut_connections() { ++life_; }

  std::map<core::GenerationId, StoredSource> sources;
  // As the agent told it; forgotten entries are gone. Valid when `whole`.
  std::map<core::GenerationId, core::LedgerEntry> ledger;
  core::Heartbeat last_heartbeat;
  bool whole = false;
  std::size_t heartbeats = 0;
  std::size_t heartbeat_errors = 0;  // a gap in the sequence, a repeat with other bytes, too many entries
  std::size_t unannounced = 0;       // sources whose first line came before their labels
  std::size_t requests = 0;
  std::size_t hellos = 0;
  std::size_t at_verdicts = 0;
  std::size_t in_flight_max = 0;

  // Of all sources of a live path, in the order of their registration.
  std::vector<std::string> lines(const std::string& path) const {
    std::vector<const StoredSource*> found;
    for (const auto& [id, source] : sources) {
      if (source.info.path == path) found.push_back(&source);
    }
    std::sort(found.begin(), found.end(), [this](const StoredSource* a, const StoredSource* b) {
      return order_.at(a->info.id.generation) < order_.at(b->info.id.generation);
    });
    std::vector<std::string> out;
    for (const StoredSource* source : found) {
      for (const StoredRecord& record : source->records) out.push_back(record.line);
    }
    return out;
  }
  const StoredSource* source_of(const std::string& path) const {
    for (const auto& [id, source] : sources) {
      if (source.info.path == path) return &source;
    }
    return nullptr;
  }

  base::Task<base::StatusOr<io::ClientResponse>> send(io::ClientRequest request) override {
    const std::uint64_t life = life_;
    ++in_flight_;
    in_flight_max = std::max(in_flight_max, in_flight_);
    const base::nanoseconds there = latency * (1 + random_() % 4) / 2;
    co_await executor_.sleep_for(there);
    base::StatusOr<io::ClientResponse> response = base::unavailable_error("connection refused");
    if (life == life_ && !down && !client_is_dead && !chance(lose_request)) {
      response = handle(request);
      if (chance(lose_answer)) response = base::unavailable_error("connection reset");
    }
    const base::nanoseconds back = latency * (1 + random_() % 4) / 2;
    co_await executor_.sleep_for(back);
    --in_flight_;
    if (life != life_) response = base::unavailable_error("the process is dead");
    co_return response;
  }
  base::Task<base::StatusOr<io::ClientResponse>> stream(io::ClientRequest,
                                                        std::function<bool(std::string_view)>) override {
    co_return base::unimplemented_error("not used by the agent");
  }

 private:
  struct AgentRow {
    std::uint64_t epoch = 0;
    base::Hash128 nonce;
  };

  bool chance(double probability) {
    return probability > 0 && static_cast<double>(random_() % 1'000'000) < probability * 1e6;
  }
  static io::ClientResponse answer(unsigned status, std::string body) {
    io::ClientResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }

  io::ClientResponse handle(const io::ClientRequest& request) {
    ++requests;
    if (chance(busy)) return answer(503, "nothing is durable now");
    const std::string& url = request.url;
    if (url.ends_with(ingest::native::kHelloPath)) return hello(request.body);
    if (url.ends_with(ingest::native::kSourcesPath)) return list_sources(request.body);
    auto body = codec::decompress(codec::Compression::kZstd, request.body, 1 << 30);
    if (!body.ok()) return answer(400, std::string(base::message_of(body.status())));
    if (takes_heartbeats && url.ends_with(ingest::native::kHeartbeatPath)) return heartbeat(*body);
    if (!url.ends_with(ingest::native::kPushPath)) return answer(404, "no such path");
    if (body->size() > body_bytes_max) return answer(413, "too large");
    auto batch = ingest::native::decode_push(std::make_shared<const std::string>(*std::move(body)),
                                             {executor_.clock().now(), nullptr});
    if (!batch.ok()) return answer(400, std::string(base::message_of(batch.status())));
    const auto agent = agents_.find(batch->agent);
    if (agent == agents_.end() || agent->second.epoch != batch->agent_epoch) return answer(409, "epoch");
    std::vector<core::SliceVerdict> verdicts;
    for (const core::Slice& slice : batch->slices) verdicts.push_back(push(*batch, slice));
    return answer(200, ingest::native::encode_push_answer(verdicts));
  }

  io::ClientResponse heartbeat(const std::string& body) {
    auto decoded = ingest::native::decode_heartbeat(body);
    if (!decoded.ok()) {
      ++heartbeat_errors;
      return answer(400, std::string(base::message_of(decoded.status())));
    }
    const core::Heartbeat& beat = *decoded;
    const auto agent = agents_.find(beat.agent);
    if (agent == agents_.end() || agent->second.epoch != beat.epoch) return answer(409, "epoch");
    ++heartbeats;
    const bool new_run = beat.sequence == 1 && beat.account_begins;
    const bool repeat = beat.sequence == last_heartbeat.sequence && body == last_body_;
    // One that was dropped for a hello leaves a gap, and begins the account.
    const bool next = beat.sequence == last_heartbeat.sequence + 1 ||
                      (beat.sequence > last_heartbeat.sequence && beat.account_begins);
    if (!new_run && !repeat && !next) ++heartbeat_errors;
    if (beat.entries.size() > ingest::native::kEntriesPerHeartbeatMax) ++heartbeat_errors;
    last_body_ = body;
    if (beat.account_begins) {
      whole = false;
      unnamed_ = ledger;
    }
    for (const core::LedgerEntry& entry : beat.entries) {
      unnamed_.erase(entry.generation);
      if (entry.forgotten) {
        ledger.erase(entry.generation);
      } else {
        ledger[entry.generation] = entry;
      }
    }
    if (beat.account_ends) {
      whole = true;
      for (const auto& [id, entry] : unnamed_) ledger.erase(id);
      unnamed_.clear();
    }
    last_heartbeat = beat;
    core::HeartbeatAnswer out;
    out.server_time = executor_.clock().now() + clock_ahead;
    out.send_all = chance(send_all);
    return answer(200, ingest::native::encode_heartbeat_answer(out));
  }

  io::ClientResponse hello(const std::string& body) {
    ++hellos;
    const auto hello = ingest::native::decode_hello(body);
    if (!hello.ok()) return answer(400, std::string(base::message_of(hello.status())));
    core::HelloAnswer out;
    out.installation = installation_;
    out.server_time = executor_.clock().now();
    const auto it = agents_.find(hello->agent);
    if (it == agents_.end()) {
      agents_[hello->agent] = {hello->saved_epoch == 0 ? 1 : hello->saved_epoch + 1, hello->nonce};
    } else if (it->second.nonce == hello->nonce) {
    } else if (it->second.epoch == hello->saved_epoch) {
      it->second = {hello->saved_epoch + 1, hello->nonce};
    } else {
      out.draw_new_agent_id = true;
    }
    out.epoch = agents_[hello->agent].epoch;
    return answer(200, ingest::native::encode_hello_answer(out));
  }

  io::ClientResponse list_sources(const std::string& body) {
    const auto request = ingest::native::decode_sources(body);
    if (!request.ok()) return answer(400, std::string(base::message_of(request.status())));
    std::vector<core::SourceState> states;
    for (const auto& [id, source] : sources) {
      const bool wanted =
          request->only.empty() || std::find(request->only.begin(), request->only.end(), id) != request->only.end();
      if (wanted && source.info.id.host == request->host) states.push_back({source.info, source.mark});
    }
    return answer(200, ingest::native::encode_sources_answer(states));
  }

  core::SliceVerdict push(const core::RecordBatch& batch, const core::Slice& slice) {
    const core::SourceInfo& info = batch.sources[slice.source];
    if (chance(wait)) return core::SliceWait{1, "rate"};
    auto [it, is_new] = sources.try_emplace(info.id.generation);
    StoredSource& source = it->second;
    if (is_new) {
      source.mark = info.base;
      source.info = info;
      if (!ledger.contains(info.id.generation)) ++unannounced;
      order_.emplace(info.id.generation, order_.size());
    }
    // What identifies a source may stay as it was registered: the agent must recognise it by that.
    source.info.path = info.path;
    if (slice.begin != source.mark) {
      ++at_verdicts;
      return core::SliceAt{source.mark};
    }
    if (refuse) {
      for (std::uint32_t i = slice.record_begin; i < slice.record_end; ++i) {
        const std::string reason = refuse(batch.records[i]);
        if (!reason.empty()) return core::SliceRefused{batch.records[i].offset, reason};
      }
    }
    if (slice.lost) source.lost_bytes += slice.end.offset - slice.begin.offset;
    for (std::uint32_t i = slice.record_begin; i < slice.record_end; ++i) {
      const core::Record& record = batch.records[i];
      StoredRecord& stored = source.records.emplace_back(
          StoredRecord{std::string(record.line), record.offset, record.line_number, record.time, record.flags, {}});
      for (std::uint32_t m = 0; m < record.metadata_count; ++m) {
        const core::MetadataPair& pair = batch.metadata[record.metadata_begin + m];
        stored.metadata[std::string(pair.name)] = pair.value;
      }
    }
    source.mark = slice.end;
    return core::SliceStored{source.mark};
  }

  base::Executor& executor_;
  std::mt19937_64 random_;
  core::InstallationId installation_{{42, 43}};
  std::map<core::AgentId, AgentRow> agents_;
  std::map<core::GenerationId, std::size_t> order_;
  std::string last_body_;
  std::map<core::GenerationId, core::LedgerEntry> unnamed_;
  std::uint64_t life_ = 0;
  std::size_t in_flight_ = 0;
};

}  // namespace cordwood::agent
