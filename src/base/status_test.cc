#include "base/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/random.h"

namespace cordwood::base {
namespace {

TEST(StatusTest, FactoriesFormatAndKeepTheCode) {
  const Status status = data_loss_error("object {}: offset={}", "a/b", 12);
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(message_of(status), "object a/b: offset=12");
  EXPECT_EQ(code_name(status.code()), "data_loss");
  EXPECT_EQ(code_name(StatusCode::kOk), "ok");
  EXPECT_EQ(code_name(static_cast<StatusCode>(99)), "unknown");
}

TEST(StatusTest, AnnotateAddsContextToErrorsOnly) {
  const Status annotated = annotate(not_found_error("no such file"), "open catalog");
  EXPECT_EQ(annotated.code(), StatusCode::kNotFound);
  EXPECT_EQ(message_of(annotated), "open catalog: no such file");
  EXPECT_TRUE(annotate(ok_status(), "x").ok());
}

TEST(StatusTest, ErrnoIsMapped) {
  EXPECT_EQ(errno_status(ENOSPC, "append /f").code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(errno_status(EDQUOT, "x").code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(errno_status(EMFILE, "x").code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(errno_status(ENOENT, "x").code(), StatusCode::kNotFound);
  EXPECT_EQ(errno_status(EEXIST, "x").code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(errno_status(EACCES, "x").code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(errno_status(EROFS, "x").code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(errno_status(EIO, "x").code(), StatusCode::kDataLoss);
  EXPECT_EQ(errno_status(EBADF, "x").code(), StatusCode::kUnavailable);
  EXPECT_EQ(message_of(errno_status(ENOSPC, "append /f")), "append /f: No space left on device");
}

StatusOr<std::unique_ptr<int>> half(int value) {
  if (value % 2 != 0) return invalid_argument_error("{} is odd", value);
  return std::make_unique<int>(value / 2);
}
StatusOr<int> quarter(int value) {
  ASSIGN_OR_RETURN(const std::unique_ptr<int> first, half(value));
  ASSIGN_OR_RETURN(const std::unique_ptr<int> second, half(*first));
  RETURN_IF_ERROR(*second > 100 ? out_of_range_error("too large") : ok_status());
  return *second;
}

TEST(StatusTest, MacrosReturnEarly) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(message_of(quarter(6).status()), "3 is odd");
  EXPECT_EQ(quarter(800).status().code(), StatusCode::kOutOfRange);
}

TEST(LogTest, ALineCannotBeForgedAndLevelsAreKept) {
  testing::internal::CaptureStderr();
  log_info("hello user={}", "a\nts=1 level=error msg=\"forged\"\\\x1b[0m");
  log_debug("not shown");
  set_log_level(LogLevel::kError);
  log_info("not shown either");
  log_error("shown");
  set_log_level(LogLevel::kInfo);
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find(R"( level=info msg="hello user=a\nts=1 level=error msg=\"forged\"\\\x1b[0m")"
                     "\n"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find(" level=error msg=\"shown\"\n"), std::string::npos) << out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_EQ(out.substr(0, 3), "ts=");
}

TEST(RandomTest, SeedsRepeatAndUnitsStayBelowOne) {
  SeededRandom a(1);
  SeededRandom b(1);
  SeededRandom c(2);
  EXPECT_EQ(a.next_id(), b.next_id());
  EXPECT_NE(a.next_id(), c.next_id());
  for (int i = 0; i < 1000; ++i) {
    const double unit = a.next_unit();
    EXPECT_TRUE(unit >= 0 && unit < 1);
  }
  SystemRandom system;
  EXPECT_NE(system.next_id(), system.next_id());
}

}  // namespace
}  // namespace cordwood::base
