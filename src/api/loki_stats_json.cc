#include "api/loki_stats_json.h"

#include <algorithm>

namespace cordwood::api {
namespace {

void write_store(base::JsonWriter& json, const core::QueryStats& stats) {
  json.begin_object();
  json.key("totalChunksRef").number(stats.parts_total);
  json.key("totalChunksDownloaded").number(stats.parts_total - std::min(stats.parts_skipped, stats.parts_total));
  json.key("chunksDownloadTime").number(0);
  json.key("queryReferencedStructuredMetadata").boolean(false);
  json.key("chunk").begin_object();
  json.key("headChunkBytes").number(0).key("headChunkLines").number(0);
  json.key("decompressedBytes").number(stats.bytes_processed).key("decompressedLines").number(stats.lines_processed);
  json.key("compressedBytes").number(0).key("totalDuplicates").number(0);
  json.key("postFilterLines").number(stats.lines_matched);
  json.key("headChunkStructuredMetadataBytes").number(0).key("decompressedStructuredMetadataBytes").number(0);
  json.end_object();
  json.end_object();
}

std::uint64_t per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(count) / seconds) : 0;
}

}  // namespace

void write_stats(base::JsonWriter& json, const core::QueryStats& stats, std::uint64_t entries_returned) {
  const double seconds = static_cast<double>(stats.exec_time.count()) * 1e-9;
  json.begin_object();
  json.key("summary").begin_object();
  json.key("bytesProcessedPerSecond").number(per_second(stats.bytes_processed, seconds));
  json.key("linesProcessedPerSecond").number(per_second(stats.lines_processed, seconds));
  json.key("totalBytesProcessed").number(stats.bytes_processed);
  json.key("totalLinesProcessed").number(stats.lines_processed);
  json.key("execTime").number(seconds).key("queueTime").number(static_cast<double>(stats.queue_time.count()) * 1e-9);
  json.key("subqueries").number(0).key("totalEntriesReturned").number(entries_returned);
  json.key("splits").number(0).key("shards").number(0);
  json.key("totalPostFilterLines").number(stats.lines_matched);
  json.key("totalStructuredMetadataBytesProcessed").number(0);
  json.end_object();
  json.key("querier").begin_object().key("store");
  write_store(json, stats);
  json.end_object();
  json.key("ingester").begin_object();
  json.key("totalReached").number(0).key("totalChunksMatched").number(0);
  json.key("totalBatches").number(0).key("totalLinesSent").number(0);
  json.key("store");
  write_store(json, core::QueryStats());
  json.end_object();
  // Of Loki's caches the one that there is: results, here of blocks.
  json.key("cache").begin_object().key("result").begin_object();
  json.key("entriesFound").number(stats.blocks_remembered).key("entriesRequested").number(stats.blocks_asked);
  json.key("entriesStored").number(0).key("bytesReceived").number(0).key("bytesSent").number(0);
  json.key("requests").number(stats.blocks_asked == 0 ? 0 : 1).key("downloadTime").number(0);
  json.end_object().end_object();
  json.key("index").begin_object().key("totalChunks").number(stats.parts_total);
  json.key("postFilterChunks").number(stats.parts_total - std::min(stats.parts_skipped, stats.parts_total));
  json.key("shardsDuration").number(0).end_object();
  json.end_object();
}

}  // namespace cordwood::api
