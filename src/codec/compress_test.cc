#include "codec/compress.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "codec/deflate.h"
#include "codec/zstd.h"

namespace cordwood::codec {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

std::string text(std::size_t bytes, std::uint64_t seed) {
  base::SeededRandom random(seed);
  std::string out;
  while (out.size() < bytes) {
    out += "GET /item/" + std::to_string(random.next() % 1000) + " 200\n";
    if (random.next() % 50 == 0) out.push_back(static_cast<char>(random.next()));
  }
  out.resize(bytes);
  return out;
}

class EachCompression : public testing::TestWithParam<Compression> {};

INSTANTIATE_TEST_SUITE_P(All, EachCompression,
                         testing::Values(Compression::kIdentity, Compression::kGzip, Compression::kDeflate,
                                         Compression::kSnappyBlock, Compression::kZstd),
                         [](const auto& param_info) { return std::string(name_of(param_info.param)); });

TEST_P(EachCompression, RoundTrips) {
  for (const std::size_t bytes : {0U, 1U, 100U, 4095U, 4096U, 4097U, 1U << 20, 3000001U}) {
    const std::string plain = text(bytes, bytes);
    for (const int level : {0, 1, 6}) {
      const base::StatusOr<std::string> back = decompress(GetParam(), compress(GetParam(), plain, level), 4 * kMiB);
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_TRUE(*back == plain) << bytes;
    }
  }
}

TEST_P(EachCompression, LimitIsExact) {
  const std::string plain = text(100000, 7);
  const std::string packed = compress(GetParam(), plain);
  EXPECT_TRUE(decompress(GetParam(), packed, plain.size()).ok());
  const base::StatusOr<std::string> over = decompress(GetParam(), packed, plain.size() - 1);
  EXPECT_EQ(over.status().code(), base::StatusCode::kResourceExhausted) << over.status();
  EXPECT_EQ(decompress(GetParam(), packed, 0).status().code(), base::StatusCode::kResourceExhausted);
}

TEST_P(EachCompression, EveryTruncationIsAnError) {
  if (GetParam() == Compression::kIdentity) return;
  const std::string packed = compress(GetParam(), text(3000, 3));
  for (std::size_t bytes = 0; bytes < packed.size(); ++bytes) {
    const base::StatusOr<std::string> cut = decompress(GetParam(), std::string_view(packed).substr(0, bytes), kMiB);
    EXPECT_EQ(cut.status().code(), base::StatusCode::kInvalidArgument) << bytes;
  }
}

TEST_P(EachCompression, BytesAfterTheEndAreAnError) {
  if (GetParam() == Compression::kIdentity) return;
  const base::StatusOr<std::string> tail = decompress(GetParam(), compress(GetParam(), text(3000, 3)) + "x", kMiB);
  EXPECT_EQ(tail.status().code(), base::StatusCode::kInvalidArgument);
}

TEST_P(EachCompression, FlippedBitsNeverCrash) {
  const std::string packed = compress(GetParam(), text(2000, 9));
  for (std::size_t bit = 0; bit < packed.size() * 8; ++bit) {
    std::string bad = packed;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const base::StatusOr<std::string> result = decompress(GetParam(), bad, kMiB);
    if (result.ok()) {
      EXPECT_LE(result->size(), kMiB);
    }
  }
}

TEST_P(EachCompression, RandomBytesNeverCrash) {
  base::SeededRandom random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (std::uint64_t left = random.next() % 60; left > 0; --left) bytes.push_back(static_cast<char>(random.next()));
    const base::StatusOr<std::string> result = decompress(GetParam(), bytes, 10000);
    if (result.ok()) {
      EXPECT_LE(result->size(), 10000U);
    }
  }
}

TEST(Compress, BombStopsAtTheLimit) {
  const std::string zeros(64 * kMiB, '\0');
  for (const Compression kind :
       {Compression::kGzip, Compression::kDeflate, Compression::kSnappyBlock, Compression::kZstd}) {
    const base::StatusOr<std::string> result = decompress(kind, compress(kind, zeros), kMiB);
    EXPECT_EQ(result.status().code(), base::StatusCode::kResourceExhausted) << name_of(kind) << result.status();
  }
}

