// The result of anything that can fail because of the world or because of bytes from outside. The codes are abseil's
// sixteen; this header is the only one that names abseil's types, because Debian builds abseil with its own
// string_view, so text goes in and out as std::string_view here.
//
// Three failures, three ways (docs/style): the world -> Status; bytes from disk or wire -> DataLoss naming object,
// offset, wanted and found; ourselves -> CHECK (check.h).
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace cordwood::base {

using Status = absl::Status;
template <typename T>
using StatusOr = absl::StatusOr<T>;
using StatusCode = absl::StatusCode;

Status make_status(StatusCode code, std::string_view message);
inline Status ok_status() {
  return absl::OkStatus();
}
// The message without the code in front of it; valid as long as `status`.
std::string_view message_of(const Status& status);
// "data_loss", "not_found", ...: for logs and metrics.
std::string_view code_name(StatusCode code);
// The same code with `context: ` in front of the message; an OK status stays as it is.
Status annotate(const Status& status, std::string_view context);

#define CORDWOOD_STATUS_FACTORY(name, code)                                                 \
  template <typename... Args>                                                               \
  Status name(fmt::format_string<Args...> format, Args&&... args) {                         \
    return make_status(StatusCode::code, fmt::format(format, std::forward<Args>(args)...)); \
  }
CORDWOOD_STATUS_FACTORY(invalid_argument_error, kInvalidArgument)
CORDWOOD_STATUS_FACTORY(not_found_error, kNotFound)
CORDWOOD_STATUS_FACTORY(already_exists_error, kAlreadyExists)
CORDWOOD_STATUS_FACTORY(resource_exhausted_error, kResourceExhausted)
CORDWOOD_STATUS_FACTORY(failed_precondition_error, kFailedPrecondition)
CORDWOOD_STATUS_FACTORY(aborted_error, kAborted)
CORDWOOD_STATUS_FACTORY(unavailable_error, kUnavailable)
CORDWOOD_STATUS_FACTORY(deadline_exceeded_error, kDeadlineExceeded)
CORDWOOD_STATUS_FACTORY(cancelled_error, kCancelled)
CORDWOOD_STATUS_FACTORY(data_loss_error, kDataLoss)
CORDWOOD_STATUS_FACTORY(unimplemented_error, kUnimplemented)
CORDWOOD_STATUS_FACTORY(out_of_range_error, kOutOfRange)
CORDWOOD_STATUS_FACTORY(permission_denied_error, kPermissionDenied)
CORDWOOD_STATUS_FACTORY(unauthenticated_error, kUnauthenticated)
CORDWOOD_STATUS_FACTORY(internal_error, kInternal)
#undef CORDWOOD_STATUS_FACTORY

// The status for a failed system call: `what: strerror(errno)`. ENOSPC and EDQUOT are ResourceExhausted, ENOENT is
// NotFound, EEXIST AlreadyExists, EACCES and EPERM PermissionDenied, EIO DataLoss, everything else Unavailable.
Status errno_status(int error_number, std::string_view what);

}  // namespace cordwood::base

#define CORDWOOD_CONCAT_INNER(a, b) a##b
#define CORDWOOD_CONCAT(a, b) CORDWOOD_CONCAT_INNER(a, b)

// In functions. `lhs` may be a declaration: ASSIGN_OR_RETURN(auto file, open(path));
#define RETURN_IF_ERROR(expr)                                                     \
  do {                                                                            \
    if (::cordwood::base::Status status_ = (expr); !status_.ok()) return status_; \
  } while (false)
#define ASSIGN_OR_RETURN(lhs, expr) CORDWOOD_ASSIGN_OR(return, CORDWOOD_CONCAT(result_, __LINE__), lhs, expr)
// The same in coroutines.
#define CO_RETURN_IF_ERROR(expr)                                                     \
  do {                                                                               \
    if (::cordwood::base::Status status_ = (expr); !status_.ok()) co_return status_; \
  } while (false)
#define CO_ASSIGN_OR_RETURN(lhs, expr) CORDWOOD_ASSIGN_OR(co_return, CORDWOOD_CONCAT(result_, __LINE__), lhs, expr)
#define CORDWOOD_ASSIGN_OR(ret, tmp, lhs, expr) \
  auto tmp = (expr);                            \
  if (!tmp.ok()) ret tmp.status();              \
  lhs = std::move(tmp).value()
