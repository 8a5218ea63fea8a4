// Decides record by record what of an unnamed body is kept: by the limits when it arrives, by the list of refused
// records when the journal replays it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/limits.h"
#include "core/record_sink.h"

namespace cordwood::ingest {

class RecordFilter {
 public:
  // `limits` may be null: then only context.refused counts. Both must outlive the filter.
  RecordFilter(const core::DecodeContext& context, const core::Limits* limits) : context_(context), limits_(limits) {}

  // To be called once for each stream, before its records. An error text refuses all of its records.
  void begin_stream(const core::Labels& labels, std::string_view label_text);
  void begin_refused_stream(std::string reason);
  // To be called once for each record, in body order.
  bool keep(core::UnixNanos time, std::size_t line_bytes, std::size_t metadata_count, std::size_t metadata_bytes);

  std::vector<std::uint32_t> take_refused() { return std::move(refused_); }
  // "2 errors like: ...; 1 errors like: ...", as Loki groups them; at most 10 different texts.
  std::string refusal() const;

 private:
  std::string check_stream(const core::Labels& labels, std::string_view label_text) const;
  std::string check_record(core::UnixNanos time, std::size_t line_bytes, std::size_t metadata_count,
                           std::size_t metadata_bytes) const;
  void refuse(std::uint32_t index, std::string reason);

  const core::DecodeContext& context_;
  const core::Limits* limits_;
  std::uint32_t next_index_ = 0;
  std::size_t next_refused_ = 0;  // into context_.refused
  std::string stream_error_;
  std::string stream_text_;
  std::vector<std::uint32_t> refused_;
  std::map<std::string, std::size_t> reasons_;
};

}  // namespace cordwood::ingest
