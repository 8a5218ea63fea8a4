// A table of settings as options of a subcommand.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/settings.h"

namespace CLI {
class App;
}

namespace cordwood::app {

// What the flags said, kept until file and environment have been applied below them.
class SettingsOptions {
 public:
  // Adds one option for each setting, and --config FILE.
  void add_to(CLI::App& command, const Settings& settings);
  // File, then environment, then flags.
  base::Status apply(Settings& settings) const;

 private:
  std::string config_file_;
  std::vector<std::pair<std::string, std::string>> given_;  // key, value
};

}  // namespace cordwood::app
