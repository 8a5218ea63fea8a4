#include "store/journal/scanner.h"

#include <algorithm>

namespace cordwood::store::journal {

base::StatusOr<std::string_view> FileScanner::window(std::uint64_t offset, std::size_t length) {
  if (offset >= bytes_) return std::string_view();
  length = static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes_ - offset));
  if (offset < buffer_at_ || offset + length > buffer_at_ + buffer_.size()) {
    ASSIGN_OR_RETURN(
        buffer_,
        file_.read_at(offset, static_cast<std::size_t>(std::min<std::uint64_t>(kWindowBytes, bytes_ - offset))));
    buffer_at_ = offset;
  }
  return std::string_view(buffer_).substr(offset - buffer_at_, length);
}

base::StatusOr<std::string> FileScanner::read(std::uint64_t offset, std::size_t length) {
  if (length <= kWindowBytes) {
    ASSIGN_OR_RETURN(const std::string_view bytes, window(offset, length));
    return std::string(bytes);
  }
  return file_.read_at(offset, length);
}

base::StatusOr<std::optional<ScannedFrame>> FileScanner::frame_at(std::uint64_t offset) {
  std::optional<ScannedFrame> none;
  ASSIGN_OR_RETURN(const std::string_view start, window(offset, kPrologueBytes));
  const std::optional<FramePrologue> prologue = decode_prologue(start);
  // The lengths are believed only as far as the file goes, so no more memory is taken than the file has bytes.
  if (!prologue.has_value() || prologue->frame_bytes() > bytes_ - offset) return none;
  ASSIGN_OR_RETURN(const std::string head, read(offset, kPrologueBytes + prologue->header_bytes));
  if (head.size() != kPrologueBytes + prologue->header_bytes || !header_checksum_fits(*prologue, head, salt_)) {
    return none;
  }
  ASSIGN_OR_RETURN(std::string body, read(offset + head.size(), prologue->body_bytes));
  if (body.size() != prologue->body_bytes || base::hash64(body) != prologue->body_checksum) return none;
  return ScannedFrame{offset, *prologue, head.substr(kPrologueBytes),
                      std::make_shared<const std::string>(std::move(body))};
}

base::StatusOr<std::optional<ScannedFrame>> FileScanner::find_frame(std::uint64_t offset) {
  while (offset + kPrologueBytes <= bytes_) {
    ASSIGN_OR_RETURN(const std::string_view bytes, window(offset, kWindowBytes));
    const std::size_t at = bytes.find(kFrameMagic);
    if (at == std::string_view::npos) {
      if (bytes.size() < kFrameMagic.size()) break;
      offset += bytes.size() - (kFrameMagic.size() - 1);  // the magic may lie across two windows
      continue;
    }
    offset += at;
    ASSIGN_OR_RETURN(std::optional<ScannedFrame> frame, frame_at(offset));
    if (frame.has_value()) return frame;
    ++offset;
  }
  return std::optional<ScannedFrame>();
}

}  // namespace cordwood::store::journal
