// What the name of a file says about rotation: `app.log.2.gz` is an older content of `app.log`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cordwood::agent {

struct RotatedName {
  // The name that the file had while it was written: "app.log" of "app.log.2.gz", "app.log-20240131",
  // "app-20240131.log".
  std::string live;
  // "app.log.2" of "app.log.2.gz": the file that a compressor makes this one from.
  std::string uncompressed;
  bool rotated = false;     // live differs from the name, by more than compression
  bool compressed = false;  // .gz, .zst, .xz, .bz2 at the end
  // How old it is within its family, larger is older; only one of the two is set for a rotated file. A number counts
  // (app.log.3), a date is written down (20240131, 2024013104).
  std::uint64_t number = 0;
  std::uint64_t date = 0;
};

// `name` is a base name or a whole path; `live` keeps the directory. Recognised: .N (up to four digits), .old, and
// dates YYYYMMDD, YYYYMMDDHH, YYYY-MM-DD, each also with -EPOCH or -N behind, after '-' or '.', at the end or before
// the extension .log; then one suffix of compression.
RotatedName parse_rotated_name(std::string_view name);

// The label `job`: the base name of the live path without its last extension: "/var/log/nginx/access.log" -> "access".
std::string job_of(std::string_view live_path);

}  // namespace cordwood::agent
