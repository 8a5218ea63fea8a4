#include "app/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include "base/json_writer.h"

namespace cordwood::app {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 12> kByteUnits = {{{"", 1},
                                              {"B", 1},
                                              {"kB", 1e3},
                                              {"KB", 1e3},
                                              {"MB", 1e6},
                                              {"GB", 1e9},
                                              {"TB", 1e12},
                                              {"KiB", 1024.0},
                                              {"MiB", 1048576.0},
                                              {"GiB", 1073741824.0},
                                              {"TiB", 1099511627776.0},
                                              {"K", 1024.0}}};
constexpr std::array<Unit, 8> kTimeUnits = {
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"w", 604800e9}}};

// The number at the start of `text`, which it removes.
bool take_number(std::string_view& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return std::isfinite(value);
}

std::string_view take_letters(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && std::isalpha(static_cast<unsigned char>(text[length])) != 0) ++length;
  const std::string_view letters = text.substr(0, length);
  text.remove_prefix(length);
  return letters;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  const auto it = std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return it == units.end() ? nullptr : &*it;
}

// Levenshtein distance: to guess which key was meant.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string toml_string(std::string_view text) {
  std::string out;
  base::append_json_string(out, text);  // JSON's escapes are TOML's
  return out;
}

// A scalar of TOML as the text that Setting::set takes.
base::StatusOr<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  return base::invalid_argument_error("expected a string, number or boolean");
}

}  // namespace

base::StatusOr<std::uint64_t> parse_bytes(std::string_view text) {
  std::string_view rest = text;
  double value = 0;
  if (!take_number(rest, value))
    return base::invalid_argument_error("'{}' is not a size; write for example 64MiB", text);
  const Unit* unit = find_unit(kByteUnits, rest);
  if (unit == nullptr || value < 0 || value * unit->factor > 9e18) {
    return base::invalid_argument_error("'{}' is not a size; write for example 64MiB", text);
  }
  return static_cast<std::uint64_t>(value * unit->factor);
}

base::StatusOr<base::nanoseconds> parse_duration(std::string_view text) {
  const auto fail = [&] {
    return base::invalid_argument_error("'{}' is not a duration; write for example 30s or 1h30m", text);
  };
  std::string_view rest = text;
  double total = 0;
  if (rest.empty()) return fail();
  while (!rest.empty()) {
    double value = 0;
    if (!take_number(rest, value) || value < 0) return fail();
    const Unit* unit = find_unit(kTimeUnits, take_letters(rest));
    if (unit == nullptr) return fail();
    total += value * unit->factor;
  }
  if (total > 9e18) return fail();
  return base::nanoseconds(static_cast<std::int64_t>(total));
}

std::string duration_text(base::nanoseconds duration) {
  const std::int64_t nanos = duration.count();
  for (auto it = kTimeUnits.rbegin(); it != kTimeUnits.rend(); ++it) {
    const auto factor = static_cast<std::int64_t>(it->factor);
    if (nanos != 0 && nanos % factor == 0) return fmt::format("{}{}", nanos / factor, it->name);
  }
  return fmt::format("{}ns", nanos);
}

std::string Setting::flag() const {
  std::string out = "--" + key;
  std::replace_if(out.begin(), out.end(), [](char c) { return c == '.' || c == '_'; }, '-');
  return out;
}

