#include "io/http.h"

#include <gtest/gtest.h>

namespace cordwood::io {
namespace {

TEST(HttpHeaders, NamesCompareWithoutCaseAndRepeatsAreKept) {
  HttpHeaders headers;
  headers.add("Accept", "text/html");
  headers.add("accept", "application/json");
  EXPECT_EQ(headers.get("ACCEPT"), "text/html");
  EXPECT_EQ(headers.all().size(), 2U);
  headers.set("aCCept", "*/*");
  EXPECT_EQ(headers.all().size(), 1U);
  EXPECT_EQ(headers.get("Accept"), "*/*");
  EXPECT_TRUE(headers.has("accept"));
  EXPECT_FALSE(headers.has("accep"));
  EXPECT_EQ(headers.get("accept-encoding"), "");
}

TEST(HttpForm, PairsAreDecodedInOrder) {
  const HttpParams params = parse_form("query=%7Ba%3D%22x+y%22%7D&&flag&match[]=a&match[]=b&=v&e==");
  ASSERT_EQ(params.size(), 6U);
  EXPECT_EQ(params[0], (std::pair<std::string, std::string>("query", "{a=\"x y\"}")));
  EXPECT_EQ(params[1], (std::pair<std::string, std::string>("flag", "")));
  EXPECT_EQ(params[2].second, "a");
  EXPECT_EQ(params[3].second, "b");
  EXPECT_EQ(params[4], (std::pair<std::string, std::string>("", "v")));
  EXPECT_EQ(params[5], (std::pair<std::string, std::string>("e", "=")));
  EXPECT_EQ(find_param(params, "match[]"), "a");
  EXPECT_EQ(find_param(params, "nothing"), std::nullopt);
  EXPECT_TRUE(parse_form("").empty());
}

TEST(PercentCoding, RoundTripsEveryByteAndLeavesBrokenEscapesAlone) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const std::string coded = percent_encode(all);
  EXPECT_EQ(percent_decode(coded), all);
  EXPECT_EQ(coded.find(' '), std::string::npos);
  EXPECT_EQ(parse_form("k=" + coded).at(0).second, all);
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41+"), "%zzA+");
}

}  // namespace
}  // namespace cordwood::io
