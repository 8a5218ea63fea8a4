#include "client/explore.h"

#include <gtest/gtest.h>

namespace cordwood::client {
namespace {

TEST(Explore, Stats) {
  const auto table = stats_table(R"({"streams":3,"chunks":2,"entries":180,"bytes":12345})");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(align(*table), "streams  chunks  entries  bytes\n      3       2      180  12345\n");
}

TEST(Explore, Volume) {
  const auto table = volume_table(
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1,"1200"]},)"
      R"({"metric":{"job":"b"},"value":[1,"7"]}]}})");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(align(*table), "bytes  labels\n 1200  {job=\"a\"}\n    7  {job=\"b\"}\n");
}

TEST(Explore, Patterns) {
  const auto table =
      patterns_table(R"({"status":"success","data":[{"pattern":"a <_> b","level":"info","samples":[[1,2],[2,3]]}]})");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(align(*table), "lines  level  pattern\n    5  info   a <_> b\n");
  EXPECT_EQ(align(*patterns_table(R"({"status":"success","data":[]})")), "lines  level  pattern\n");
}

TEST(Explore, Fields) {
  const auto table =
      fields_table(R"({"fields":[{"label":"status","type":"int","cardinality":2,"parsers":["json","logfmt"]},)"
                   R"({"label":"trace","type":"string","cardinality":10,"parsers":null}],"limit":1000})");
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(
      align(*table),
      "values  type    parsers      field\n     2  int     json,logfmt  status\n    10  string  -            trace\n");
}

TEST(Explore, WhatIsNoAnswerIsAnError) {
  for (const char* body : {"", "<html>", "[]", "{\"data\":"}) {
    EXPECT_FALSE(stats_table(body).ok()) << body;
    EXPECT_FALSE(volume_table(body).ok()) << body;
    EXPECT_FALSE(patterns_table(body).ok()) << body;
  }
  EXPECT_FALSE(fields_table("<html>").ok());
}

}  // namespace
}  // namespace cordwood::client
