// Settings: one table for a command's TOML keys, flags and environment variables, so that the three can never differ.
// Precedence: flag, then environment, then file, then default.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"

namespace cordwood::app {

// One key. Names: TOML `flush.bytes`, flag `--flush-bytes`, environment `CORDWOOD_FLUSH_BYTES`.
struct Setting {
  std::string key;
  std::string help;
  bool is_switch = false;  // a flag without a value
  std::function<base::Status(std::string_view)> set;
  std::function<std::string()> get;  // the value in effect, as TOML

  std::string flag() const;
  std::string environment() const;
};

// Binds fields of a configuration to keys.
class Settings {
 public:
  Settings& text(std::string key, std::string& field, std::string help);
  Settings& text_list(std::string key, std::vector<std::string>& field, std::string help);
  Settings& toggle(std::string key, bool& field, std::string help);
  Settings& count(std::string key, std::uint64_t& field, std::string help);
  Settings& count(std::string key, std::uint32_t& field, std::string help);
  // "64MiB", "1.5GB", "1000": B kB KB MB GB TB (1000) and KiB MiB GiB TiB.
  Settings& bytes(std::string key, std::uint64_t& field, std::string help);
  // "500ms", "30s", "1h30m", "7d".
  Settings& duration(std::string key, base::nanoseconds& field, std::string help);

  std::span<const Setting> all() const { return settings_; }
  const Setting* find(std::string_view key) const;

  // Applies a TOML document. Unknown keys are errors that name the nearest known one; all errors give `source` and
  // line.
  base::Status apply_toml(std::string_view document, std::string_view source);
  // Applies CORDWOOD_* variables of the process for keys of this table.
  base::Status apply_environment();
  // The values in effect as TOML.
  std::string to_toml() const;

 private:
  Settings& add(Setting setting);
  std::string nearest(std::string_view key) const;
  std::vector<Setting> settings_;
};

base::StatusOr<std::uint64_t> parse_bytes(std::string_view text);
base::StatusOr<base::nanoseconds> parse_duration(std::string_view text);
std::string duration_text(base::nanoseconds duration);

}  // namespace cordwood::app
