#include "testing/fault.h"

namespace cordwood::testing {

Fault draw_fault(base::Random& random, const FaultRates& rates) {
  Fault fault;
  const double drawn = random.next_unit();
  if (drawn < rates.refused) {
    fault.kind = Fault::Kind::kRefused;
    fault.status = base::unavailable_error("refused (simulated)");
  } else if (drawn < rates.refused + rates.answer_lost) {
    fault.kind = Fault::Kind::kAnswerLost;
  }
  fault.delay =
      base::nanoseconds(static_cast<std::int64_t>(static_cast<double>(rates.delay_max.count()) * random.next_unit()));
  return fault;
}

}  // namespace cordwood::testing
