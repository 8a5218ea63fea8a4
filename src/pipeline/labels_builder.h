// The labels of one row while it passes through a pipeline: the stream's labels, structured metadata and what stages
// extracted, with Loki's rules for clashes, and the row's error.
//
// Names clash like this: a name belongs to the stream, then to structured metadata, then to the parsers; the loser is
// called `<name>_extracted`. A stage that *sets* a label (label_format) hides a stream label or metadata of that name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/labels.h"
#include "core/record.h"

namespace cordwood::pipeline {

struct LabelView {
  std::string_view name;
  std::string_view value;
  bool operator==(const LabelView&) const = default;
};

enum class LabelCategory : std::uint8_t { kStream = 0, kStructuredMetadata = 1, kParsed = 2 };
inline constexpr std::size_t kLabelCategories = 3;

inline constexpr std::string_view kErrorLabel = "__error__";
inline constexpr std::string_view kErrorDetailsLabel = "__error_details__";
inline constexpr std::string_view kPreserveErrorLabel = "__preserve_error__";

// Bytes that live as long as the row. Blocks are kept between rows, so a row that fits costs no allocation.
class RowArena {
 public:
  // A copy of `text` that lives until clear().
  std::string_view copy(std::string_view text);
  std::string_view concat(std::string_view a, std::string_view b);
  void clear();

 private:
  char* take(std::size_t bytes);
  static constexpr std::size_t kBlockBytes = 16 << 10;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

// What a metric query needs of the labels, so that parsers may skip the rest and stop early. Loki has the same hints,
// and they are visible: an error in the part of a line that is not parsed does not exist. Immutable.
struct LabelHints {
  bool none_needed = false;           // parsers need not run at all
  std::vector<std::string> required;  // empty: all labels
  bool preserve_error = false;        // the query tests __error__
};

// Not thread-safe; one for each stream being read, reused for all its rows.
class LabelsBuilder {
 public:
  // `stream` must outlive the builder. `hints` may be null (all labels are wanted) and must outlive it too.
  LabelsBuilder(const core::Labels& stream, const LabelHints* hints);

  // Forgets the row before. Views of metadata must live until the next reset.
  void reset(std::span<const core::MetadataPair> metadata);

  // --- reading ---------------------------------------------------------------------------------------------------
  struct Found {
    std::string_view value;
    LabelCategory category = LabelCategory::kStream;
    bool found = false;
  };
  Found get(std::string_view name) const;
  bool stream_has(std::string_view name) const;
  bool metadata_has(std::string_view name) const;
  std::string_view error() const { return error_; }
  std::string_view error_details() const { return error_details_; }
  bool has_error() const { return !error_.empty(); }
  // True while the row has exactly the stream's labels.
  bool unchanged() const;

  // --- writing; names and values must live as long as the row: use arena()
  // --------------------------------------------
  void set(LabelCategory category, std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void set_error(std::string_view error) { error_ = error; }
  void set_error_details(std::string_view details) { error_details_ = details; }
  void clear_error() { error_ = {}; }
  void clear_error_details() { error_details_ = {}; }
  // The error of a parser: with its details when there are some, and marked to be kept when the query tests __error__.
  void add_parser_error(std::string_view error, std::string_view details);
  RowArena& arena() { return arena_; }
  // A buffer for whoever runs at the moment; contents do not survive a call into another stage.
  std::string& scratch() { return scratch_; }

  // --- for parsers --------------------------------------------------------------------------------------------------
  bool parsers_disabled() const { return (hints_ != nullptr && hints_->none_needed) || all_required_extracted(); }
  // The name under which a parser stores `sanitized` (`_extracted` appended on a clash), or "" when it is not wanted or
  // has been extracted already: the first value of a row wins. The view lives as long as the row or as `sanitized`.
  std::string_view name_to_extract(std::string_view sanitized);
  // The same without asking whether it is wanted: for expressions that name their labels.
  std::string_view name_after_clash(std::string_view name);
  // Whether any wanted label begins with `prefix` (an object of JSON is descended into).
  bool wants_prefix(std::string_view prefix) const;
  bool all_required_extracted() const;

  // --- results ------------------------------------------------------------------------------------------------------
  // Appends the labels of one category, unsorted. The error labels are among the parsed ones.
  void append(LabelCategory category, std::vector<LabelView>& out) const;
  // Appends all labels, unsorted.
  void append_all(std::vector<LabelView>& out) const;

 private:
  bool was_extracted(std::string_view name) const;
  bool is_removed(std::string_view name) const;
  static const LabelView* find(const std::vector<LabelView>& labels, std::string_view name);
  void forget(LabelCategory category, std::string_view name);
  std::vector<LabelView>& of(LabelCategory category) { return added_[static_cast<std::size_t>(category)]; }
  const std::vector<LabelView>& of(LabelCategory category) const { return added_[static_cast<std::size_t>(category)]; }

  std::vector<LabelView> stream_;  // sorted by name
  const LabelHints* hints_;
  std::array<std::vector<LabelView>, kLabelCategories> added_;
  std::vector<std::string_view> removed_;
  std::vector<std::string_view> extracted_;
  std::string_view error_;
  std::string_view error_details_;
  RowArena arena_;
  std::string scratch_;
};

}  // namespace cordwood::pipeline
