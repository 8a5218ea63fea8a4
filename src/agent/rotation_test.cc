#include "agent/rotation.h"

#include <gtest/gtest.h>

namespace cordwood::agent {
namespace {

TEST(RotatedName, LiveNamesStayAsTheyAre) {
  for (const char* name : {"app.log", "syslog", "Xorg.0.log", "messages", "a.out", "app-2024.log", "/var/log/x.log",
                           "build-12345678.log", "ids.20249999"}) {
    const RotatedName parsed = parse_rotated_name(name);
    EXPECT_EQ(parsed.live, name);
    EXPECT_FALSE(parsed.rotated) << name;
    EXPECT_FALSE(parsed.compressed) << name;
  }
}

TEST(RotatedName, NumbersCount) {
  EXPECT_EQ(parse_rotated_name("app.log.1").live, "app.log");
  EXPECT_TRUE(parse_rotated_name("app.log.1").rotated);
  EXPECT_LT(parse_rotated_name("app.log.1").number, parse_rotated_name("app.log.2.gz").number);
  EXPECT_LT(parse_rotated_name("app.log.9").number, parse_rotated_name("app.log.10").number);
  EXPECT_LT(parse_rotated_name("app.log.0").number, parse_rotated_name("app.log.1").number);
  EXPECT_EQ(parse_rotated_name("/var/log/syslog.2.gz").live, "/var/log/syslog");
  EXPECT_EQ(parse_rotated_name("/var/log/syslog.2.gz").uncompressed, "/var/log/syslog.2");
  EXPECT_TRUE(parse_rotated_name("/var/log/syslog.2.gz").compressed);
  EXPECT_EQ(parse_rotated_name("Xorg.0.log.old").live, "Xorg.0.log");
}

TEST(RotatedName, DatesAreReadInAllForms) {
  for (const char* name :
       {"app.log-20240131", "app.log.20240131", "app-20240131.log", "app.log-2024013104", "app.log-2024-01-31",
        "app-2024-01-31.log", "app.log-20240131-1706700000", "app.log-20240131.gz", "app.log-20240131.1"}) {
    const RotatedName parsed = parse_rotated_name(name);
    EXPECT_EQ(parsed.live, "app.log") << name;
    EXPECT_TRUE(parsed.rotated) << name;
    EXPECT_NE(parsed.date, 0U) << name;
  }
  EXPECT_LT(parse_rotated_name("a-20240131").date, parse_rotated_name("a-20240201.gz").date);
  EXPECT_LT(parse_rotated_name("a-20240131").date, parse_rotated_name("a-2024013104").date);
  EXPECT_LT(parse_rotated_name("a-20240131-1706700000").date, parse_rotated_name("a-20240131-1706700001").date);
}

TEST(RotatedName, CompressionAloneIsNoRotation) {
  const RotatedName parsed = parse_rotated_name("dump.log.gz");
  EXPECT_EQ(parsed.live, "dump.log");
  EXPECT_FALSE(parsed.rotated);
  EXPECT_TRUE(parsed.compressed);
}

TEST(RotatedName, OddNamesDoNotConfuse) {
  EXPECT_EQ(parse_rotated_name(".1").live, ".1");
  EXPECT_EQ(parse_rotated_name(".gz").live, ".gz");
  EXPECT_EQ(parse_rotated_name("-20240131").live, "-20240131");
  EXPECT_EQ(parse_rotated_name("").live, "");
  EXPECT_EQ(parse_rotated_name("/").live, "/");
}

TEST(JobOf, IsTheBaseNameWithoutExtension) {
  EXPECT_EQ(job_of("/var/log/nginx/access.log"), "access");
  EXPECT_EQ(job_of("/var/log/syslog"), "syslog");
  EXPECT_EQ(job_of("a.b.log"), "a.b");
  EXPECT_EQ(job_of("/x/.hidden"), ".hidden");
}

}  // namespace
}  // namespace cordwood::agent
