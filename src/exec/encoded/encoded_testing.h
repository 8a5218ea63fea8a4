// For tests: lines as an encoded block, and lines that look like logs.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "codec/line_block.h"
#include "codec/line_encoder.h"
#include "segment/part.h"

namespace cordwood::exec {

// Owns lines and the bytes that they were encoded to.
class EncodedTestBlock {
 public:
  explicit EncodedTestBlock(std::vector<std::string> lines) : lines_(std::move(lines)) {
    views_.assign(lines_.begin(), lines_.end());
    codec::LineEncoder encoder;
    encoder.encode(views_, encoded_);
    auto table = codec::TemplateTable::parse(encoded_.templates, "test");
    CHECK_MSG(table.ok(), base::message_of(table.status()));
    table_ = *table;
  }
  const std::vector<std::string_view>& lines() const { return views_; }
  codec::LineBlock open(bool pages = true) const {
    const codec::EncodedBlock& block = encoded_.blocks[0];
    auto opened = codec::LineBlock::open(table_, block.directory, pages ? block.pages : std::string_view(), "test");
    CHECK_MSG(opened.ok(), base::message_of(opened.status()));
    return *std::move(opened);
  }
  std::shared_ptr<const segment::StoredLines> stored() const {
    auto stored = std::make_shared<segment::StoredLines>();
    stored->object = "test";
    stored->templates = table_;
    stored->directory = encoded_.blocks[0].directory;
    stored->pages = encoded_.blocks[0].pages;
    return stored;
  }

 private:
  std::vector<std::string> lines_;
  std::vector<std::string_view> views_;
  codec::EncodedLines encoded_;
  std::shared_ptr<const codec::TemplateTable> table_;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() { return engine_(); }
  std::size_t below(std::size_t limit) { return engine_() % limit; }

 private:
  std::mt19937_64 engine_;
};

inline std::string generated_line(Dice& random) {
  static constexpr std::string_view kWords[] = {"connection", "refused", "timeout", "user", "alice", "bob", "session"};
  static constexpr std::string_view kLevels[] = {"INFO", "WARN", "error", "DEBUG"};
  const auto word = [&] { return kWords[random.below(std::size(kWords))]; };
  const auto level = [&] { return kLevels[random.below(std::size(kLevels))]; };
  const std::uint64_t a = random.below(100000);
  const std::uint64_t b = random.below(300);
  switch (random.below(9)) {
    case 0:
      return fmt::format("2026-11-23 11:{:02}:{:02},{:03} {} [thread-{}] {} {} from 10.{}.{}.{}:{}", a % 60, b % 60,
                         a % 1000, level(), b % 16, word(), word(), b % 7, b, a % 256, a % 65536);
    case 1:
      return fmt::format("{{\"level\":\"{}\",\"id\":\"{:016x}\",\"took\":{}.{:03},\"ok\":{},\"msg\":\"{} {} {}\"}}",
                         level(), random.next(), b, a % 1000, b % 2 == 0, word(), a, word());
    case 2:
      return fmt::format("level={} user={} took={}ms path=/api/v{}/{}/{} status={}", level(), word(), b, b % 3, word(),
                         a, 200 + 100 * (b % 4));
    case 3:
      return fmt::format("Received block blk_{} of size {} from /10.251.{}.{}",
                         static_cast<std::int64_t>(random.next()), a * b, b, a % 256);
    case 4:
      return fmt::format("{}{}{}-{}{:05} aaaa{}aaa", word(), a, word(), b, a, b % 10);
    case 5:
      return fmt::format("{:x}-{:x} \"{}\\\"{}\"\t{}", random.next(), a, word(), b, level());
    case 6: {
      std::string bytes(random.below(40), ' ');
      for (char& byte : bytes) byte = static_cast<char>(random.below(256));
      return bytes;
    }
    case 7:
      return std::string(random.below(20), static_cast<char>('a' + random.below(2)));
    default:
      return fmt::format("{{\"request\":{{\"method\":\"GET\",\"uri\":\"/x?u={}&n={}\",\"h\":[{},{}]}},\"m\":\"{}\"}}",
                         word(), a, b, a, level());
  }
}

}  // namespace cordwood::exec
