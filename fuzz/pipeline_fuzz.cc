// Lines, templates and stages of any bytes through the pipeline: parsers, patterns, template parsing and execution,
// level and time detection. The first byte chooses what the rest is.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "core/labels.h"
#include "logql/parse.h"
#include "pipeline/detect/level.h"
#include "pipeline/detect/timestamp.h"
#include "pipeline/gotemplate/template.h"
#include "pipeline/gotime/go_time.h"
#include "pipeline/parse/pattern_match.h"
#include "pipeline/pipeline.h"
#include "pipeline/text/label_name.h"

namespace {

using namespace cordwood;

const core::Labels& stream() {
  static const core::Labels labels(std::vector<core::Label>{{"app", "a"}, {"level", "info"}});
  return labels;
}

// Walks over all results, so that a view that dangles is read.
void consume(pipeline::PipelineRun& run) {
  std::size_t sum = 0;
  for (const pipeline::LabelView& label : run.all_labels()) {
    for (const char c : label.name) sum += static_cast<unsigned char>(c);
    for (const char c : label.value) sum += static_cast<unsigned char>(c);
  }
  for (const char c : run.line()) sum += static_cast<unsigned char>(c);
  volatile std::size_t sink = sum;
  static_cast<void>(sink);
}

void run_stages(std::string_view stages, std::string_view line) {
  const auto parsed = logql::parse_stages(stages);
  if (!parsed.ok()) return;
  const auto compiled = pipeline::Pipeline::build(*parsed, {});
  if (!compiled.ok()) return;
  pipeline::PipelineRun run(*compiled, stream());
  const std::vector<core::MetadataPair> metadata = {{"trace", "x"}, {"app", "m"}};
  // Twice: the second row meets the buffers of the first.
  for (int i = 0; i < 2; ++i) {
    if (run.process({1700000000000000000}, line, metadata)) consume(run);
  }
}

void run_parsers(std::string_view line) {
  static const std::vector<std::string> stages = {"| json",
                                                  R"(| json a="x.y[0]", b="[\"k\"]", app="app")",
                                                  "| logfmt --strict --keep-empty",
                                                  "| logfmt a, b=\"c\"",
                                                  "| unpack | json | logfmt",
                                                  R"(| pattern "<a> <_> [<b>] <c>" | a="x")",
                                                  R"x(| regexp "(?P<a>\\w+)=(?P<b>.*)" | b > 5 or b > 1s)x",
                                                  R"x(|> "<_> x <_>" or "a" |= ip("10.0.0.0/8") | decolorize)x",
                                                  R"(|~ "(?i)ab.c" | label_format a=app, z="{{.a | trunc 3}}")"};
  for (const std::string& one : stages) run_stages(one, line);
}

void run_template(std::string_view text) {
  const auto compiled = pipeline::gotemplate::Template::parse("line", text);
  if (!compiled.ok()) return;
  const std::vector<pipeline::LabelView> labels = {{"a", "1"}, {"b", "x\xff y"}, {"j", R"({"k":[1,{"m":"n"}]})"}};
  std::string out;
  compiled->execute(labels, {.line = "the line", .timestamp = {1}, .now = {2}}, out).IgnoreError();
  // Output is checked between steps; one step adds at most one value.
  CHECK(out.size() <= 2 * (64U << 20) + text.size());
}

void run_detectors(std::string_view line) {
  const pipeline::TimestampContext context{pipeline::TimeZone::load("Europe/Berlin"), {1700000000000000000}};
  const auto time = pipeline::detect_timestamp(line, context);
  CHECK(time == pipeline::detect_timestamp(line, context));
  CHECK(!pipeline::LevelDetector().detect_from_line(line).empty());
  for (const char c : pipeline::sanitize_label_name(line))
    CHECK(c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0);
  pipeline::TimeZone::parse(line);
}

void run_layout(std::string_view text) {
  const std::size_t half = text.size() / 2;
  const auto parsed = pipeline::parse_go_time(text.substr(0, half), text.substr(half), pipeline::TimeZone::utc());
  if (parsed.has_value()) parsed->format(text.substr(0, half));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      run_parsers(text);
      break;
    case 1:
      run_template(text);
      break;
    case 2:
      run_detectors(text);
      break;
    case 3: {
      // Stages and a line, divided by the first NUL.
      const std::size_t zero = text.find('\0');
      run_stages(text.substr(0, zero), zero == std::string_view::npos ? text : text.substr(zero + 1));
      break;
    }
    default:
      run_layout(text);
      break;
  }
  return 0;
}
