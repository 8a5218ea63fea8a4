#include "ingest/loki/stream_labels.h"

#include <algorithm>
#include <array>

namespace cordwood::ingest::loki {
namespace {

// Loki's default list (discover_service_name), in its order.
constexpr std::array<std::string_view, 14> kServiceNameCandidates = {"service",
                                                                     "app",
                                                                     "application",
                                                                     "app_name",
                                                                     "name",
                                                                     "app_kubernetes_io_name",
                                                                     "container",
                                                                     "container_name",
                                                                     "k8s_container_name",
                                                                     "component",
                                                                     "workload",
                                                                     "job",
                                                                     "k8s_job_name",
                                                                     "service_name"};

std::string_view service_name_of(const std::vector<core::Label>& labels) {
  for (const std::string_view candidate : kServiceNameCandidates) {
    for (const core::Label& label : labels) {
      if (label.name == candidate && !label.value.empty()) return label.value;
    }
  }
  return "unknown_service";
}

}  // namespace

core::BatchStream make_stream(std::vector<core::Label> labels, bool add_service_name) {
  std::erase_if(labels, [](const core::Label& label) { return label.value.empty(); });
  const bool named =
      std::any_of(labels.begin(), labels.end(), [](const core::Label& label) { return label.name == "service_name"; });
  if (add_service_name && !named && !labels.empty()) {
    std::string service(service_name_of(labels));
    labels.push_back({"service_name", std::move(service)});
  }
  auto shared = std::make_shared<const core::Labels>(std::move(labels));
  const core::StreamId id = shared->stream_id();
  return {std::move(shared), id};
}

void StreamLabels::Cache::insert(std::string_view text, const core::BatchStream& stream) {
  if (young.size() >= kEntriesMax || young_bytes + text.size() > kEntriesBytesMax) {
    old = std::move(young);
    young = Generation();
    young_bytes = 0;
  }
  if (young.emplace(std::string(text), stream).second) young_bytes += text.size();
}

base::StatusOr<core::BatchStream> StreamLabels::from_text(std::string_view text, bool add_service_name) {
  {
    base::MutexLock lock(mutex_);
    Cache& cache = cache_[add_service_name ? 1 : 0];
    if (const auto it = cache.young.find(text); it != cache.young.end()) return it->second;
    if (const auto it = cache.old.find(text); it != cache.old.end()) {
      core::BatchStream stream = it->second;
      cache.insert(text, stream);
      return stream;
    }
  }
  base::StatusOr<core::Labels> parsed = core::parse_labels(text);
  if (!parsed.ok()) {
    return base::invalid_argument_error("error parsing labels '{}' with error: {}", text,
                                        base::message_of(parsed.status()));
  }
  const auto all = parsed->all();
  core::BatchStream stream = make_stream({all.begin(), all.end()}, add_service_name);
  if (text.size() <= kTextBytesMax) {
    base::MutexLock lock(mutex_);
    cache_[add_service_name ? 1 : 0].insert(text, stream);
  }
  return stream;
}

base::StatusOr<core::BatchStream> StreamLabels::from_pairs(std::vector<core::Label> pairs, bool add_service_name) {
  for (const core::Label& pair : pairs) {
    if (!core::is_valid_label_name(pair.name)) {
      return base::invalid_argument_error("error parsing labels '{}' with error: '{}' is not a label name",
                                          core::Labels(pairs).to_text(), pair.name);
    }
  }
  return make_stream(std::move(pairs), add_service_name);
}

}  // namespace cordwood::ingest::loki
