#include "io/curl_session.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace cordwood::io {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// How soon a cancelled or stalled request is noticed.
constexpr int kPollMillis = 100;
// Of the body of an error that a stream request got instead of its data.
constexpr std::size_t kErrorBodyBytesMax = 64 << 10;
// More headers than that are no answer of a sane server.
constexpr std::size_t kHeaderBytesMax = 256 << 10;

bool init_curl() {
  static const bool ok = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ok;
}

// "http://host:3100" of a URL: what an error text names. The path may be long and the query may hold secrets.
std::string origin_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  std::string origin = url.substr(0, url.find_first_of("/?#", scheme + 3));
  if (const std::size_t at = origin.rfind('@'); at != std::string::npos) origin.erase(scheme + 3, at - scheme - 2);
  return origin;
}

std::string system_error_text(long error_number) {
  char buffer[256];
  std::string text = strerror_r(static_cast<int>(error_number), buffer, sizeof buffer);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + ('a' - 'A'));
  return text;
}

std::string seconds_text(base::nanoseconds duration) {
  return fmt::format("{:g} s", static_cast<double>(duration.count()) * 1e-9);
}

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;

void append(Slist& list, const std::string& text) {
  curl_slist* const longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) return;
  [[maybe_unused]] curl_slist* const same = list.release();
  list.reset(longer);
}

Slist header_list(const ClientRequest& request) {
  Slist list;
  for (const auto& [name, value] : request.headers.all()) {
    // libcurl's way of sending an empty value.
    append(list, value.empty() ? name + ";" : name + ": " + value);
  }
  // POSTFIELDS would claim a form.
  if (!request.headers.has("Content-Type")) append(list, "Content-Type:");
  return list;
}

}  // namespace

struct CurlSession::Transfer {
  const ClientRequest& request;
  const std::function<bool(std::string_view)>& on_data;
  ClientResponse response;
  std::size_t header_bytes = 0;
  SteadyTime last_progress = std::chrono::steady_clock::now();
  curl_off_t moved = 0;
  char error[CURL_ERROR_SIZE] = {};
  bool stopped_by_reader = false;
  bool too_large = false;

  bool ok_status() const { return response.status >= 200 && response.status < 300; }

  std::size_t take_body(std::string_view bytes) {
    if (on_data && ok_status()) {
      stopped_by_reader = !on_data(bytes);
      return stopped_by_reader ? 0 : bytes.size();
    }
    if (on_data) {
      response.body.append(bytes.substr(0, kErrorBodyBytesMax - std::min(kErrorBodyBytesMax, response.body.size())));
      return bytes.size();
    }
    too_large = bytes.size() > request.response_bytes_max - response.body.size();
    if (too_large) return 0;
    response.body.append(bytes);
    return bytes.size();
  }

  bool take_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kHeaderBytesMax) return false;
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      // A new answer: the one before was "100 Continue" or the like.
      response.headers = HttpHeaders();
      const std::size_t space = line.find(' ');
      response.status = space == std::string_view::npos
                            ? 0
                            : static_cast<unsigned>(std::strtoul(std::string(line.substr(space)).c_str(), nullptr, 10));
      return true;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    std::string_view value = line.substr(colon + 1);
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    response.headers.add(line.substr(0, colon), value);
    return true;
  }

  static std::size_t write_callback(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({data, size * count});
  }
  static std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({data, size * count}) ? size * count : 0;
  }
  static int progress_callback(void* self, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
    auto* const transfer = static_cast<Transfer*>(self);
    if (down + up != transfer->moved) {
      transfer->moved = down + up;
      transfer->last_progress = std::chrono::steady_clock::now();
    }
    return 0;
  }
};

base::StatusOr<std::unique_ptr<CurlSession>> CurlSession::make(const ClientTls& tls) {
  if (!init_curl()) return base::unavailable_error("libcurl could not be initialised");
  CURLM* const multi = curl_multi_init();
  CURL* const easy = curl_easy_init();
  if (multi == nullptr || easy == nullptr) {
    if (multi != nullptr) curl_multi_cleanup(multi);
    if (easy != nullptr) curl_easy_cleanup(easy);
    return base::unavailable_error("libcurl could not be set up: out of memory?");
  }
  return std::unique_ptr<CurlSession>(new CurlSession(multi, easy, tls));
}

CurlSession::~CurlSession() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

