#include "codec/byte_reader.h"

#include <gtest/gtest.h>

#include <limits>

#include "codec/byte_writer.h"
#include "codec/varint.h"

namespace cordwood::codec {
namespace {

TEST(Varint, EveryLength) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (const std::uint64_t value :
         {std::uint64_t{1} << shift, (std::uint64_t{1} << shift) - 1, ~std::uint64_t{0} >> shift}) {
      std::string bytes;
      append_varint(bytes, value);
      EXPECT_EQ(bytes.size(), varint_bytes(value)) << value;
      std::uint64_t back = 0;
      EXPECT_EQ(read_varint(bytes.data(), bytes.data() + bytes.size(), back), bytes.data() + bytes.size());
      EXPECT_EQ(back, value);
      EXPECT_EQ(read_varint(bytes.data(), bytes.data() + bytes.size() - 1, back), nullptr);
      EXPECT_EQ(unzigzag(zigzag(static_cast<std::int64_t>(value))), static_cast<std::int64_t>(value));
    }
  }
}

TEST(Varint, TooLarge) {
  const auto reads = [](const std::string& bytes) {
    std::uint64_t value = 0;
    return read_varint(bytes.data(), bytes.data() + bytes.size(), value) != nullptr;
  };
  EXPECT_TRUE(reads(std::string(9, '\xff') + '\x01'));
  EXPECT_FALSE(reads(std::string(9, '\xff') + '\x02'));   // bit 65
  EXPECT_FALSE(reads(std::string(10, '\xff') + '\x01'));  // eleven bytes
  EXPECT_FALSE(reads(""));
}

TEST(Varint, Zigzag) {
  EXPECT_EQ(zigzag(0), 0U);
  EXPECT_EQ(zigzag(-1), 1U);
  EXPECT_EQ(zigzag(1), 2U);
  EXPECT_EQ(zigzag(std::numeric_limits<std::int64_t>::min()), ~std::uint64_t{0});
}

TEST(ByteReader, ReadsWhatTheWriterWrote) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.u8(200);
  writer.u16(50000);
  writer.u32(4000000000U);
  writer.u64(~0ULL);
  writer.varint(300);
  writer.zigzag(-5);
  writer.sized_bytes("text");
  writer.bytes("tail");
  EXPECT_EQ(bytes.substr(1, 2), "\x50\xc3");  // little-endian
  ByteReader reader(bytes, "object", 1000);
  EXPECT_EQ(reader.u8("a").value(), 200);
  EXPECT_EQ(reader.u16("b").value(), 50000);
  EXPECT_EQ(reader.u32("c").value(), 4000000000U);
  EXPECT_EQ(reader.u64("d").value(), ~0ULL);
  EXPECT_EQ(reader.offset(), 1015U);
  EXPECT_EQ(reader.varint("e").value(), 300U);
  EXPECT_EQ(reader.zigzag("f").value(), -5);
  EXPECT_EQ(reader.sized_bytes(4, "g").value(), "text");
  EXPECT_FALSE(reader.expect_end().ok());
  EXPECT_EQ(reader.bytes(4, "h").value(), "tail");
  EXPECT_TRUE(reader.expect_end().ok());
}

TEST(ByteReader, ErrorsNameObjectFieldOffsetWantedAndFound) {
  const std::string bytes("\x01\x02\x03", 3);
  ByteReader reader(bytes, "part-7", 100);
  ASSERT_TRUE(reader.u8("first").ok());
  const base::Status status = reader.u32("rows").status();
  EXPECT_EQ(status.code(), base::StatusCode::kDataLoss);
  EXPECT_EQ(base::message_of(status), "object=part-7 field=rows offset=101: wanted=4 bytes, found=2");
  EXPECT_EQ(reader.u16("stays").value(), 0x0302);  // an error does not move the reader
}

TEST(ByteReader, LengthsAreComparedWithTheLimitAndWithWhatIsLeft) {
  std::string bytes;
  ByteWriter(bytes).varint(std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(ByteReader(bytes, "o").sized_bytes(100, "f").ok());
  EXPECT_FALSE(ByteReader(bytes, "o").sized_bytes(std::numeric_limits<std::uint64_t>::max(), "f").ok());
  EXPECT_FALSE(ByteReader(bytes, "o").varint_up_to(5, "f").ok());
  bytes =
      "\x05"
      "abcd";
  ByteReader reader(bytes, "o");
  EXPECT_FALSE(reader.sized_bytes(10, "f").ok());
  EXPECT_EQ(reader.left(), 5U);
  EXPECT_FALSE(ByteReader("\x80", "o").varint("f").ok());
}

}  // namespace
}  // namespace cordwood::codec
