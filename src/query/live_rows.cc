#include "query/live_rows.h"

#include <algorithm>
#include <cstring>

namespace cordwood::query {
namespace {

std::size_t text_bytes(const core::RecordBatch& batch, const core::Record& record) {
  std::size_t bytes = record.line.size();
  for (std::uint32_t i = 0; i < record.metadata_count; ++i) {
    const core::MetadataPair& pair = batch.metadata[record.metadata_begin + i];
    bytes += pair.name.size() + pair.value.size();
  }
  return bytes;
}

}  // namespace

std::shared_ptr<LiveRows> copy_live_rows(const core::RecordBatch& batch, const std::vector<bool>& wanted) {
  auto rows = std::make_shared<LiveRows>();
  rows->streams = batch.streams;
  std::size_t bytes = 0;
  for (const core::Record& record : batch.records) {
    if (wanted[record.stream]) bytes += text_bytes(batch, record);
  }
  rows->text = std::make_unique_for_overwrite<char[]>(bytes);
  char* at = rows->text.get();
  const auto copy = [&at](std::string_view text) {
    std::copy(text.begin(), text.end(), at);
    const std::string_view made(at, text.size());
    at += text.size();
    return made;
  };
  for (std::uint32_t i = 0; i < batch.records.size(); ++i) {
    const core::Record& record = batch.records[i];
    if (!wanted[record.stream]) continue;
    LiveRows::Row row{record.time,           copy(record.line),
                      record.stream,         static_cast<std::uint32_t>(rows->metadata.size()),
                      record.metadata_count, i};
    for (std::uint32_t pair = 0; pair < record.metadata_count; ++pair) {
      const core::MetadataPair& from = batch.metadata[record.metadata_begin + pair];
      const std::string_view name = copy(from.name);
      rows->metadata.push_back({name, copy(from.value)});
    }
    rows->rows.push_back(row);
  }
  rows->bytes = bytes + rows->rows.size() * sizeof(LiveRows::Row) + rows->metadata.size() * sizeof(core::MetadataPair);
  return rows;
}

void drop_refused(LiveRows& rows, const std::vector<std::pair<std::uint32_t, std::uint32_t>>& slices,
                  const std::vector<core::SliceVerdict>& verdicts) {
  for (std::size_t i = 0; i < slices.size() && i < verdicts.size(); ++i) {
    if (std::holds_alternative<core::SliceStored>(verdicts[i])) continue;
    std::erase_if(rows.rows, [&](const LiveRows::Row& row) {
      return row.record >= slices[i].first && row.record < slices[i].second;
    });
  }
}

}  // namespace cordwood::query
