#include "io/http_parser.h"

#include "io/asio_config.h"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace cordwood::io {
namespace {
namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastView = boost::beast::string_view;

std::string_view view(BeastView text) {
  return {text.data(), text.size()};
}

bool equals_ignoring_case(std::string_view a, std::string_view lower_case) {
  return a.size() == lower_case.size() && std::equal(a.begin(), a.end(), lower_case.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + ('a' - 'A')) : x) == y;
         });
}

// The path and query of a request target. Proxies and some clients send the absolute form, "http://host/path".
std::string_view origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find_first_of("/?", scheme.size());
    return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  return target;
}

}  // namespace

class HttpRequestParser::Beast final : public http::basic_parser<true> {
 public:
  explicit Beast(HttpRequestParser* owner) : owner_(*owner) {}

 private:
  void on_request_impl(http::verb, BeastView method, BeastView target, int version, error_code&) override {
    owner_.request_.method = std::string(view(method));
    owner_.target_ = std::string(view(target));
    owner_.http_1_0_ = version < 11;
  }
  void on_response_impl(int, BeastView, int, error_code&) override {}
  void on_field_impl(http::field, BeastView name, BeastView value, error_code&) override {
    // Fields of the trailer come after the header and are of no use to anyone here.
    if (!owner_.header_finished_) owner_.request_.headers.add(view(name), view(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BeastView body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t size, BeastView, error_code& ec) override {
    if (size > owner_.body_bytes_max_ - owner_.chunked_body_.size()) ec = http::error::body_limit;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView body, error_code&) override {
    owner_.chunked_body_.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(error_code&) override {}

  HttpRequestParser& owner_;
};

HttpRequestParser::HttpRequestParser(std::uint64_t header_bytes_max, std::uint64_t body_bytes_max)
    : body_bytes_max_(body_bytes_max), beast_(std::make_unique<Beast>(this)) {
  beast_->header_limit(static_cast<std::uint32_t>(std::min<std::uint64_t>(header_bytes_max, 1U << 30)));
  beast_->body_limit(boost::none);  // compared in here, so that both kinds of body get the same answer
}

HttpRequestParser::~HttpRequestParser() = default;

bool HttpRequestParser::got_some() const {
  return beast_->got_some();
}
bool HttpRequestParser::header_done() const {
  return header_finished_;
}
bool HttpRequestParser::chunked() const {
  return beast_->chunked();
}
bool HttpRequestParser::done() const {
  return beast_->is_done();
}

void HttpRequestParser::refuse(unsigned status, std::string text) {
  refusal_ = HttpRefusal{status, std::move(text)};
}

std::size_t HttpRequestParser::put(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !refusal_ && !beast_->is_done()) {
    error_code ec;
    const std::size_t n = beast_->put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), ec);
    taken += n;
    if (ec == http::error::need_more) break;
    if (ec == http::error::header_limit) {
      refuse(431, "the request header is too large");
    } else if (ec == http::error::body_limit) {
      refuse(413, fmt::format("request body is larger than the limit of {} bytes", body_bytes_max_));
    } else if (ec) {
      refuse(400, fmt::format("malformed HTTP request: {}", ec.message()));
    } else if (beast_->is_header_done() && !header_finished_) {
      finish_header();
      break;
    }
  }
  return taken;
}

void HttpRequestParser::finish_header() {
  header_finished_ = true;
  request_.keep_alive = beast_->keep_alive();
  content_length_ = beast_->content_length().value_or(0);
  expects_continue_ = !http_1_0_ && equals_ignoring_case(request_.headers.get("Expect"), "100-continue");
  const std::string_view target = origin_form(target_);
  if (!target.starts_with('/') && !target.starts_with('?') && target != "*") {
    return refuse(400, "malformed HTTP request: the target is not a path");
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  request_.path = percent_decode(target.substr(0, question));
  if (request_.path.empty()) request_.path = "/";
  request_.query = std::string(target.substr(std::min(question + 1, target.size())));

  // RFC 9112, 3.2 and 6.1: what is guessed here, a proxy in front may guess differently.
  const auto& headers = request_.headers.all();
  const auto hosts = std::count_if(headers.begin(), headers.end(),
                                   [](const auto& header) { return equals_ignoring_case(header.first, "host"); });
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) {
    return refuse(400, "malformed HTTP request: there must be exactly one Host header");
  }
  if (request_.headers.has("Transfer-Encoding") &&
      (http_1_0_ || !equals_ignoring_case(request_.headers.get("Transfer-Encoding"), "chunked"))) {
    return refuse(501, "the only transfer encoding understood is chunked");
  }
  if (content_length_ > body_bytes_max_) {
    refuse(413, fmt::format("request body of {} bytes is larger than the limit of {} bytes", content_length_,
                            body_bytes_max_));
  }
}

}  // namespace cordwood::io
