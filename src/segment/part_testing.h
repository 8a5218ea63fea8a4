// What tests of parts need: random rows, and reads that wait. Not for the product.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/sim_executor.h"
#include "segment/mem_part.h"

namespace cordwood::segment {

// Shapes of random rows.
struct RandomRows {
  std::size_t rows = 1000;
  std::size_t streams = 5;
  std::size_t line_bytes_max = 100;
  std::size_t metadata_max = 3;
  // Lines of arbitrary bytes instead of words.
  bool binary = false;
};

namespace part_testing_internal {

inline std::string random_line(base::Random& random, const RandomRows& shape) {
  static constexpr std::string_view kWords[] = {
      "error ", "GET ", "/index.html ", "user=", "42 ", "timeout\r", "\xe2\x82\xac ", ""};
  std::string line;
  const std::size_t bytes = random.next() % (shape.line_bytes_max + 1);
  while (line.size() < bytes) {
    if (shape.binary) {
      line.push_back(static_cast<char>(random.next()));
    } else {
      line += kWords[random.next() % std::size(kWords)];
    }
  }
  return line;
}

inline core::SharedLabels random_labels(base::Random& random, std::size_t index) {
  std::vector<core::Label> labels = {{"job", "job-" + std::to_string(index)}};
  if (random.next() % 2 == 0) labels.push_back({"host", "h" + std::to_string(random.next() % 3)});
  if (random.next() % 4 == 0) labels.push_back({"a", "\"quoted\"\n"});
  return std::make_shared<const core::Labels>(std::move(labels));
}

}  // namespace part_testing_internal

// Rows as agents and other shippers would send them: some sources count bytes, some records, some rows are unnamed.
inline std::vector<MemRow> random_rows(std::uint64_t seed, const RandomRows& shape) {
  base::SeededRandom random(seed);
  std::vector<core::SharedLabels> labels;
  std::vector<MemRow> last(shape.streams);
  for (std::size_t i = 0; i < shape.streams; ++i) {
    labels.push_back(part_testing_internal::random_labels(random, i));
    last[i].source = {{random.next_id()}, random.next() % 3 != 0};
    last[i].time.value = 1'790'000'000'000'000'000 + static_cast<std::int64_t>(random.next() % 1'000'000'000'000);
  }
  std::vector<MemRow> rows;
  for (std::size_t i = 0; i < shape.rows; ++i) {
    const std::size_t stream = random.next() % shape.streams;
    MemRow row = last[stream];
    row.labels = labels[stream];
    row.line = part_testing_internal::random_line(random, shape);
    row.time.value += static_cast<std::int64_t>(random.next() % 3 * (random.next() % 2 == 0 ? 1'000'000 : 1));
    row.flags.bits = static_cast<std::uint8_t>(random.next() % 20 == 0 ? random.next() % 32 : 0);
    if (random.next() % 100 == 0) row.source.generation.value = random.next_id();
    if (row.source.named) row.line_number = last[stream].line_number + 1;
    row.metadata.clear();
    for (std::size_t k = random.next() % (shape.metadata_max + 1); k > 0; --k) {
      row.metadata.push_back({"name" + std::to_string(random.next() % 4), std::string(random.next() % 5, 'v')});
    }
    last[stream] = row;
    last[stream].offset += row.source.named ? row.line.size() + 1 : 1;
    rows.push_back(std::move(row));
  }
  return rows;
}

inline base::StatusOr<std::vector<MemRow>> sync_all_rows(std::shared_ptr<const Part> part) {
  base::SimExecutor executor(1);
  return base::sync_wait(executor, read_all_rows(std::move(part)));
}

inline base::StatusOr<std::shared_ptr<const BlockRows>> sync_read_block(const Part& part, std::size_t index,
                                                                        Columns columns) {
  base::SimExecutor executor(1);
  return base::sync_wait(executor, part.read_block(index, columns));
}

}  // namespace cordwood::segment
