// Part: something that holds records of one tenant and can be read by a query: a segment, or a snapshot of the head.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/task.h"
#include "codec/gram_filter.h"
#include "codec/line_block.h"
#include "core/labels.h"
#include "core/record.h"
#include "core/time_range.h"

namespace cordwood::segment {

struct PartStream {
  core::SharedLabels labels;
  core::StreamId id;
  core::TimeSpan times;
  std::uint64_t records = 0;
  std::uint64_t line_bytes = 0;
};

// What is known of a block without reading it.
struct BlockInfo {
  core::TimeSpan times;
  std::uint32_t rows = 0;
  std::uint64_t line_bytes = 0;
  // Indexes into streams() of the first and last stream in the block; rows are sorted by (stream, time, generation,
  // offset), so the block holds no other streams than those between.
  std::uint32_t first_stream = 0;
  std::uint32_t last_stream = 0;
};

struct RowSource {
  core::GenerationId generation;
  bool named = false;
};

// A LineBlock that readers share one after another, so that what one of them decoded serves the next. Thread-safe.
class SharedLineBlock {
 public:
  // The block, for its holder alone. Not kept over a suspension: another reader's thread waits meanwhile.
  class Lease {
   public:
    codec::LineBlock& operator*() const { return *block_; }
    codec::LineBlock* operator->() const { return block_; }

    ~Lease();
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;

   private:
    friend struct StoredLines;
    Lease(std::unique_lock<std::mutex> lock, SharedLineBlock& shared)
        : lock_(std::move(lock)), shared_(shared), block_(&*shared.block_) {}
    std::unique_lock<std::mutex> lock_;
    SharedLineBlock& shared_;
    codec::LineBlock* block_;
  };
  // Memory of what readers have decoded so far.
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  friend struct StoredLines;
  std::mutex mutex_;
  std::optional<codec::LineBlock> block_;  // once it has been opened
  std::atomic<std::size_t> kept_bytes_{0};
};

// The lines of one block as templates and columns, for readers that need not put them together. Thread-safe; what is
// opened must not outlive this.
struct StoredLines {
  std::string_view object;  // for errors
  std::shared_ptr<const codec::TemplateTable> templates;
  std::string_view directory;
  // Empty as long as the block itself has not been read.
  std::string_view pages;
  // Proves that a long word or a pair of metadata is in no row; without pages. One that is absent proves nothing.
  codec::GramFilter filter;
  // Own what the views point into.
  std::vector<std::shared_ptr<const void>> buffers;

  std::unique_ptr<SharedLineBlock> shared = std::make_unique<SharedLineBlock>();

  // A block of the caller's own.
  base::StatusOr<codec::LineBlock> open() const { return codec::LineBlock::open(templates, directory, pages, object); }
  // The block that all readers share, opened at the first call. Waits for whoever has it.
  base::StatusOr<SharedLineBlock::Lease> lease() const;
};

// Rows [begin, end) of a block.
struct RowRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// The rows of one block as columns of equal length. Views point into the block's own memory.
struct BlockRows {
  std::vector<core::UnixNanos> times;
  std::vector<std::uint32_t> streams;   // index into Part::streams()
  std::vector<std::string_view> lines;  // empty when the lines are in `encoded`
  // Set instead of `lines` when Columns::encoded_lines was asked for and the part stores lines encoded; with pages.
  std::shared_ptr<const StoredLines> encoded;
  // Bytes of the lines, when Columns::lengths was asked for and the part stores them; otherwise empty.
  std::vector<std::uint64_t> lengths;
  std::vector<std::uint32_t> sources;       // index into Part::sources()
  std::vector<std::uint64_t> offsets;       // in the source; index within the journal frame for unnamed rows
  std::vector<std::uint64_t> line_numbers;  // 0 for unnamed rows
  std::vector<core::RecordFlags> flags;
  // Row i has metadata[metadata_begin[i], metadata_begin[i + 1]); empty vector = no row has any.
  std::vector<std::uint32_t> metadata_begin;
  std::vector<core::MetadataPair> metadata;
  // Rows that are not there any more and that the reader leaves out; only when Columns::hidden_rows was asked for.
  // Ascending, none touches another.
  std::vector<RowRange> hidden;
  // Owns what the views point into.
  std::vector<std::shared_ptr<const void>> buffers;

  std::size_t size() const { return times.size(); }
  std::span<const core::MetadataPair> metadata_of(std::size_t row) const {
    if (metadata_begin.empty()) return {};
    return std::span(metadata).subspan(metadata_begin[row], metadata_begin[row + 1] - metadata_begin[row]);
  }
};

// Rows of one stream, minute and level.
struct RollupEntry {
  std::int64_t minute = 0;   // since 1970
  std::uint32_t stream = 0;  // index into Part::streams()
  std::uint32_t level = 0;   // index into Rollup::levels
  std::uint64_t rows = 0;
  std::uint64_t line_bytes = 0;
};
struct Rollup {
  std::vector<std::string> levels;   // values of the metadata detected_level; the first is "": none, or one of too many
  std::vector<RollupEntry> entries;  // by (stream, minute, level)
};

// Which columns of a block to read; the others stay empty. times and streams are always read.
struct Columns {
  bool lines = true;
  bool positions = true;  // sources, offsets, line_numbers, flags
  bool metadata = true;
  bool encoded_lines = false;  // with `lines`: BlockRows::encoded rather than text, where the part has it
  bool lengths = false;        // BlockRows::lengths; needs no lines
  // The reader looks at BlockRows::hidden; otherwise deleted rows are taken out of all columns.
  bool hidden_rows = false;
};

// Immutable and thread-safe; kept alive by whoever reads it.
class Part {
 public:
  virtual ~Part() = default;
  // For errors and statistics: the object's key, or "head".
  virtual std::string_view name() const = 0;
  // Names the rows, for caches of what was computed from them: where it is equal they are the same, for ever. Empty:
  // not to be remembered (a head that grows, a part with deleted rows taken out).
  virtual std::string_view content_key() const { return {}; }
  virtual core::TimeSpan times() const = 0;
  // Sorted by labels.
  virtual std::span<const PartStream> streams() const = 0;
  virtual std::span<const RowSource> sources() const = 0;
  virtual std::span<const BlockInfo> blocks() const = 0;
  // Reads and decodes one block. DataLoss names object, section and offset: the block is then left out and the answer
  // says so.
  virtual base::Task<base::StatusOr<std::shared_ptr<const BlockRows>>> read_block(std::size_t index,
                                                                                  Columns columns) const = 0;
  // What decides a filter before the block is read: templates, rows of each template, kinds of the columns. Without
  // pages. Null: this part stores text. Kept by the part after the first call.
  virtual base::Task<base::StatusOr<std::shared_ptr<const StoredLines>>> line_directory(std::size_t block) const;
  // All rows counted by minute. Null: this part has none. Kept by the part after the first call.
  virtual base::Task<base::StatusOr<std::shared_ptr<const Rollup>>> rollup() const;
  // Memory that the part takes when everything that it keeps has been read: for caches. Known from the start.
  virtual std::size_t kept_bytes() const;
};

}  // namespace cordwood::segment
