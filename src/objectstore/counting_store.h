// ObjectStore that counts what goes through it into the metrics registry:
//   cordwood_objectstore_requests_total{operation,outcome}   outcome = "ok" or the code of the error
//   cordwood_objectstore_bytes_total{operation}              of objects put and of ranges got
//   cordwood_objectstore_request_seconds{operation}
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "objectstore/object_store.h"

namespace cordwood::objectstore {

// `clock` and `metrics` outlive the store.
std::unique_ptr<ObjectStore> make_counting_store(std::unique_ptr<ObjectStore> below, base::Clock& clock,
                                                 base::MetricsRegistry& metrics);

}  // namespace cordwood::objectstore
