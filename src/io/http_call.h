// Internal to the HTTP server: one request on its way through the executor and back.
#pragma once

#include "io/asio_config.h"

#include <boost/asio/post.hpp>

#include <memory>
#include <string>
#include <utility>

#include "base/log.h"
#include "io/http_connection.h"

namespace cordwood::io {

// The io thread does not touch it while the executor has it.
struct HttpConnection::Call {
  HttpRequest request;
  HttpResponse response;
  bool stream_failed = false;
  std::string stream_error;  // why, for people
  std::string piece;
  bool finished = false;  // set on the io thread
  std::shared_ptr<HttpConnection> connection;

  // Gives the call back to the io thread. To be the last thing the executor does with it.
  static void give_back(std::shared_ptr<Call> call) {
    // The io thread may end, and be destroyed, before post returns.
    const std::shared_ptr<HttpIoThread> thread = call->connection->thread_;
    boost::asio::post(thread->context, [call = std::move(call)] {
      call->finished = true;
      call->connection->wake_.cancel();
    });
  }
  static base::Task<void> handle(std::shared_ptr<Call> call) {
    {
      base::Task<HttpResponse> task = call->connection->shared_->handler(call->request);
      call->response = co_await task;
    }
    give_back(std::move(call));
  }
  static base::Task<void> finish(std::shared_ptr<Call> call) {
    {
      base::Task<void> task = call->response.stream->finish();
      co_await task;
    }
    give_back(std::move(call));
  }
  static base::Task<void> next(std::shared_ptr<Call> call) {
    base::StatusOr<std::string> piece = std::string();
    {
      base::Task<base::StatusOr<std::string>> task = call->response.stream->next();
      piece = co_await task;
    }
    call->stream_failed = !piece.ok();
    if (!piece.ok()) call->stream_error = std::string(base::message_of(piece.status()));
    if (piece.ok()) {
      call->piece = std::move(piece).value();
    } else {
      base::log_warn("an HTTP answer was broken off peer={} path={} error=\"{}\"", call->request.peer,
                     call->request.path, base::message_of(piece.status()));
    }
    give_back(std::move(call));
  }
};

}  // namespace cordwood::io
