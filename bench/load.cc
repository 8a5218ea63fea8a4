// load: pushes files to a server as Loki's agents do: protobuf bodies of a given size, snappy, over some connections.
//   cordwood_load --url URL [--connections 2] [--body-bytes 1000000] [--repeat 1] [--rate-bytes N] [--streams 1]
//     NAME=FILE...
// Line i of a file with n lines gets the time T + floor(i * 3600 s / n); one stream {job="NAME"} a file; repeat r adds
// r hours; with --streams N the lines go round N streams {job="NAME", id="i"} instead. Bodies are made before the clock
// starts. Prints one JSON object: seconds while pushing, bytes, lines, acknowledgement latencies in milliseconds.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <protozero/pbf_writer.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/sync.h"
#include "base/thread_executor.h"
#include "codec/compress.h"
#include "io/http_client.h"

namespace {

using namespace cordwood;

// 2026-01-01T00:00:00Z: the T of the benchmark's terms.
constexpr std::int64_t kStartNanos = 1'767'225'600'000'000'000;
constexpr std::int64_t kHourNanos = 3'600'000'000'000;

struct Options {
  std::string url = "http://127.0.0.1:3100";
  std::size_t connections = 2;
  std::size_t body_bytes = 1'000'000;
  int repeat = 1;
  std::size_t streams = 1;  // of a file
  double rate_bytes = 0;    // raw bytes a second over all connections; 0 = as fast as it goes
  std::vector<std::string> files;
};

struct Body {
  std::string bytes;
  std::size_t raw_bytes = 0;
};

struct Input {
  std::string name;
  std::string text;
  std::vector<std::string_view> lines;  // without LF, and without the CR before it
};

Input read_input(const std::string& argument) {
  Input input;
  const std::size_t equals = argument.find('=');
  input.name = argument.substr(0, equals);
  std::ifstream file(argument.substr(equals + 1), std::ios::binary);
  if (!file) {
    fmt::print(stderr, "load: cannot read {}\n", argument);
    std::exit(1);
  }
  std::ostringstream text;
  text << file.rdbuf();
  input.text = std::move(text).str();
  std::string_view rest = input.text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    input.lines.push_back(line);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return input;
}

void add_entry(protozero::pbf_writer& stream, std::int64_t nanos, std::string_view line) {
  protozero::pbf_writer entry(stream, 2);
  {
    protozero::pbf_writer time(entry, 1);
    time.add_int64(1, nanos / 1'000'000'000);
    time.add_int32(2, static_cast<std::int32_t>(nanos % 1'000'000'000));
  }
  entry.add_bytes(2, line.data(), line.size());
}

// Lines [begin, end) as the streams that their numbers fall to.
void add_streams(protozero::pbf_writer& push, const Input& input, std::size_t begin, std::size_t end, int repeat,
                 const Options& options) {
  const auto count = static_cast<std::int64_t>(input.lines.size());
  const std::size_t streams = std::min(options.streams, end - begin);
  for (std::size_t s = 0; s < streams; ++s) {
    protozero::pbf_writer stream(push, 1);
    if (options.streams == 1) {
      stream.add_string(1, fmt::format("{{job=\"{}\"}}", input.name));
    } else {
      stream.add_string(1, fmt::format("{{job=\"{}\", id=\"{}\"}}", input.name, (begin + s) % options.streams));
    }
    for (std::size_t i = begin + s; i < end; i += options.streams) {
      // In nanoseconds: whole seconds would make equal lines repetitions, which are stored once.
      const std::int64_t nanos_in =
          kHourNanos / count * static_cast<std::int64_t>(i) + kHourNanos % count * static_cast<std::int64_t>(i) / count;
      add_entry(stream, kStartNanos + repeat * kHourNanos + nanos_in, input.lines[i]);
    }
  }
}

std::vector<Body> make_bodies(const Input& input, int repeat, const Options& options) {
  std::vector<Body> bodies;
  std::size_t i = 0;
  while (i < input.lines.size()) {
    std::string message;
    Body body;
    const std::size_t begin = i;
    for (; i < input.lines.size() && body.raw_bytes < options.body_bytes; ++i) {
      body.raw_bytes += input.lines[i].size() + 1;
    }
    {
      protozero::pbf_writer push(message);
      add_streams(push, input, begin, i, repeat, options);
    }
    body.bytes = codec::compress(codec::Compression::kSnappyBlock, message);
    bodies.push_back(std::move(body));
  }
  return bodies;
}

struct Totals {
  base::Mutex mutex;
  std::vector<double> latencies_ms;
  std::size_t raw_bytes = 0;
  std::size_t lines = 0;
  std::size_t bodies = 0;
  std::size_t retries = 0;
  double seconds = 0;
};

class Pusher {
 public:
  Pusher(const Options& options) : options_(options), client_(io::make_http_client(executor_)) {}

  void push_all(const std::vector<Body>& bodies, Totals& totals) {
    const auto begin = std::chrono::steady_clock::now();
    next_ = 0;
    std::vector<std::thread> threads;
    for (std::size_t c = 0; c < options_.connections; ++c) {
      threads.emplace_back([&] { connection(bodies, totals, begin); });
    }
    for (auto& thread : threads) thread.join();
    totals.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

 private:
  void connection(const std::vector<Body>& bodies, Totals& totals, std::chrono::steady_clock::time_point begin) {
    while (true) {
      const std::size_t index = next_.fetch_add(1);
      if (index >= bodies.size()) return;
      const Body& body = bodies[index];
      if (options_.rate_bytes > 0) {
        const double due = static_cast<double>(index) * static_cast<double>(options_.body_bytes) / options_.rate_bytes;
        std::this_thread::sleep_until(
            begin + std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(due)));
      }
      send(body, totals);
    }
  }

  void send(const Body& body, Totals& totals) {
    while (true) {
      io::ClientRequest request;
      request.method = "POST";
      request.url = options_.url + "/loki/api/v1/push";
      request.headers.set("Content-Type", "application/x-protobuf");
      request.body = body.bytes;
      const auto sent = std::chrono::steady_clock::now();
      auto task = client_->send(std::move(request));
      const auto answer = base::sync_wait(executor_, std::move(task));
      const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - sent).count();
      base::MutexLock lock(totals.mutex);
      if (answer.ok() && answer->status == 204) {
        totals.latencies_ms.push_back(ms);
        return;
      }
      if (answer.ok() && answer->status != 503 && answer->status != 429) {
        fmt::print(stderr, "load: status {}: {}\n", answer->status, answer->body);
        std::exit(1);
      }
      if (!answer.ok() && ++failures_ > 600) {
        fmt::print(stderr, "load: {}\n", base::message_of(answer.status()));
        std::exit(1);
      }
      ++totals.retries;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  const Options& options_;
  base::ThreadExecutor executor_;
  std::unique_ptr<io::HttpClient> client_;
  std::atomic<std::size_t> next_{0};
  std::size_t failures_ = 0;  // under the mutex of the totals
};

double percentile(std::vector<double>& sorted, double p) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(p * static_cast<double>(sorted.size())))];
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Pushes files to a server as Loki's agents do.");
  app.add_option("--url", options.url);
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 64));
  app.add_option("--body-bytes", options.body_bytes)->check(CLI::Range(1000, 50'000'000));
  app.add_option("--repeat", options.repeat);
  app.add_option("--rate-bytes", options.rate_bytes);
  app.add_option("--streams", options.streams)->check(CLI::Range(1, 10'000'000));
  app.add_option("files", options.files, "NAME=FILE")->required();
  CLI11_PARSE(app, argc, argv);

  Pusher pusher(options);
  Totals totals;
  for (int repeat = 0; repeat < options.repeat; ++repeat) {
    for (const std::string& file : options.files) {
      const Input input = read_input(file);
      const std::vector<Body> bodies = make_bodies(input, repeat, options);
      pusher.push_all(bodies, totals);
      for (const Body& body : bodies) totals.raw_bytes += body.raw_bytes;
      totals.lines += input.lines.size();
      totals.bodies += bodies.size();
    }
  }
  std::sort(totals.latencies_ms.begin(), totals.latencies_ms.end());
  fmt::print(
      "{{\"seconds\":{:.3f},\"raw_bytes\":{},\"lines\":{},\"bodies\":{},\"retries\":{},\"ack_p50_ms\":{:.2f},\"ack_p99_"
      "ms\":{:.2f}}}\n",
      totals.seconds, totals.raw_bytes, totals.lines, totals.bodies, totals.retries,
      percentile(totals.latencies_ms, 0.5), percentile(totals.latencies_ms, 0.99));
  return 0;
}
