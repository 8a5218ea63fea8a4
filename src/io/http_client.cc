#include "io/http_client.h"

#include <utility>
#include <vector>

#include "base/mutex.h"
#include "io/curl_session.h"

namespace cordwood::io {
namespace {

// Sessions, and with them open connections, that are kept for later requests.
constexpr std::size_t kIdleSessionsMax = 16;

class CurlHttpClient final : public HttpClient {
 public:
  CurlHttpClient(base::Executor& executor, ClientTls tls)
      : executor_(executor), pool_(std::make_shared<Pool>(std::move(tls))) {}

  base::Task<base::StatusOr<ClientResponse>> send(ClientRequest request) override {
    std::function<bool(std::string_view)> no_reader;
    return run(&executor_, pool_, std::move(request), std::move(no_reader));
  }
  base::Task<base::StatusOr<ClientResponse>> stream(ClientRequest request,
                                                    std::function<bool(std::string_view)> on_data) override {
    return run(&executor_, pool_, std::move(request), std::move(on_data));
  }

 private:
  // Thread-safe. The session used last is taken first: its connections are the likeliest to be still open.
  struct Pool {
    explicit Pool(ClientTls given) : tls(std::move(given)) {}
    base::StatusOr<std::unique_ptr<CurlSession>> take() {
      {
        const base::MutexLock lock(mutex);
        if (!idle.empty()) {
          std::unique_ptr<CurlSession> session = std::move(idle.back());
          idle.pop_back();
          return session;
        }
      }
      return CurlSession::make(tls);
    }
    void put(std::unique_ptr<CurlSession> session) {
      const base::MutexLock lock(mutex);
      if (idle.size() < kIdleSessionsMax) idle.push_back(std::move(session));
    }
    const ClientTls tls;
    base::Mutex mutex;
    std::vector<std::unique_ptr<CurlSession>> idle GUARDED_BY(mutex);
  };

  static base::StatusOr<ClientResponse> perform(Pool& pool, const ClientRequest& request,
                                                const std::function<bool(std::string_view)>& on_data) {
    ASSIGN_OR_RETURN(std::unique_ptr<CurlSession> session, pool.take());
    base::StatusOr<ClientResponse> response = session->perform(request, on_data);
    pool.put(std::move(session));
    return response;
  }

  static base::Task<base::StatusOr<ClientResponse>> run(base::Executor* executor, std::shared_ptr<Pool> pool,
                                                        ClientRequest request,
                                                        std::function<bool(std::string_view)> on_data) {
    auto response = co_await executor->blocking([&] { return perform(*pool, request, on_data); });
    co_return response;
  }

  base::Executor& executor_;
  const std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<HttpClient> make_http_client(base::Executor& executor, ClientTls tls) {
  return std::make_unique<CurlHttpClient>(executor, std::move(tls));
}

}  // namespace cordwood::io
