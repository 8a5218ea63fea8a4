#include "app/settings.h"

#include <gtest/gtest.h>

#include "app/server_config.h"

namespace cordwood::app {
namespace {

TEST(ParseBytes, Units) {
  EXPECT_EQ(*parse_bytes("64MiB"), 64U << 20);
  EXPECT_EQ(*parse_bytes("1.5GB"), 1'500'000'000U);
  EXPECT_EQ(*parse_bytes("0"), 0U);
  for (const char* bad : {"", "MB", "-1", "5 MB", "1XB", "1e30", "nan", "99999999TiB"})
    EXPECT_FALSE(parse_bytes(bad).ok()) << bad;
}

TEST(ParseDuration, SumsOfUnits) {
  EXPECT_EQ(*parse_duration("1h30m"), std::chrono::minutes(90));
  EXPECT_EQ(*parse_duration("500ms"), std::chrono::milliseconds(500));
  EXPECT_EQ(*parse_duration("7d"), std::chrono::hours(168));
  for (const char* bad : {"", "5", "s", "-1s", "1x", "1h 3m", "9999999999w"})
    EXPECT_FALSE(parse_duration(bad).ok()) << bad;
}

TEST(DurationText, ReadsBack) {
  for (const char* text : {"90m", "500ms", "1w", "7ns", "61s"}) EXPECT_EQ(duration_text(*parse_duration(text)), text);
  EXPECT_EQ(*parse_duration(duration_text(base::nanoseconds(0))), base::nanoseconds(0));
}

TEST(Settings, NamesOfOneKey) {
  ServerConfig config;
  const Settings settings = server_settings(config);
  const Setting* setting = settings.find("disk.reserve_bytes");
  ASSERT_NE(setting, nullptr);
  EXPECT_EQ(setting->flag(), "--disk-reserve-bytes");
  EXPECT_EQ(setting->environment(), "CORDWOOD_DISK_RESERVE_BYTES");
}

TEST(Settings, TomlSetsNestedKeys) {
  ServerConfig config;
  Settings settings = server_settings(config);
  ASSERT_TRUE(
      settings
          .apply_toml("listen = \"127.0.0.1:1\"\ntenants = true\n[flush]\nbytes = \"1MiB\"\nage = \"3s\"\n", "c.toml")
          .ok());
  EXPECT_EQ(config.listen, "127.0.0.1:1");
  EXPECT_TRUE(config.tenants);
  EXPECT_EQ(config.flush_bytes, 1U << 20);
  EXPECT_EQ(config.flush_age, std::chrono::seconds(3));
}

TEST(Settings, UnknownKeyNamesTheNearestAndThePlace) {
  ServerConfig config;
  Settings settings = server_settings(config);
  const base::Status status = settings.apply_toml("\nlisten = \"x\"\nlimits.line_byte = 3\n", "c.toml");
  EXPECT_EQ(status.code(), base::StatusCode::kInvalidArgument);
  EXPECT_NE(base::message_of(status).find("c.toml:3"), std::string_view::npos) << status;
  EXPECT_NE(base::message_of(status).find("did you mean 'limits.line_bytes'"), std::string_view::npos) << status;
}

TEST(Settings, BadValuesNameTheKey) {
  ServerConfig config;
  Settings settings = server_settings(config);
  EXPECT_NE(base::message_of(settings.apply_toml("threads = \"many\"", "c.toml")).find("threads: 'many'"),
            std::string_view::npos);
  EXPECT_FALSE(settings.apply_toml("listen = [1, 2]", "c.toml").ok());
  EXPECT_FALSE(settings.apply_toml("listen = ", "c.toml").ok());
}

TEST(Settings, EffectiveTomlReadsBack) {
  ServerConfig config;
  Settings settings = server_settings(config);
  ASSERT_TRUE(settings.apply_toml("data = \"/x \\\" y\"\nflush.age = \"90s\"", "c").ok());
  ServerConfig other;
  Settings other_settings = server_settings(other);
  ASSERT_TRUE(other_settings.apply_toml(settings.to_toml(), "effective").ok());
  EXPECT_EQ(other_settings.to_toml(), settings.to_toml());
  EXPECT_EQ(other.data, "/x \" y");
}

TEST(CheckServerConfig, RefusesOpenListenerWithoutInsecure) {
  ServerConfig config;
  EXPECT_TRUE(check_server_config(config).ok());
  config.listen = "0.0.0.0:3100";
  EXPECT_FALSE(check_server_config(config).ok());
  config.insecure = true;
  EXPECT_TRUE(check_server_config(config).ok());
}

}  // namespace
}  // namespace cordwood::app
