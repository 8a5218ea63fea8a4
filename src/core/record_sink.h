// RecordSink: the one door into storage. Protocols decode bodies to a RecordBatch and hand both to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "core/record.h"

namespace cordwood::core {

// Persisted in journal frames: values never change.
enum class Protocol : std::uint8_t { kNative = 1, kLokiProtobuf = 2, kLokiJson = 3 };
enum class ContentEncoding : std::uint8_t { kIdentity = 0, kGzip = 1, kDeflate = 2, kSnappyBlock = 3, kZstd = 4 };

// A request body as it arrived, still compressed: what the journal keeps.
struct EncodedBody {
  Protocol protocol{};
  ContentEncoding encoding{};
  // Of the decoder that made the batch; replay uses the same version.
  std::uint16_t decoder_version = 1;
  std::shared_ptr<const std::string> bytes;
};

// Everything besides the body that decoding depends on. Replay of the journal passes what was kept in the frame and
// gets the same batch again, so a decoder applies no limit of its own beyond `limits` and asks no clock.
struct DecodeContext {
  UnixNanos arrival;
  // Indexes of records, in body order, that were refused when the body arrived: left out without looking at limits.
  const std::vector<std::uint32_t>* refused = nullptr;
};

// From body bytes to records; implemented by ingest, called by the store when it replays its journal. Thread-safe.
class BodyDecoder {
 public:
  virtual ~BodyDecoder() = default;
  // InvalidArgument with reason and offset for a malformed body; ResourceExhausted when it would decode to more than
  // the limits allow (checked before memory is taken).
  virtual base::StatusOr<RecordBatch> decode(const EncodedBody& body, const DecodeContext& context) const = 0;
};

struct AppendRequest {
  TenantId tenant;
  EncodedBody body;
  UnixNanos arrival;
  RecordBatch batch;  // decoded from `body`
  std::vector<std::uint32_t> refused;
};

// The verdict on one slice.
struct SliceStored {
  Mark mark;
};
struct SliceAt {  // nothing stored: the sender's position is not the mark
  Mark mark;
};
struct SliceWait {  // nothing stored: try again later
  std::uint32_t seconds = 0;
  std::string reason;
};
struct SliceRefused {  // nothing of the slice stored
  std::uint64_t offset = 0;
  std::string reason;
};
using SliceVerdict = std::variant<SliceStored, SliceAt, SliceWait, SliceRefused>;

struct AppendResult {
  std::vector<SliceVerdict> verdicts;  // one for each slice of the batch, in order
  bool repeated = false;               // an unnamed body seen within the dedup window: acknowledged, not stored
};

// Thread-safe.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  // Ends when the records (and moved marks) are durable and searchable. An error means that nothing of the request was
  // stored: Unavailable or ResourceExhausted = not durable now, try again (503).
  virtual base::Task<base::StatusOr<AppendResult>> append(AppendRequest request) = 0;
};

// --- agents -------------------------------------------------------------------------------------------------------

struct AgentHello {
  TenantId tenant;
  std::string host;
  AgentId agent;
  std::uint64_t saved_epoch = 0;  // the epoch the agent last saved, 0 at first
  base::Hash128 nonce;            // saved before the hello was sent
};
struct HelloAnswer {
  InstallationId installation;
  std::uint64_t epoch = 0;
  // The agent is a clone or was restored: it draws a new agent id (and greets again).
  bool draw_new_agent_id = false;
  UnixNanos server_time;
};
struct SourceState {
  SourceInfo info;
  Mark mark;
};

// The server's memory of agents and sources; implemented by the store. Thread-safe.
class SourceRegistry {
 public:
  virtual ~SourceRegistry() = default;
  virtual base::Task<base::StatusOr<HelloAnswer>> hello(AgentHello hello) = 0;
  // The sources of a host with generation ids in `only`, or all of them when `only` is empty: for an agent that lost
  // its state or meets a new installation_id. Unknown ids are left out.
  virtual base::Task<base::StatusOr<std::vector<SourceState>>> sources(TenantId tenant, std::string host,
                                                                       std::vector<GenerationId> only) = 0;
};

}  // namespace cordwood::core