TEST(Compress, MembersAndFramesAreJoined) {
  for (const Compression kind : {Compression::kGzip, Compression::kZstd}) {
    const std::string packed = compress(kind, "first ") + compress(kind, "") + compress(kind, "second");
    EXPECT_EQ(decompress(kind, packed, 12).value_or("error"), "first second") << name_of(kind);
    EXPECT_EQ(decompress(kind, packed, 11).status().code(), base::StatusCode::kResourceExhausted) << name_of(kind);
  }
}

TEST(Compress, DeflateIsAcceptedRawAndAsZlib) {
  for (const std::size_t bytes : {0U, 1U, 5000U}) {
    const std::string plain = text(bytes, 5);
    for (const DeflateFormat format : {DeflateFormat::kRaw, DeflateFormat::kZlib}) {
      const base::StatusOr<std::string> back = decompress(Compression::kDeflate, deflate(format, plain, 6), kMiB);
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(*back, plain);
    }
  }
}

// A stored block whose first bytes, 0x78 0x01 (a zlib header), are read as raw deflate: block type 0, unaligned bits
// ignored. So both readings must be tried.
TEST(Compress, RawDeflateThatLooksLikeZlib) {
  std::string raw = "\x78";  // not final, stored; the other bits up to the byte's end are padding
  raw += std::string("\x01\x00\xfe\xff", 4) + "a";  // one byte
  raw += std::string("\x01\x00\x00\xff\xff", 5);    // final, stored, empty
  EXPECT_EQ(decompress(Compression::kDeflate, raw, 10).value_or("error"), "a");
}

TEST(Compress, GzipChecksumIsVerified) {
  std::string packed = compress(Compression::kGzip, "some text");
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);
  const base::Status status = decompress(Compression::kGzip, packed, 100).status();
  EXPECT_EQ(status.code(), base::StatusCode::kInvalidArgument);
  EXPECT_NE(base::message_of(status).find("offset"), std::string_view::npos) << status;
}

TEST(Compress, ZstdFrameWithHugeWindowIsRefused) {
  // Magic, no single segment, window descriptor 0xF8: 2 TiB.
  const std::string frame("\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00", 9);
  EXPECT_EQ(decompress(Compression::kZstd, frame, kMiB).status().code(), base::StatusCode::kInvalidArgument);
}

TEST(Compress, TheSizeInAHeaderIsNotBelieved) {
  // Single segment with an 8-byte content size of 2^38 and an empty last block: the limit allows it, memory must not be
  // taken.
  const std::string frame("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x40\x00\x00\x00\x01\x00\x00", 16);
  const base::Status status = decompress(Compression::kZstd, frame, std::uint64_t{1} << 39).status();
  EXPECT_EQ(status.code(), base::StatusCode::kInvalidArgument) << status;
}

TEST(Compress, UnknownKindIsAnError) {
  EXPECT_EQ(decompress(static_cast<Compression>(99), "x", 10).status().code(), base::StatusCode::kInvalidArgument);
}

TEST(Zstd, ExactSizeOrDataLoss) {
  const std::string plain = text(50000, 2);
  ZstdCompressor compressor(1);
  std::string frame = "kept";
  compressor.append_frame(plain, frame);
  ASSERT_EQ(frame.substr(0, 4), "kept");
  frame.erase(0, 4);
  std::string out(plain.size(), '\0');
  ASSERT_TRUE(zstd_decompress_exact(frame, out).ok());
  EXPECT_EQ(out, plain);
  std::string again;
  compressor.append_frame(plain, again);
  EXPECT_EQ(again, frame);
  for (const std::size_t wrong : {plain.size() - 1, plain.size() + 1, std::size_t{0}}) {
    std::string other(wrong, '\0');
    EXPECT_EQ(zstd_decompress_exact(frame, other).code(), base::StatusCode::kDataLoss);
  }
  EXPECT_EQ(zstd_decompress_exact(frame + frame, out).code(), base::StatusCode::kDataLoss);
  EXPECT_EQ(zstd_decompress_exact(std::string_view(frame).substr(0, 1000), out).code(), base::StatusCode::kDataLoss);
  EXPECT_EQ(zstd_decompress_exact("", out).code(), base::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace cordwood::codec
