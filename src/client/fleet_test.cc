#include "client/fleet.h"

#include <gtest/gtest.h>

namespace cordwood::client {
namespace {

constexpr std::string_view kBody = R"({"now":"1790000000000000000","hosts":[
 {"host":"db-3","state":"complete","watermark":"1789999999000000000","last_heartbeat":"1789999999500000000",
  "waiting_bytes":0,"pending_bytes":0,"lost_bytes":{"at_least":1200000,"exact":false},"retired":false,"files":1,
  "seen_bytes":5000,"acked_bytes":5000,"last_write":"1789999990000000000","entries":[
   {"path":"/var/log/db.log","state":"live","seen":5000,"acked":4000,"pending":0,"last_write":"1789999990000000000",
    "losses":[{"begin":7,"at_least":1200000,"exact":false,"since":"1789999700000000000",
               "until":"1789999800000000000","reason":"truncated in place"}]}]},
 {"host":"web-17","state":"silent","watermark":null,"last_heartbeat":"1789998000000000000","waiting_bytes":12,
  "pending_bytes":0,"lost_bytes":{"at_least":0,"exact":true},"retired":false,"files":2,"seen_bytes":1,"acked_bytes":1,
  "last_write":"0","entries":[]}]})";

TEST(ClientFleet, OneLineAHost) {
  const auto fleet = parse_fleet(kBody);
  ASSERT_TRUE(fleet.ok()) << fleet.status();
  EXPECT_EQ(fleet_table(*fleet, {.utc = true}),
            "HOST    STATE     COMPLETE THROUGH  LAST WRITE  FILES  STORED  WAITING  LOST\n"
            "db-3    complete  14:13:19          14:13:10    1      5.0 kB  0 B      >= 1.2 MB\n"
            "web-17  silent    -                 -           2      1 B     12 B     -\n");
}

TEST(ClientFleet, LostShowsWhatWhenAndWhy) {
  const auto fleet = parse_fleet(kBody);
  ASSERT_TRUE(fleet.ok());
  const std::string table = fleet_table(*fleet, {.lost = true, .utc = true});
  EXPECT_NE(table.find("/var/log/db.log  lost at least  1.2 MB"), std::string::npos) << table;
  EXPECT_NE(table.find("written 14:08:20 to 14:10:00"), std::string::npos) << table;
  EXPECT_NE(table.find("truncated in place\n"), std::string::npos) << table;
  EXPECT_EQ(table.find("web-17"), std::string::npos) << table;
}

TEST(ClientFleet, BehindLeavesOutWhoIsComplete) {
  const auto fleet = parse_fleet(kBody);
  ASSERT_TRUE(fleet.ok());
  const std::string table = fleet_table(*fleet, {.behind = true, .utc = true});
  EXPECT_EQ(table.find("db-3"), std::string::npos) << table;
  EXPECT_NE(table.find("web-17"), std::string::npos) << table;
}

TEST(ClientFleet, WhatIsNoFleetIsAnError) {
  EXPECT_FALSE(parse_fleet("{}").ok());
}

}  // namespace
}  // namespace cordwood::client
