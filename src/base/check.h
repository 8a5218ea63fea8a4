// CHECK: an invariant of our own code. It stays on in release builds and aborts with a text that starts with `BUG:`.
// Input of a user, a file or the network must never reach one: that is what Status is for.
#pragma once

#include <string_view>

namespace cordwood::base {
[[noreturn]] void check_failed(const char* file, int line, const char* condition, std::string_view detail = {});
}

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::cordwood::base::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
#define CHECK_MSG(condition, detail)                                          \
  do {                                                                        \
    if (!(condition)) [[unlikely]]                                            \
      ::cordwood::base::check_failed(__FILE__, __LINE__, #condition, detail); \
  } while (false)
