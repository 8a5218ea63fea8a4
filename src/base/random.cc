#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"

namespace cordwood::base {

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  // Requests of at most 256 bytes are never interrupted or cut short (getrandom(2)).
  CHECK(getrandom(&value, sizeof value, 0) == static_cast<ssize_t>(sizeof value));
  return value;
}

}  // namespace cordwood::base
