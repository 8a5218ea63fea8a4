// Lines -> templates and typed columns (docs/formats/lines.md). The counterpart of line_block.h. Pure and
// deterministic: the same lines and options give the same bytes, as long as zstd's version stays.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cordwood::codec {

// A block's bounds: rows, and bytes of lines unless there is only one row.
inline constexpr std::uint32_t kLineBlockRowsMax = 65'536;
inline constexpr std::uint64_t kLineBlockBytesMax = 8ull << 20;
inline constexpr std::uint64_t kLineBytesMax = 1ull << 30;

enum class LineEncoderLevel : std::uint8_t { kFlush, kCompaction };

struct LineEncoderOptions {
  LineEncoderLevel level = LineEncoderLevel::kFlush;
};

// The bytes of one block. `directory` is what LineBlock needs to say anything about the block, `pages` the rest.
struct EncodedBlock {
  std::string directory;
  std::string pages;
};

// The bytes of one row group: blocks that share a table of templates. Three kinds of sections, to be put wherever they
// are read best: table and directories belong to what a query keeps at hand. Each carries its own checksums.
struct EncodedLines {
  std::string templates;
  std::vector<EncodedBlock> blocks;
  // What became of the lines: for tests and `inspect`.
  std::uint64_t raw_rows = 0;  // rows that follow no template

  void clear();
};

// Keeps buffers between calls. One thread at a time. Takes at most 64 MB at flush level and 192 MB at compaction level
// beyond the rows it is given and its output; a single line larger than a block takes up to four times its size more.
class LineEncoder {
 public:
  explicit LineEncoder(const LineEncoderOptions& options = {});
  ~LineEncoder();
  LineEncoder(LineEncoder&&) noexcept;
  LineEncoder& operator=(LineEncoder&&) noexcept;

  // Encodes one block as a row group of its own. At least one line; at most kLineBlockRowsMax lines with
  // kLineBlockBytesMax bytes together, or one line of at most kLineBytesMax. Replaces what is in `out`.
  void encode(std::span<const std::string_view> lines, EncodedLines& out);

  // The same for several blocks that share one table of templates and text, each within a block's bounds, at most 64
  // MiB together. All are cut before the first is compressed: their columns are held until then.
  void encode_group(std::span<const std::span<const std::string_view>> blocks, EncodedLines& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cordwood::codec
