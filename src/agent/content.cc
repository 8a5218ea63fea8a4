#include "agent/content.h"

#include <algorithm>

namespace cordwood::agent {

namespace {

class PlainContent final : public Content {
 public:
  explicit PlainContent(io::File& file) : file_(file) {}
  base::StatusOr<std::size_t> read(std::uint64_t offset, char* out, std::size_t length) override {
    return file_.read_into(offset, out, length);
  }
  base::StatusOr<std::uint64_t> bytes() override {
    ASSIGN_OR_RETURN(const io::FileStat stat, file_.stat());
    return stat.bytes;
  }
  End end() const override { return {}; }
  std::size_t memory_bytes() const override { return 0; }

 private:
  io::File& file_;
};

}  // namespace

std::unique_ptr<Content> make_plain_content(io::File& file) {
  return std::make_unique<PlainContent>(file);
}

base::StatusOr<base::Hash128> hash_before(Content& content, std::uint64_t offset) {
  char buffer[kMarkBytes];
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(offset, kMarkBytes));
  ASSIGN_OR_RETURN(const std::size_t found, content.read(offset - length, buffer, length));
  if (found < length) return base::not_found_error("the content ends before offset {}", offset);
  return base::hash128(std::string_view(buffer, length));
}

}  // namespace cordwood::agent
