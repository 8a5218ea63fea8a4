#include "client/coverage.h"

#include <gtest/gtest.h>

namespace cordwood::client {
namespace {

constexpr base::UnixNanos kNow{1'790'000'000'000'000'000};  // 2026-09-21T14:13:20Z

TEST(ClientCoverage, SaysWhichHostsAreMissingSinceWhen) {
  const auto note = parse_coverage(R"({"matched":true,"complete":false,"complete_through":"1789999990120000000",
      "hosts":{"expected":300,"complete":298,"behind":1,"silent":1,"skewed":0},"unaccounted_streams":1,
      "lost_bytes":{"at_least":1200000,"exact":true},"dropped_by_rule_bytes":512,"kept_from":"1789900000000000000",
      "not_complete":[
        {"host":"web-17","state":"silent","watermark":null,"last_heartbeat":"1789998000000000000",
         "waiting_bytes":0,"lost_bytes":{"at_least":0,"exact":true}},
        {"host":"web-3","state":"behind","watermark":"1789999900000000000","waiting_bytes":2500,
         "lost_bytes":{"at_least":0,"exact":false},"last_loss":"1789999800000000000"},
        {"host":"db-3","state":"complete","watermark":"1789999999000000000","waiting_bytes":0,
         "lost_bytes":{"at_least":1200000,"exact":true},"last_loss":"1789999700000000000"}]})");
  ASSERT_TRUE(note.ok()) << note.status();
  EXPECT_EQ(describe(*note, kNow, true),
            "complete through 14:13:10.120 on 298 of 300 hosts; web-17 silent since 13:40:00, "
            "web-3 behind, at 14:11:40 with 2.5 kB waiting and may have lost lines at 14:10:00, "
            "db-3 lost 1.2 MB at 14:08:20; 1 stream of senders that give no account; 512 B dropped by rules; "
            "kept from 2026-09-20 10:26:40");
}

TEST(ClientCoverage, NothingThatMatchesIsNeverComplete) {
  const auto note = parse_coverage(R"({"matched":false,"complete":false})");
  ASSERT_TRUE(note.ok());
  EXPECT_EQ(describe(*note, kNow, true), "no stream and no host matches: nothing is known");
}

TEST(ClientCoverage, WhatIsNoObjectIsAnError) {
  EXPECT_FALSE(parse_coverage("[").ok());
  EXPECT_FALSE(parse_coverage("3").ok());
}

}  // namespace
}  // namespace cordwood::client
