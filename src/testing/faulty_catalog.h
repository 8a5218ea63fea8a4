// Catalog that fails and dawdles as its test decides: refused requests, lost answers, slow ones.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/executor.h"
#include "catalog/catalog.h"
#include "testing/fault.h"

namespace cordwood::testing {

// Asked once a call with the name of the method ("commit"), in the order of the calls. Thread-safe if the calls come
// from several threads.
using CatalogFaultPlan = std::function<Fault(std::string_view method)>;

// `below` outlives the catalog: a simulation opens a new one over it after each crash.
std::unique_ptr<catalog::Catalog> make_faulty_catalog(catalog::Catalog& below, base::Executor& executor,
                                                      CatalogFaultPlan plan);

}  // namespace cordwood::testing
