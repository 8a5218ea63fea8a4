// The schema of the SQLite catalog as numbered steps. A step that was ever released is never edited: add another.
#pragma once

#include <span>
#include <string_view>

#include "base/status.h"

namespace cordwood::catalog {

class Database;

// SQL scripts; step i leads from schema version i to i + 1.
std::span<const std::string_view> sqlite_migrations();

// Brings the database to the newest version, each step in a transaction of its own. FailedPrecondition when the file is
// of another program or of a newer version of this one.
base::Status migrate(Database& database, std::span<const std::string_view> migrations);

}  // namespace cordwood::catalog
