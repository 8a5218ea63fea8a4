#include "io/http_server.h"

#include "io/asio_config.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

#include "base/log.h"
#include "io/http_connection.h"

namespace cordwood::io {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

struct HostPort {
  std::string host;
  std::string port;
};

base::StatusOr<HostPort> split_listen(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos || colon + 1 == listen.size()) {
    return base::invalid_argument_error("listen address \"{}\" is not HOST:PORT", listen);
  }
  HostPort out{listen.substr(0, colon), listen.substr(colon + 1)};
  if (out.port.size() > 5 || out.port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(out.port) > 65535) {
    return base::invalid_argument_error("port \"{}\" of listen address \"{}\" is not a number up to 65535", out.port,
                                        listen);
  }
  if (out.host.starts_with('[') && out.host.ends_with(']')) {
    out.host = out.host.substr(1, out.host.size() - 2);
  } else if (out.host.find(':') != std::string::npos) {
    return base::invalid_argument_error("write the IPv6 address of \"{}\" in brackets: [ADDRESS]:PORT", listen);
  }
  return out;
}

base::Status listen_error(const std::string& listen, const error_code& ec) {
  const std::string_view hint = ec == asio::error::address_in_use ? "; is another server running there?" : "";
  return base::unavailable_error("could not listen on {}: {}{}", listen, ec.message(), hint);
}

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(HttpServerOptions options, base::Executor& executor, HttpHandler handler,
                 base::MetricsRegistry& metrics)
      : shared_(std::make_shared<HttpServerShared>(std::move(options), executor, std::move(handler), metrics)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(shared_->options.threads, 1); ++i) {
      threads_.push_back(std::make_shared<HttpIoThread>());
    }
  }
  ~AsioHttpServer() override { stop(base::nanoseconds(0)); }

  base::Status open();
  std::uint16_t port() const override { return port_; }
  void stop(base::nanoseconds grace) override;

 private:
  asio::awaitable<void> accept_loop();
  void start_connection(std::shared_ptr<HttpIoThread> thread, tcp::socket socket);
  void for_each_connection(void (HttpConnection::*method)());
  bool wait_until_quiet(base::nanoseconds limit);

  const std::shared_ptr<HttpServerShared> shared_;
  std::vector<std::shared_ptr<HttpIoThread>> threads_;
  std::unique_ptr<tcp::acceptor> acceptor_;  // on the first thread
  std::uint16_t port_ = 0;
  bool stopped_ = false;
};

base::Status AsioHttpServer::open() {
  const std::string& listen = shared_->options.listen;
  ASSIGN_OR_RETURN(const HostPort where, split_listen(listen));
  asio::io_context& context = threads_.front()->context;
  error_code ec;
  tcp::resolver resolver(context);
  const auto endpoints = resolver.resolve(where.host, where.port, tcp::resolver::passive, ec);
  if (ec || endpoints.empty()) {
    return base::invalid_argument_error("host of listen address {} is unknown: {}", listen, ec.message());
  }
  const tcp::endpoint endpoint = endpoints.begin()->endpoint();
  acceptor_ = std::make_unique<tcp::acceptor>(context);
  acceptor_->open(endpoint.protocol(), ec);
  if (!ec) acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) acceptor_->bind(endpoint, ec);
  if (!ec) acceptor_->listen(4096, ec);
  if (ec) return listen_error(listen, ec);
  port_ = acceptor_->local_endpoint(ec).port();

  asio::co_spawn(context, accept_loop(), [](std::exception_ptr error) {
    if (error) base::log_error("the HTTP server cannot take connections any more, restart it");
  });
  for (const auto& thread : threads_) {
    thread->thread = std::thread([thread] { thread->context.run(); });
  }
  return base::ok_status();
}

asio::awaitable<void> AsioHttpServer::accept_loop() {
  asio::steady_timer pause(threads_.front()->context);
  std::size_t next = 0;
  while (!shared_->stopping.load()) {
    const std::shared_ptr<HttpIoThread> thread = threads_[next++ % threads_.size()];
    tcp::socket socket(thread->context);
    error_code ec;
    co_await acceptor_->async_accept(socket, asio::redirect_error(asio::use_awaitable, ec));
    if (shared_->stopping.load()) break;
    if (ec) {
      // Out of descriptors or memory: the connections that are there will give some back.
      if (ec != asio::error::connection_aborted) {
        base::log_warn("could not accept a connection error=\"{}\"", ec.message());
        pause.expires_after(std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      }
      continue;
    }
    bool room = false;
    {
      const std::lock_guard lock(shared_->mutex);
      room = shared_->connections < shared_->options.connections_max;
      if (room) ++shared_->connections;
    }
    if (!room) {
      shared_->connections_refused.add();
      socket.close(ec);
      continue;
    }
    socket.set_option(tcp::no_delay(true), ec);
    start_connection(thread, std::move(socket));
  }
}

void AsioHttpServer::start_connection(std::shared_ptr<HttpIoThread> thread, tcp::socket socket) {
  shared_->connections_open.add(1);
  auto connection = std::make_shared<HttpConnection>(shared_, thread, std::move(socket));
  asio::co_spawn(thread->context, connection->run(), [connection, shared = shared_](std::exception_ptr error) {
    // Only allocation can throw in there.
    if (error) base::log_error("an HTTP connection was broken off, out of memory?");
    connection->ended();
    shared->connections_open.add(-1);
    const std::lock_guard lock(shared->mutex);
    --shared->connections;
    shared->changed.notify_all();
  });
}

void AsioHttpServer::for_each_connection(void (HttpConnection::*method)()) {
  for (const auto& thread : threads_) {
    asio::post(thread->context, [thread, method] {
      // A connection may leave the set meanwhile.
      std::vector<std::shared_ptr<HttpConnection>> connections;
      for (HttpConnection* connection : thread->connections) connections.push_back(connection->shared_from_this());
      for (const auto& connection : connections) (connection.get()->*method)();
    });
  }
}

bool AsioHttpServer::wait_until_quiet(base::nanoseconds limit) {
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_for(lock, limit, [this] { return shared_->connections == 0; });
}

void AsioHttpServer::stop(base::nanoseconds grace) {
  if (std::exchange(stopped_, true)) return;
  // After a failed open() nobody runs the contexts, and what is posted to them would keep them alive for ever.
  if (!threads_.front()->thread.joinable()) return;
  shared_->stopping.store(true);
  if (acceptor_) {
    asio::post(threads_.front()->context, [this] {
      error_code ignored;
      acceptor_->close(ignored);
    });
  }
  for_each_connection(&HttpConnection::drain);
  if (!wait_until_quiet(grace)) {
    for_each_connection(&HttpConnection::abort);
    // Handlers hold references into the rest of the program, so they must end before it does.
    while (!wait_until_quiet(std::chrono::seconds(10))) {
      base::log_warn("still waiting for cancelled HTTP requests to end");
      for_each_connection(&HttpConnection::abort);
    }
  }
  for (const auto& thread : threads_) thread->work.reset();
  for (const auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

}  // namespace

base::StatusOr<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, base::Executor& executor,
                                                              HttpHandler handler, base::MetricsRegistry& metrics) {
  try {
    auto server = std::make_unique<AsioHttpServer>(std::move(options), executor, std::move(handler), metrics);
    RETURN_IF_ERROR(server->open());
    return std::unique_ptr<HttpServer>(std::move(server));
  } catch (const std::exception& error) {
    return base::unavailable_error("could not start the HTTP server: {}", error.what());
  }
}

}  // namespace cordwood::io
