// TLS of a listener: certificate, key, and if wanted the authority of client certificates. Files that change are read
// again, so that a renewed certificate needs no restart.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"

namespace boost::asio::ssl {
class context;
}

namespace cordwood::io {

struct TlsFiles {
  std::string certificate;  // PEM, with its chain
  std::string key;          // PEM
  std::string client_ca;    // PEM; not empty: clients without a certificate of this authority are refused
};

// Thread-safe.
class TlsListener {
 public:
  // InvalidArgument naming the file and what OpenSSL says of it.
  static base::StatusOr<std::shared_ptr<TlsListener>> open(TlsFiles files);
  explicit TlsListener(TlsFiles files) : files_(std::move(files)) {}

  // For the next connection. Looks at the files every few seconds; files that cannot be used are logged, and the
  // certificate of before stays.
  std::shared_ptr<boost::asio::ssl::context> current();

 private:
  base::StatusOr<std::shared_ptr<boost::asio::ssl::context>> load() const;
  // Changes when a file does.
  std::string stamp() const;

  const TlsFiles files_;
  std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::string stamp_;
  std::chrono::steady_clock::time_point looked_;
};

}  // namespace cordwood::io