namespace {

void set_method_and_body(CURL* easy, const ClientRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// A proxy from the environment is used, but never for this machine.
void set_no_proxy(CURL* easy) {
  std::string hosts = "localhost,127.0.0.1,::1";
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    if (const char* more = std::getenv(name); more != nullptr && *more != '\0') {
      hosts = std::string_view(more) == "*" ? "*" : hosts + "," + more;
      break;
    }
  }
  curl_easy_setopt(easy, CURLOPT_NOPROXY, hosts.c_str());
}

void set_tls(CURL* easy, const ClientTls& tls) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
  if (!tls.certificate.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.certificate.c_str());
  if (!tls.key.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key.c_str());
}

base::Status connect_error(CURL* easy, const std::string& origin, const char* detail) {
  long error_number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error_number);
  const std::string why = error_number != 0 ? system_error_text(error_number) : std::string(detail);
  const std::string_view hint = error_number == ECONNREFUSED ? "; is \"cordwood server\" running there?" : "";
  return base::unavailable_error("could not connect to {}: {}{}", origin, why, hint);
}

base::Status status_of(CURL* easy, CURLcode code, const ClientRequest& request, const char* detail) {
  const std::string origin = origin_of(request.url);
  const std::string text = *detail != '\0' ? detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return base::invalid_argument_error("\"{}\" is not a URL that can be used, write http://HOST:PORT", request.url);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return base::unavailable_error("could not find the host of {}: check the name", origin);
    case CURLE_COULDNT_CONNECT:
      return connect_error(easy, origin, text.c_str());
    case CURLE_OPERATION_TIMEDOUT:
      return base::deadline_exceeded_error("could not connect to {} within {}", origin,
                                           seconds_text(request.connect_timeout));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return base::unavailable_error("no secure connection to {}: {}", origin, text);
    case CURLE_OUT_OF_MEMORY:
      return base::resource_exhausted_error("out of memory while asking {}", origin);
    default:
      return base::unavailable_error("the connection to {} broke off: {}", origin, text);
  }
}

}  // namespace

base::StatusOr<ClientResponse> CurlSession::perform(const ClientRequest& request,
                                                    const std::function<bool(std::string_view)>& on_data) {
  Transfer transfer{.request = request, .on_data = on_data, .response = {}};
  CURL* const easy = easy_;
  curl_easy_reset(easy);  // options only: connections and DNS cache stay
  const Slist headers = header_list(request);
  set_method_and_body(easy, request);
  set_no_proxy(easy);
  set_tls(easy, tls_);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "cordwood");
  const auto connect_millis = std::chrono::ceil<std::chrono::milliseconds>(request.connect_timeout).count();
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::max<long>(1, connect_millis));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::write_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Transfer::progress_callback);
  curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);

  base::Status stopped = base::ok_status();
  CURLcode code = CURLE_OK;
  curl_multi_add_handle(multi_, easy);
  for (int running = 1; running > 0;) {
    if (request.cancel.cancelled()) stopped = base::cancelled_error("the request was cancelled");
    curl_off_t connected_after = 0;  // connecting has a limit of its own
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_after);
    if (connected_after == 0) transfer.last_progress = std::chrono::steady_clock::now();
    if (std::chrono::steady_clock::now() - transfer.last_progress > request.stall_timeout) {
      stopped = base::deadline_exceeded_error("nothing was sent to or by {} for {}", origin_of(request.url),
                                              seconds_text(request.stall_timeout));
    }
    if (!stopped.ok()) break;
    if (const CURLMcode error = curl_multi_perform(multi_, &running); error != CURLM_OK) {
      stopped = base::unavailable_error("libcurl failed: {}", curl_multi_strerror(error));
      break;
    }
    if (running > 0) curl_multi_poll(multi_, nullptr, 0, kPollMillis, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) code = message->data.result;
  }
  curl_multi_remove_handle(multi_, easy);
  RETURN_IF_ERROR(stopped);
  if (transfer.stopped_by_reader) return base::cancelled_error("the reader wanted no more");
  if (transfer.too_large) {
    return base::resource_exhausted_error("the answer of {} is larger than {} bytes", origin_of(request.url),
                                          request.response_bytes_max);
  }
  if (code != CURLE_OK) return status_of(easy, code, request, transfer.error);
  return std::move(transfer.response);
}

}  // namespace cordwood::io
