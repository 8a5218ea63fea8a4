// gzip as Content. The decompressed bytes pass through a window: reads within it cost nothing, reads before it start
// over. Restart points, so that resuming far inside a large file is cheap, are a later addition.
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "agent/content.h"
#include "base/check.h"

namespace cordwood::agent {

namespace {

constexpr std::size_t kInputBytes = 64 << 10;

class GzipContent final : public Content {
 public:
  explicit GzipContent(io::File& file) : file_(file) {}
  ~GzipContent() override { stop(); }

  base::StatusOr<std::size_t> read(std::uint64_t offset, char* out, std::size_t length) override;
  base::StatusOr<std::uint64_t> bytes() override;
  End end() const override { return end_; }
  std::size_t memory_bytes() const override {
    return window_.capacity() + input_.capacity() + (running_ ? 48 << 10 : 0);
  }

 private:
  base::Status start();
  void stop();
  // Decompresses about one window's half more; nothing new at the present end.
  base::Status advance();
  base::Status fill_input();
  void make_room();
  void fail(std::string reason);

  io::File& file_;
  z_stream stream_ = {};
  bool running_ = false;
  bool between_members_ = false;  // a member ended: the next bytes begin another, or are padding
  std::vector<char> input_;
  std::uint64_t input_offset_ = 0;  // in the file, of the byte after input_
  std::vector<char> window_;        // decompressed bytes [window_begin_, window_begin_ + window_used_)
  std::uint64_t window_begin_ = 0;
  std::size_t window_used_ = 0;
  End end_;
  bool failed_ = false;
};

base::Status GzipContent::start() {
  stop();
  input_.resize(kInputBytes);
  window_.resize(kGzipWindow);
  stream_ = z_stream{};
  if (inflateInit2(&stream_, 15 + 16) != Z_OK) return base::resource_exhausted_error("gzip: no memory for inflate");
  running_ = true;
  between_members_ = false;
  failed_ = false;
  input_offset_ = 0;
  window_begin_ = 0;
  window_used_ = 0;
  end_ = {};
  return base::ok_status();
}

void GzipContent::stop() {
  if (running_) inflateEnd(&stream_);
  running_ = false;
}

void GzipContent::fail(std::string reason) {
  failed_ = true;
  end_.complete = true;
  end_.reason = std::move(reason);
}

base::Status GzipContent::fill_input() {
  if (stream_.avail_in > 0) return base::ok_status();
  ASSIGN_OR_RETURN(const std::size_t n, file_.read_into(input_offset_, input_.data(), input_.size()));
  input_offset_ += n;
  stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream_.avail_in = static_cast<uInt>(n);
  return base::ok_status();
}

// Keeps the younger half, so that reads a little behind the end stay possible.
void GzipContent::make_room() {
  if (window_used_ < window_.size()) return;
  const std::size_t half = window_.size() / 2;
  std::memmove(window_.data(), window_.data() + half, window_.size() - half);
  window_begin_ += half;
  window_used_ -= half;
}

base::Status GzipContent::advance() {
  if (end_.complete) return base::ok_status();
  make_room();
  const std::size_t used_before = window_used_;
  while (window_used_ < window_.size() && window_used_ - used_before < window_.size() / 4) {
    RETURN_IF_ERROR(fill_input());
    if (between_members_) {
      // Zeros after a member are padding (tapes, block devices), as gzip takes them.
      while (stream_.avail_in > 0 && *stream_.next_in == 0) {
        ++stream_.next_in;
        --stream_.avail_in;
      }
      if (stream_.avail_in > 0 && *stream_.next_in != 0x1f) {
        fail("bytes after the end of the gzip stream are left out");
        return base::ok_status();
      }
      // The end, for now: another member may still be appended to the file.
      end_.complete = stream_.avail_in == 0;
      if (end_.complete) return base::ok_status();
      inflateReset(&stream_);
      between_members_ = false;
    }
    if (stream_.avail_in == 0) {
      end_.reason = "the gzip stream is cut off";
      return base::ok_status();
    }
    stream_.next_out = reinterpret_cast<Bytef*>(window_.data() + window_used_);
    stream_.avail_out = static_cast<uInt>(window_.size() - window_used_);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    window_used_ = window_.size() - stream_.avail_out;
    if (result == Z_STREAM_END) {
      between_members_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      fail(fmt::format("the gzip stream is corrupt before byte {} of the file: {}", input_offset_ - stream_.avail_in,
                       stream_.msg != nullptr ? stream_.msg : "data error"));
      return base::ok_status();
    }
    end_.reason.clear();
  }
  return base::ok_status();
}

base::StatusOr<std::size_t> GzipContent::read(std::uint64_t offset, char* out, std::size_t length) {
  if (!running_ || offset < window_begin_) RETURN_IF_ERROR(start());
  std::size_t done = 0;
  while (done < length) {
    const std::uint64_t at = offset + done;
    const std::uint64_t window_end = window_begin_ + window_used_;
    if (at < window_end) {
      CHECK(at >= window_begin_);
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(length - done, window_end - at));
      std::memcpy(out + done, window_.data() + (at - window_begin_), n);
      done += n;
      continue;
    }
    RETURN_IF_ERROR(advance());
    if (window_begin_ + window_used_ == window_end) break;
  }
  return done;
}

base::StatusOr<std::uint64_t> GzipContent::bytes() {
  if (!running_) RETURN_IF_ERROR(start());
  while (true) {
    const std::uint64_t before = window_begin_ + window_used_;
    RETURN_IF_ERROR(advance());
    if (window_begin_ + window_used_ == before) return before;
  }
}

}  // namespace

std::unique_ptr<Content> make_gzip_content(io::File& file) {
  return std::make_unique<GzipContent>(file);
}

}  // namespace cordwood::agent
