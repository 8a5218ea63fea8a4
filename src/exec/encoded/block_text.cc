#include "exec/encoded/block_text.h"

#include <numeric>

namespace cordwood::exec {

base::Status BlockText::use(const ScanBlock& block) {
  if (block_ == block.rows) return base::ok_status();
  block_ = block.rows;
  encoded_lines_ = block.lines != nullptr ? block.lines : block_->encoded;
  selected_ = block.selection;
  all_pass_ = literals_.empty() || block.verdict == BlockVerdict::kAllRows;
  line_bytes_ = 0;
  put_together_ = 0;
  all_decoded_ = false;
  cutter_ = nullptr;
  if (encoded_lines_ == nullptr) return base::ok_status();
  ASSIGN_OR_RETURN(const auto lines, encoded_lines_->lease());
  if (lines->rows() != block_->size()) {
    return base::data_loss_error("{}: wanted {} lines, found {}", encoded_lines_->object, block_->size(),
                                 lines->rows());
  }
  line_bytes_ = lines->line_bytes();
  if (all_pass_ || selected_ != nullptr) return base::ok_status();
  ASSIGN_OR_RETURN(RowBitmap selected, encoded_.select(*lines));
  selected_ = std::make_shared<const RowBitmap>(std::move(selected));
  return base::ok_status();
}

void BlockText::count_run(const RowRun& run, core::QueryStats& stats) const {
  stats.lines_processed += run.end - run.begin;
  if (encoded_lines_ != nullptr) {
    stats.bytes_processed += line_bytes_ * run.end / block_->size() - line_bytes_ * run.begin / block_->size();
  } else if (!block_->lines.empty()) {
    for (std::uint32_t row = run.begin; row < run.end; ++row) stats.bytes_processed += block_->lines[row].size();
  }
}

void BlockText::select(const RowRun& run, core::QueryStats& stats, std::vector<std::uint32_t>& rows) const {
  count_run(run, stats);
  if (all_pass_) {
    rows.resize(run.end - run.begin);
    std::iota(rows.begin(), rows.end(), run.begin);
  } else if (selected_ != nullptr) {
    rows.clear();
    selected_->append(run.begin, run.end, rows);
  } else {
    literals_.select(std::span(block_->lines).subspan(run.begin, run.end - run.begin), run.begin, rows);
  }
}

std::uint32_t BlockText::count(std::uint32_t begin, std::uint32_t end) const {
  return all_pass_ ? end - begin : selected_->count(begin, end);
}

base::StatusOr<std::span<const std::string_view>> BlockText::lines_of(std::span<const std::uint32_t> rows) {
  if (encoded_lines_ != nullptr) {
    put_together_ += rows.size();
    // Of many rows all are put together at once, which takes far less for each.
    if (!all_decoded_ && put_together_ > block_->size() / 8) RETURN_IF_ERROR(decode_all());
    if (!all_decoded_) {
      ASSIGN_OR_RETURN(const auto lines, encoded_lines_->lease());
      RETURN_IF_ERROR(lines->lines_of(rows, decoded_));
      return std::span<const std::string_view>(decoded_.lines);
    }
  }
  const std::vector<std::string_view>& all = all_decoded_ ? decoded_.lines : block_->lines;
  lines_.clear();
  if (all.empty()) return std::span<const std::string_view>();
  for (const std::uint32_t row : rows) lines_.push_back(all[row]);
  return std::span<const std::string_view>(lines_);
}

base::StatusOr<std::span<const std::string_view>> BlockText::short_lines_of(std::span<const std::uint32_t> rows,
                                                                            ShortLines& cutter) {
  if (encoded_lines_ == nullptr) return lines_of(rows);
  {
    ASSIGN_OR_RETURN(const auto lines, encoded_lines_->lease());
    if (cutter_ != &cutter) RETURN_IF_ERROR(cutter.use(*lines));
    cutter_ = &cutter;
    if (cutter.useful()) RETURN_IF_ERROR(cutter.lines_of(*lines, rows, short_lines_, whole_));
  }
  if (!cutter.useful()) return lines_of(rows);
  if (!whole_.empty()) {
    whole_rows_.clear();
    for (const std::uint32_t i : whole_) whole_rows_.push_back(rows[i]);
    ASSIGN_OR_RETURN(const auto lines, lines_of(whole_rows_));
    for (std::size_t i = 0; i < whole_.size(); ++i) short_lines_[whole_[i]] = lines[i];
  }
  return std::span<const std::string_view>(short_lines_);
}

base::Status BlockText::decode_all() {
  ASSIGN_OR_RETURN(const auto lines, encoded_lines_->lease());
  RETURN_IF_ERROR(lines->decode_all(decoded_));
  all_decoded_ = true;
  return base::ok_status();
}

}  // namespace cordwood::exec
