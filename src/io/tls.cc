#include "io/tls.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "io/asio_config.h"

#include <boost/asio/ssl/context.hpp>

#include "base/log.h"

namespace cordwood::io {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

constexpr auto kLookInterval = std::chrono::seconds(5);

base::Status tls_error(std::string_view what, const std::string& path, const error_code& error) {
  return base::invalid_argument_error("TLS {} {}: {}", what, path, error.message());
}

}  // namespace

base::StatusOr<std::shared_ptr<TlsListener>> TlsListener::open(TlsFiles files) {
  auto listener = std::make_shared<TlsListener>(std::move(files));
  listener->stamp_ = listener->stamp();
  ASSIGN_OR_RETURN(listener->context_, listener->load());
  listener->looked_ = std::chrono::steady_clock::now();
  return listener;
}

base::StatusOr<std::shared_ptr<ssl::context>> TlsListener::load() const {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  if (!error) context->use_certificate_chain_file(files_.certificate, error);
  if (error) return tls_error("certificate", files_.certificate, error);
  context->use_private_key_file(files_.key, ssl::context::pem, error);
  if (error) return tls_error("key", files_.key, error);
  if (!files_.client_ca.empty()) {
    context->load_verify_file(files_.client_ca, error);
    if (!error) context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    if (error) return tls_error("client authority", files_.client_ca, error);
  }
  return context;
}

std::string TlsListener::stamp() const {
  std::string text;
  for (const std::string* path : {&files_.certificate, &files_.key, &files_.client_ca}) {
    struct stat facts{};
    if (path->empty() || ::stat(path->c_str(), &facts) != 0) continue;
    text += fmt::format("{}.{}.{}.{} ", facts.st_ino, facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
  }
  return text;
}

std::shared_ptr<ssl::context> TlsListener::current() {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kLookInterval) return context_;
  looked_ = now;
  std::string stamp = this->stamp();
  if (stamp == stamp_) return context_;
  base::StatusOr<std::shared_ptr<ssl::context>> loaded = load();
  if (!loaded.ok()) {
    base::log_error("the changed certificate cannot be used, the one of before stays: error=\"{}\"",
                    base::message_of(loaded.status()));
    return context_;
  }
  stamp_ = std::move(stamp);
  context_ = *std::move(loaded);
  base::log_info("certificate loaded: file={}", files_.certificate);
  return context_;
}

}  // namespace cordwood::io
