#include "app/settings_options.h"

#include <CLI/CLI.hpp>

#include "io/file.h"

namespace cordwood::app {
namespace {
constexpr std::uint64_t kConfigBytesMax = 1 << 20;
}

void SettingsOptions::add_to(CLI::App& command, const Settings& settings) {
  command.add_option("--config", config_file_, "TOML file with the same keys (environment: CORDWOOD_CONFIG)")
      ->envname("CORDWOOD_CONFIG")
      ->type_name("FILE");
  for (const Setting& setting : settings.all()) {
    const std::string help = setting.help + " [" + setting.key + " = " + setting.get() + "]";
    const std::string key = setting.key;
    if (setting.is_switch) {
      command.add_flag_function(setting.flag(), [this, key](std::int64_t) { given_.emplace_back(key, "true"); }, help);
    } else {
      command
          .add_option_function<std::string>(
              setting.flag(), [this, key](const std::string& value) { given_.emplace_back(key, value); }, help)
          ->type_name("VALUE");
    }
  }
}

base::Status SettingsOptions::apply(Settings& settings) const {
  if (!config_file_.empty()) {
    ASSIGN_OR_RETURN(const std::string text, io::read_whole_file(io::system_files(), config_file_, kConfigBytesMax));
    RETURN_IF_ERROR(settings.apply_toml(text, config_file_));
  }
  RETURN_IF_ERROR(settings.apply_environment());
  for (const auto& [key, value] : given_) {
    const Setting* setting = settings.find(key);
    if (base::Status status = setting->set(value); !status.ok()) return base::annotate(status, setting->flag());
  }
  return base::ok_status();
}

}  // namespace cordwood::app