std::string Setting::environment() const {
  std::string out = "CORDWOOD_";
  for (const char c : key) {
    out += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

Settings& Settings::add(Setting setting) {
  settings_.push_back(std::move(setting));
  return *this;
}

Settings& Settings::text(std::string key, std::string& field, std::string help) {
  return add({std::move(key), std::move(help), false,
              [&field](std::string_view value) {
                field = std::string(value);
                return base::ok_status();
              },
              [&field] { return toml_string(field); }});
}

Settings& Settings::text_list(std::string key, std::vector<std::string>& field, std::string help) {
  return add({std::move(key), std::move(help), false,
              [&field](std::string_view value) {
                field.clear();
                std::stringstream parts{std::string(value)};
                for (std::string part; std::getline(parts, part, ',');) {
                  if (!part.empty()) field.push_back(part);
                }
                return base::ok_status();
              },
              [&field] {
                std::string out;
                for (const std::string& item : field) out += (out.empty() ? "" : ",") + item;
                return toml_string(out);
              }});
}

Settings& Settings::toggle(std::string key, bool& field, std::string help) {
  return add({std::move(key), std::move(help), true,
              [&field](std::string_view value) -> base::Status {
                if (value != "true" && value != "false" && value != "1" && value != "0") {
                  return base::invalid_argument_error("'{}' is not true or false", value);
                }
                field = value == "true" || value == "1";
                return base::ok_status();
              },
              [&field] { return std::string(field ? "true" : "false"); }});
}

namespace {

template <typename Number>
base::Status set_count(Number& field, std::string_view value) {
  Number number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc::result_out_of_range) return base::invalid_argument_error("'{}' is too large", value);
  if (error != std::errc() || end != value.data() + value.size()) {
    return base::invalid_argument_error("'{}' is not a whole number", value);
  }
  field = number;
  return base::ok_status();
}

}  // namespace

Settings& Settings::count(std::string key, std::uint64_t& field, std::string help) {
  return add({std::move(key), std::move(help), false,
              [&field](std::string_view value) { return set_count(field, value); },
              [&field] { return fmt::format("{}", field); }});
}

Settings& Settings::count(std::string key, std::uint32_t& field, std::string help) {
  return add({std::move(key), std::move(help), false,
              [&field](std::string_view value) { return set_count(field, value); },
              [&field] { return fmt::format("{}", field); }});
}

Settings& Settings::bytes(std::string key, std::uint64_t& field, std::string help) {
  return add({std::move(key), std::move(help), false,
              [&field](std::string_view value) -> base::Status {
                ASSIGN_OR_RETURN(field, parse_bytes(value));
                return base::ok_status();
              },
              [&field] { return fmt::format("{}", field); }});
}

Settings& Settings::duration(std::string key, base::nanoseconds& field, std::string help) {
  return add({std::move(key), std::move(help), false,
              [&field](std::string_view value) -> base::Status {
                ASSIGN_OR_RETURN(field, parse_duration(value));
                return base::ok_status();
              },
              [&field] { return toml_string(duration_text(field)); }});
}

const Setting* Settings::find(std::string_view key) const {
  const auto it = std::find_if(settings_.begin(), settings_.end(), [&](const Setting& s) { return s.key == key; });
  return it == settings_.end() ? nullptr : &*it;
}

std::string Settings::nearest(std::string_view key) const {
  const auto it = std::min_element(settings_.begin(), settings_.end(), [&](const Setting& a, const Setting& b) {
    return edit_distance(a.key, key) < edit_distance(b.key, key);
  });
  return it == settings_.end() ? std::string() : it->key;
}

base::Status Settings::apply_toml(std::string_view document, std::string_view source) {
  const auto fail_at = [&](const toml::source_region& where, std::string_view what) {
    return base::invalid_argument_error("{}:{}:{}: {}", source, where.begin.line, where.begin.column, what);
  };
  toml::table root;
  try {
    root = toml::parse(document, source);
  } catch (const toml::parse_error& e) {
    return fail_at(e.source(), e.description());
  }
  // Tables are prefixes of keys; walk them with an explicit stack.
  std::vector<std::pair<std::string, const toml::table*>> tables = {{"", &root}};
  while (!tables.empty()) {
    const auto [prefix, table] = tables.back();
    tables.pop_back();
    for (const auto& [name, node] : *table) {
      const std::string key = prefix + std::string(name.str());
      if (const toml::table* inner = node.as_table()) {
        tables.emplace_back(key + ".", inner);
        continue;
      }
      const Setting* setting = find(key);
      if (setting == nullptr) {
        return fail_at(name.source(), fmt::format("unknown key '{}'; did you mean '{}'?", key, nearest(key)));
      }
      base::StatusOr<std::string> value = scalar_text(node);
      base::Status status = value.ok() ? setting->set(*value) : value.status();
      if (!status.ok()) return fail_at(node.source(), fmt::format("{}: {}", key, base::message_of(status)));
    }
  }
  return base::ok_status();
}

base::Status Settings::apply_environment() {
  for (const Setting& setting : settings_) {
    const char* value = std::getenv(setting.environment().c_str());
    if (value == nullptr) continue;
    if (base::Status status = setting.set(value); !status.ok()) return base::annotate(status, setting.environment());
  }
  return base::ok_status();
}

std::string Settings::to_toml() const {
  std::string out;
  for (const Setting& setting : settings_) out += fmt::format("{} = {}\n", setting.key, setting.get());
  return out;
}

}  // namespace cordwood::app
