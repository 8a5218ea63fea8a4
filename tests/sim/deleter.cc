#include "sim/deleter.h"

namespace cordwood::sim {

base::Task<void> Deleter::run() {
  while (true) {
    co_await world_.executor.sleep_for(world_.up_to_ms(1000));
    co_await world_.await_noise();
    co_await ask();
  }
}

base::Task<void> Deleter::ask() {
  asking_ = fmt::format("{}{} line {}", world_.chance(0.5) ? "a" : "b", 1 + world_.below(2), world_.below(60));
  const std::vector<LineId> meant = truth_.acknowledged_with(*asking_);
  truth_.maybe_deleted(*asking_);  // hidden from some moment between now and the answer
  core::DeletionRequest request;
  request.tenant = core::TenantId::default_tenant();
  request.query = fmt::format("{{job=~\".+\"}} |= \"{}\"", *asking_);
  base::StatusOr<std::string> id = co_await world_.life().store->request_deletion(std::move(request));
  if (id.ok()) {
    truth_.deleted(*asking_, meant);
  } else {
    truth_.maybe_deleted(*asking_);
  }
  asking_.reset();
}

void Deleter::server_died() {
  if (asking_.has_value()) truth_.maybe_deleted(*asking_);
  asking_.reset();
}

}  // namespace cordwood::sim
