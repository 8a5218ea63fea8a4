#include "ingest/record_filter.h"

#include <fmt/format.h>

namespace cordwood::ingest {
namespace {
constexpr std::size_t kReasonsMax = 10;

// RFC 3339 with the fraction Go prints, UTC.
std::string go_time(core::UnixNanos t) {
  std::int64_t seconds = t.value / 1'000'000'000;
  std::int64_t nanos = t.value % 1'000'000'000;
  if (nanos < 0) {
    nanos += 1'000'000'000;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                                parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (nanos != 0) {
    std::string fraction = fmt::format(".{:09}", nanos);
    while (fraction.back() == '0') fraction.pop_back();
    out += fraction;
  }
  return out + "Z";
}
}  // namespace

void RecordFilter::begin_stream(const core::Labels& labels, std::string_view label_text) {
  stream_text_ = std::string(label_text);
  stream_error_ = limits_ == nullptr ? std::string() : check_stream(labels, label_text);
}

void RecordFilter::begin_refused_stream(std::string reason) {
  // On replay the list of refused records covers this stream already.
  stream_error_ = std::move(reason);
}

std::string RecordFilter::check_stream(const core::Labels& labels, std::string_view text) const {
  if (labels.empty()) return "error at least one label pair is required per stream";
  // service_name is our own addition and does not count against the sender.
  const std::size_t names = labels.size() - (labels.has("service_name") ? 1 : 0);
  if (names > limits_->label_names_per_series_max) {
    return fmt::format("entry for stream '{}' has {} label names; limit {}", text, names,
                       limits_->label_names_per_series_max);
  }
  for (const core::Label& label : labels.all()) {
    if (label.name.size() > limits_->label_name_bytes_max) {
      return fmt::format("stream '{}' has label name too long: '{}'", text, label.name);
    }
    if (label.value.size() > limits_->label_value_bytes_max) {
      return fmt::format("stream '{}' has label value too long: '{}'", text, label.value);
    }
  }
  return {};
}

std::string RecordFilter::check_record(core::UnixNanos time, std::size_t line_bytes, std::size_t metadata_count,
                                       std::size_t metadata_bytes) const {
  if (time > context_.arrival + limits_->creation_grace_period) {
    return fmt::format("entry for stream '{}' has timestamp too new: {}", stream_text_, go_time(time));
  }
  if (line_bytes > limits_->line_bytes_max) {
    return fmt::format(
        "max entry size '{}' bytes exceeded for stream '{}' while adding an entry with length '{}' bytes",
        limits_->line_bytes_max, stream_text_, line_bytes);
  }
  if (metadata_count > limits_->structured_metadata_entries_max) {
    return fmt::format("stream '{}' has too many structured metadata labels: '{}', limit: '{}'", stream_text_,
                       metadata_count, limits_->structured_metadata_entries_max);
  }
  if (metadata_bytes > limits_->structured_metadata_bytes_max) {
    return fmt::format("stream '{}' has structured metadata too large: '{}' bytes, limit: '{}' bytes", stream_text_,
                       metadata_bytes, limits_->structured_metadata_bytes_max);
  }
  return {};
}

void RecordFilter::refuse(std::uint32_t index, std::string reason) {
  refused_.push_back(index);
  if (reasons_.size() < kReasonsMax || reasons_.contains(reason)) ++reasons_[std::move(reason)];
}

bool RecordFilter::keep(core::UnixNanos time, std::size_t line_bytes, std::size_t metadata_count,
                        std::size_t metadata_bytes) {
  const std::uint32_t index = next_index_++;
  if (context_.refused != nullptr) {
    const auto& refused = *context_.refused;
    if (next_refused_ < refused.size() && refused[next_refused_] == index) {
      ++next_refused_;
      return false;
    }
  }
  if (!stream_error_.empty()) {
    refuse(index, stream_error_);
    return false;
  }
  if (limits_ == nullptr) return true;
  std::string reason = check_record(time, line_bytes, metadata_count, metadata_bytes);
  if (reason.empty()) return true;
  refuse(index, std::move(reason));
  return false;
}

std::string RecordFilter::refusal() const {
  std::string out;
  for (const auto& [reason, count] : reasons_) {
    if (!out.empty()) out += "; ";
    out += fmt::format("{} errors like: {}", count, reason);
  }
  return out;
}

}  // namespace cordwood::ingest
