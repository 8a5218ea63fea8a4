// The configuration of `cordwood server`.
#pragma once

#include <string>

#include "app/settings.h"
#include "core/limits.h"
#include "fleet/options.h"
#include "io/tls.h"

namespace cordwood::app {

struct ServerConfig {
  std::string data = "./cordwood-data";
  std::string listen = "127.0.0.1:3100";
  bool insecure = false;
  io::TlsFiles tls;         // without a certificate the listener is plain
  std::string tokens_file;  // empty: no authentication
  bool tenants = false;
  std::string log_level = "info";
  std::uint64_t threads = 0;  // 0 = one for each core
  std::uint64_t flush_bytes = 64 << 20;
  base::nanoseconds flush_age = std::chrono::minutes(5);
  std::uint64_t head_bytes_max = 256 << 20;
  std::uint64_t disk_reserve_bytes = 256 << 20;
  std::uint64_t cache_bytes = 64 << 20;
  std::uint64_t queries_running = 16;
  base::nanoseconds stop_grace = std::chrono::seconds(30);
  fleet::FleetOptions fleet;
  core::Limits limits;
};

// Binds the table of settings to `config`, which must outlive it.
Settings server_settings(ServerConfig& config);

// What no single setting can check: a non-loopback listener without --insecure is refused.
base::Status check_server_config(const ServerConfig& config);

}  // namespace cordwood::app
