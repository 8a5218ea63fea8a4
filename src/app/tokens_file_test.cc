#include "app/tokens_file.h"

#include <gtest/gtest.h>

#include "io/sha256.h"

namespace cordwood::app {
namespace {

std::string error_of(std::string_view document) {
  const auto tokens = parse_tokens(document, "t.toml");
  return tokens.ok() ? "" : std::string(base::message_of(tokens.status()));
}

const std::string kHash(64, 'a');

TEST(TokensFile, WhatIsMadeIsRead) {
  const auto made = make_token("web \"agents\"", "team-a", {"write", "read"});
  ASSERT_TRUE(made.ok()) << made.status();
  const auto another = make_token("second", "", {"admin"});
  ASSERT_TRUE(another.ok());
  EXPECT_NE(made->token, another->token);
  EXPECT_EQ(made->entry.find(made->token), std::string::npos) << "the secret is not in the file";
  const auto tokens = parse_tokens(made->entry + another->entry, "t.toml");
  ASSERT_TRUE(tokens.ok()) << tokens.status() << made->entry;
  ASSERT_EQ(tokens->size(), 2U);
  EXPECT_EQ(tokens->at(0).name, "web \"agents\"");
  EXPECT_EQ(tokens->at(0).sha256, io::sha256_hex(made->token));
  EXPECT_EQ(tokens->at(0).tenant, core::TenantId{"team-a"});
  EXPECT_EQ(tokens->at(0).rights, 3);
  EXPECT_FALSE(tokens->at(1).tenant.has_value());
  EXPECT_EQ(tokens->at(1).rights, 4);
}

TEST(TokensFile, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(error_of("[[token]]\nname = \"a\"\nsha256 = \"" + kHash + "\"\nright = [\"read\"]\n"),
            "t.toml:1: unknown key \"right\": a token has name, sha256, tenant and rights");
  EXPECT_EQ(error_of("[[token]]\nname = \"a\"\nsha256 = \"abc\"\nrights = [\"read\"]\n"),
            "t.toml:1: sha256 is not 64 hex digits in lower case");
  EXPECT_EQ(error_of("\n[[token]]\nname = \"a\"\nsha256 = \"" + kHash + "\"\nrights = [\"reed\"]\n"),
            "t.toml:2: right \"reed\" is none of write, read, admin");
  EXPECT_EQ(error_of("[[token]]\nname = \"a\"\nsha256 = \"" + kHash + "\"\n"),
            "t.toml:1: rights is missing: [\"write\"], [\"read\"], [\"admin\"]");
  EXPECT_EQ(error_of("[[tokens]]\nname = \"a\"\n"), "t.toml:1: \"tokens\" is not [[token]]");
  EXPECT_NE(error_of("[[token]\n").find("t.toml:1: "), std::string::npos);
  EXPECT_FALSE(make_token("", "", {"read"}).ok());
  EXPECT_FALSE(make_token("a", "", {}).ok());
  EXPECT_FALSE(make_token("a", "", {"root"}).ok());
}

}  // namespace
}  // namespace cordwood::app
