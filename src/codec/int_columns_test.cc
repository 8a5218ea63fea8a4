#include "codec/int_columns.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <vector>

#include "base/random.h"
#include "codec/varint.h"

namespace cordwood::codec {
namespace {

using Values = std::vector<std::uint64_t>;

struct Encoding {
  const char* name;
  void (*append)(std::span<const std::uint64_t>, std::string&);
  base::Status (*read)(std::string_view, std::span<std::uint64_t>);
};

class EachEncoding : public testing::TestWithParam<Encoding> {};

INSTANTIATE_TEST_SUITE_P(All, EachEncoding,
                         testing::Values(Encoding{"varints", append_varints, read_varints},
                                         Encoding{"deltas", append_deltas, read_deltas},
                                         Encoding{"deltas_of_deltas", append_deltas_of_deltas, read_deltas_of_deltas}),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

std::vector<Values> samples() {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  std::vector<Values> all = {{}, {0}, {kMax}, {0, kMax, 0, kMax}, {1ULL << 63, 0, 1, kMax >> 1}};
  base::SeededRandom random(1);
  for (int round = 0; round < 50; ++round) {
    Values values;
    std::uint64_t value = random.next();
    for (std::uint64_t left = random.next() % 1000; left > 0; --left) {
      value = round % 2 == 0 ? value + 1000 + random.next() % 3 : random.next() >> random.next() % 64;
      values.push_back(value);
    }
    all.push_back(values);
  }
  return all;
}

TEST_P(EachEncoding, RoundTripsAndRefusesOtherCounts) {
  for (const Values& values : samples()) {
    std::string bytes;
    GetParam().append(values, bytes);
    Values back(values.size());
    ASSERT_TRUE(GetParam().read(bytes, back).ok());
    EXPECT_EQ(back, values);
    Values more(values.size() + 1);
    EXPECT_EQ(GetParam().read(bytes, more).code(), base::StatusCode::kDataLoss);
    if (!values.empty()) {
      Values fewer(values.size() - 1);
      EXPECT_EQ(GetParam().read(bytes, fewer).code(), base::StatusCode::kDataLoss);
      EXPECT_EQ(GetParam().read(std::string_view(bytes).substr(0, bytes.size() - 1), back).code(),
                base::StatusCode::kDataLoss);
    }
  }
}

TEST(IntColumns, EvenClockIsZeros) {
  Values values;
  for (std::uint64_t i = 0; i < 100; ++i) values.push_back(1700000000000000000 + i * 1000000);
  std::string bytes;
  append_deltas_of_deltas(values, bytes);
  EXPECT_EQ(std::string_view(bytes).substr(bytes.size() - 98), std::string(98, '\0'));
}

TEST(Runs, RoundTrip) {
  base::SeededRandom random(4);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::uint32_t> values;
    for (std::uint64_t runs = random.next() % 20; runs > 0; --runs) {
      values.resize(values.size() + random.next() % 200,
                    static_cast<std::uint32_t>(random.next() >> random.next() % 32));
    }
    std::string bytes;
    append_runs(values, bytes);
    std::vector<std::uint32_t> back(values.size());
    ASSERT_TRUE(read_runs(bytes, std::numeric_limits<std::uint32_t>::max(), back).ok());
    EXPECT_EQ(back, values);
    back.push_back(0);
    EXPECT_FALSE(read_runs(bytes, std::numeric_limits<std::uint32_t>::max(), back).ok());
  }
}

TEST(Runs, BadInput) {
  std::vector<std::uint32_t> out(5);
  const auto code = [&](std::initializer_list<std::uint64_t> numbers, std::uint32_t max) {
    std::string bytes;
    for (const std::uint64_t number : numbers) append_varint(bytes, number);
    return read_runs(bytes, max, out).code();
  };
  EXPECT_EQ(code({zigzag(7), 4}, 7), base::StatusCode::kOk);
  EXPECT_EQ(code({zigzag(7), 4}, 6), base::StatusCode::kDataLoss);                // value above the limit
  EXPECT_EQ(code({zigzag(-1), 4}, 7), base::StatusCode::kDataLoss);               // below zero
  EXPECT_EQ(code({zigzag(7), 5}, 7), base::StatusCode::kDataLoss);                // one value too many
  EXPECT_EQ(code({zigzag(7), ~0ULL}, 7), base::StatusCode::kDataLoss);            // a length that would overflow
  EXPECT_EQ(code({zigzag(7), 3}, 7), base::StatusCode::kDataLoss);                // one too few
  EXPECT_EQ(code({zigzag(7), 4, zigzag(0), 0}, 7), base::StatusCode::kDataLoss);  // more bytes
  EXPECT_EQ(code({}, 7), base::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace cordwood::codec
