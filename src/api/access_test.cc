#include "api/access.h"

#include <gtest/gtest.h>

#include "api/api_world.h"
#include "io/sha256.h"

namespace cordwood::api {
namespace {

constexpr std::uint8_t kWrite = static_cast<std::uint8_t>(Right::kWrite);
constexpr std::uint8_t kRead = static_cast<std::uint8_t>(Right::kRead);

std::vector<AccessToken> some_tokens() {
  return {{"agents", io::sha256_hex("cw_write"), core::TenantId{"a"}, kWrite},
          {"people", io::sha256_hex("cw_read"), std::nullopt, kRead}};
}

ApiWorld::Headers bearer(std::string token) {
  return {{"Authorization", "Bearer " + token}};
}

const std::string kPush = "/loki/api/v1/push";
const std::string kLabels = "/loki/api/v1/labels";
const std::string kBody = R"({"streams":[{"stream":{"a":"b"},"values":[["1","x"]]}]})";

TEST(Sha256, KnownAnswer) {
  EXPECT_EQ(io::sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Access, WithoutTokensEverybodyMayDoEverything) {
  ApiWorld world;
  EXPECT_EQ(world.get(kLabels).status, 200U);
}

TEST(Access, ATokenMayDoWhatItsRightsSay) {
  ApiOptions options;
  options.tenants = true;
  ApiWorld world(options);
  world.api->access().set(some_tokens());
  EXPECT_EQ(world.get("/ready").status, 200U) << "probes need none";
  const Answer none = world.get(kLabels);
  EXPECT_EQ(none.status, 401U);
  EXPECT_EQ(none.headers.get("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(world.get(kLabels, bearer("wrong")).status, 401U);
  EXPECT_EQ(world.get(kLabels, bearer("cw_write")).status, 403U);
  EXPECT_EQ(world.ask("POST", "/flush", {}, bearer("cw_read")).status, 403U);
  ApiWorld::Headers json = bearer("cw_write");
  json.emplace_back("Content-Type", "application/json");
  EXPECT_EQ(world.ask("POST", kPush, kBody, json).status, 204U);
  EXPECT_EQ(world.sink.appended.at(0).tenant.value, "a") << "the token's";
}

TEST(Access, ATenantOfATokenCannotBeLeft) {
  ApiOptions options;
  options.tenants = true;
  ApiWorld world(options);
  world.api->access().set(some_tokens());
  ApiWorld::Headers headers = bearer("cw_write");
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("X-Scope-OrgID", "b");
  EXPECT_EQ(world.ask("POST", kPush, kBody, headers).status, 403U);
  ApiWorld::Headers free = bearer("cw_read");
  free.emplace_back("X-Scope-OrgID", "b");
  EXPECT_EQ(world.get(kLabels, free).status, 200U);
  EXPECT_EQ(world.queries.series_requests.at(0).tenant.value, "b");
}

TEST(Access, BasicCarriesTheTokenAsPassword) {
  ApiWorld world;
  world.api->access().set(some_tokens());
  // user:cw_read
  EXPECT_EQ(world.get(kLabels, {{"Authorization", "Basic dXNlcjpjd19yZWFk"}}).status, 200U);
  EXPECT_EQ(world.get(kLabels, {{"Authorization", "Basic dXNlcjp"}}).status, 401U);
  EXPECT_EQ(world.get(kLabels, {{"Authorization", "Basic "}}).status, 401U);
}

TEST(Access, ATokenThatIsTakenAwayEnds) {
  ApiWorld world;
  world.api->access().set(some_tokens());
  EXPECT_EQ(world.get(kLabels, bearer("cw_read")).status, 200U);
  world.api->access().set({});
  EXPECT_EQ(world.get(kLabels, bearer("cw_read")).status, 401U);
}

}  // namespace
}  // namespace cordwood::api
