// Server: all server parts in one process over embedded storage. This is where backends get their names and where the
// store meets the query engine.
#pragma once

#include <cstdint>
#include <memory>

#include "app/server_config.h"
#include "base/executor.h"
#include "base/status.h"

namespace cordwood::app {

class Server {
 public:
  // Locks the data directory, recovers, and serves. FailedPrecondition naming the pid when another process has the
  // directory. Blocks; to be called from outside the executor.
  static base::StatusOr<std::unique_ptr<Server>> start(const ServerConfig& config, std::string config_text);
  ~Server();

  std::uint16_t port() const;
  // Finishes requests (at most config.stop_grace), flushes, closes. Blocks. The status is that of the last flush: when
  // it is not OK nothing is lost, the journal is replayed at the next start.
  base::Status stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  static base::Status open_storage(Parts& parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace cordwood::app
