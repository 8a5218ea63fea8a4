#include "api/router.h"

#include <gtest/gtest.h>

namespace cordwood::api {
namespace {

base::Task<io::HttpResponse> nothing(Call&) {
  co_return io::HttpResponse();
}

TEST(Router, MatchesPathsMethodsAndNames) {
  Router router;
  router.add("GET POST", "/a/b", nothing);
  router.add("PUT", "/a/b", nothing);
  router.add("GET", "/a/{name}/values", nothing);
  router.add("GET", "/a/{x}/{y}", nothing);

  EXPECT_EQ(router.match("GET", "/a/b").route->index, 0U);
  EXPECT_EQ(router.match("HEAD", "/a/b").route->index, 0U);
  EXPECT_EQ(router.match("POST", "/a/b").route->index, 0U);
  EXPECT_EQ(router.match("PUT", "/a/b").route->index, 1U);
  const RouteMatch values = router.match("GET", "/a/job/values");
  EXPECT_EQ(values.route->index, 2U);
  EXPECT_EQ(values.path_args, std::vector<std::string>{"job"});
  EXPECT_EQ(router.match("GET", "/a/job/other").path_args, (std::vector<std::string>{"job", "other"}));
}

TEST(Router, TellsUnknownPathsFromUnknownMethods) {
  Router router;
  router.add("GET POST", "/a/b", nothing);
  router.add("PUT", "/a/b", nothing);
  router.add("GET", "/a/{name}/values", nothing);
  for (const char* path : {"", "/", "/a", "/a/", "/a/b/", "/a//values", "/a/x/values/", "/a/x/value", "a/b", "/A/b"}) {
    const RouteMatch match = router.match("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_EQ(match.allowed_methods, "") << path;
  }
  const RouteMatch match = router.match("DELETE", "/a/b");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allowed_methods, "GET, POST, PUT");
  EXPECT_EQ(router.match("GE", "/a/b").route, nullptr);
  EXPECT_EQ(router.match("", "/a/b").route, nullptr);
}

}  // namespace
}  // namespace cordwood::api
