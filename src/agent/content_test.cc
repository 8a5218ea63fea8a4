#include "agent/content.h"

#include <gtest/gtest.h>

#include <random>

#include "agent/ladder.h"
#include "agent/sniff.h"
#include "codec/compress.h"
#include "io/sim_files.h"

namespace cordwood::agent {
namespace {

std::string some_text(std::size_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < bytes) text += fmt::format("line {} of something {}\n", text.size(), random());
  text.resize(bytes);
  return text;
}

class ContentTest : public ::testing::Test {
 protected:
  io::File& write(const std::string& bytes) {
    if (file_ == nullptr) {
      file_ = *files_.open("/f", io::OpenMode::kCreateNew);
    }
    EXPECT_TRUE(file_->append(bytes).ok());
    return *file_;
  }
  static std::string read(Content& content, std::uint64_t offset, std::size_t length) {
    std::string out(length, '\0');
    const auto n = content.read(offset, out.data(), length);
    EXPECT_TRUE(n.ok()) << n.status();
    out.resize(n.ok() ? *n : 0);
    return out;
  }
  static std::string gzip(std::string_view text) { return codec::compress(codec::Compression::kGzip, text); }

  io::SimFiles files_;
  std::unique_ptr<io::File> file_;
};

TEST_F(ContentTest, GzipReadsLikeThePlainText) {
  const std::string text = some_text(5 << 20, 1);
  auto content = make_gzip_content(write(gzip(text)));
  std::mt19937_64 random(2);
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t offset = random() % text.size();
    const std::size_t length = random() % 200'000;
    ASSERT_EQ(read(*content, offset, length), text.substr(offset, length)) << offset << " " << length;
  }
  EXPECT_EQ(*content->bytes(), text.size());
  EXPECT_TRUE(content->end().complete);
  EXPECT_EQ(content->end().reason, "");
  EXPECT_LE(content->memory_bytes(), kGzipWindow + (256 << 10));
}

TEST_F(ContentTest, GzipOfSeveralMembersAndPadding) {
  const std::string a = some_text(300'000, 3);
  const std::string b = some_text(200'000, 4);
  auto content = make_gzip_content(write(gzip(a) + gzip(b) + gzip("") + std::string(512, '\0')));
  EXPECT_EQ(*content->bytes(), a.size() + b.size());
  EXPECT_EQ(read(*content, a.size() - 5, 10), a.substr(a.size() - 5) + b.substr(0, 5));
  EXPECT_TRUE(content->end().complete);
  EXPECT_EQ(content->end().reason, "");
}

TEST_F(ContentTest, GzipStillBeingWrittenGoesOnLater) {
  const std::string text = some_text(1 << 20, 5);
  const std::string packed = gzip(text);
  auto content = make_gzip_content(write(packed.substr(0, packed.size() / 3)));
  const std::uint64_t first = *content->bytes();
  EXPECT_LT(first, text.size());
  EXPECT_FALSE(content->end().complete);
  EXPECT_NE(content->end().reason, "");
  EXPECT_EQ(read(*content, 0, first), text.substr(0, first));
  write(packed.substr(packed.size() / 3));
  EXPECT_EQ(*content->bytes(), text.size());
  EXPECT_TRUE(content->end().complete);
  EXPECT_EQ(content->end().reason, "");
}

TEST_F(ContentTest, CorruptGzipGivesWhatItCanAndSaysSo) {
  const std::string text = some_text(4 << 20, 6);
  std::string packed = gzip(text);
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  auto content = make_gzip_content(write(packed));
  const std::uint64_t bytes = *content->bytes();
  EXPECT_GT(bytes, 100'000U);
  EXPECT_TRUE(content->end().complete);
  EXPECT_NE(content->end().reason.find("corrupt"), std::string::npos) << content->end().reason;
  // Up to where the flipped bit took effect the text is right.
  EXPECT_EQ(read(*content, 0, 100'000), text.substr(0, 100'000));
}

TEST_F(ContentTest, GzipWithTrailingGarbage) {
  auto content = make_gzip_content(write(gzip("hello\n") + "garbage"));
  EXPECT_EQ(*content->bytes(), 6U);
  EXPECT_TRUE(content->end().complete);
  EXPECT_NE(content->end().reason, "");
}

TEST_F(ContentTest, HashBeforeIsOfAtMostFourKib) {
  const std::string text = some_text(10'000, 7);
  auto content = make_plain_content(write(text));
  EXPECT_EQ(*hash_before(*content, 0), base::hash128(""));
  EXPECT_EQ(*hash_before(*content, 100), base::hash128(text.substr(0, 100)));
  EXPECT_EQ(*hash_before(*content, 9000), base::hash128(text.substr(9000 - 4096, 4096)));
  EXPECT_EQ(hash_before(*content, 10'001).status().code(), base::StatusCode::kNotFound);
}

TEST(Ladder, HasAStepForEachSizeAndOneForTheRest) {
  EXPECT_TRUE(ladder_of("").empty());
  const std::string text = some_text(100'000, 8);
  const auto bytes_of = [&](std::size_t n) {
    std::vector<std::uint32_t> out;
    for (const core::HeadHash& step : ladder_of(text.substr(0, n))) out.push_back(step.bytes);
    return out;
  };
  EXPECT_EQ(bytes_of(30), (std::vector<std::uint32_t>{30}));
  EXPECT_EQ(bytes_of(64), (std::vector<std::uint32_t>{64}));
  EXPECT_EQ(bytes_of(500), (std::vector<std::uint32_t>{64, 500}));
  EXPECT_EQ(bytes_of(65536), (std::vector<std::uint32_t>{64, 1024, 4096, 65536}));
  EXPECT_TRUE(ladder_can_grow(ladder_of(text.substr(0, 500)), 501));
  EXPECT_FALSE(ladder_can_grow(ladder_of(text.substr(0, 65536)), 1 << 30));
}

TEST(Ladder, ComparesWhatCanBeCompared) {
  const std::string text = some_text(100'000, 9);
  const auto ladder = ladder_of(text.substr(0, 2000));
  EXPECT_EQ(compare_ladder(ladder, text), LadderMatch::kYes);
  EXPECT_EQ(compare_ladder(ladder, text.substr(0, 2000)), LadderMatch::kYes);
  EXPECT_EQ(compare_ladder(ladder, text.substr(0, 1999)), LadderMatch::kShorter);
  std::string other = text;
  other[1500] = '#';
  EXPECT_EQ(compare_ladder(ladder, other), LadderMatch::kNo);
  EXPECT_EQ(compare_ladder({}, text), LadderMatch::kNo);
}

TEST(Sniff, TellsKindsApart) {
  EXPECT_EQ(sniff("hello\n").skip_reason, "");
  EXPECT_EQ(sniff("").skip_reason, "");
  EXPECT_TRUE(sniff("\x1f\x8b\x08").gzip);
  EXPECT_NE(sniff(std::string_view("a\0b", 3)).skip_reason, "");
  EXPECT_NE(sniff("BZh91AY").skip_reason.find("bzip2"), std::string::npos);
  EXPECT_NE(sniff("\x28\xb5\x2f\xfd more").skip_reason.find("zstd"), std::string::npos);
  EXPECT_NE(sniff(std::string_view("\xfd"
                                   "7zXZ\0x",
                                   7))
                .skip_reason.find("xz"),
            std::string::npos);
}

}  // namespace
}  // namespace cordwood::agent
