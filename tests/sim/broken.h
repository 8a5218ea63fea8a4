// Three ways to get the protocol wrong, as wrappers of what the store stands on, so that the product has no switch for
// them. The simulation must find each of them: that is the proof that it can fail.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/executor.h"
#include "catalog/catalog.h"
#include "io/sim_files.h"

namespace cordwood::sim {

enum class Breakage {
  kNone,
  kAcknowledgeBeforeSync,  // the journal's syncs do nothing
  kMarkOutsideCommit,      // marks and body hashes reach the catalog a moment after the segments
  kTrimBeforeCommit,       // the journal is trimmed when a flush's commit begins
};
std::string_view name_of(Breakage breakage);

std::unique_ptr<io::FileSystem> make_unsynced_files(io::FileSystem& below, std::string directory);
std::unique_ptr<catalog::Catalog> make_late_marks(catalog::Catalog& below, base::Executor& executor);
std::unique_ptr<catalog::Catalog> make_early_trim(catalog::Catalog& below, io::FileSystem& files,
                                                  std::string journal_directory);

}  // namespace cordwood::sim
