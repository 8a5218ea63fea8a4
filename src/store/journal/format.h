// The bytes of journal files (docs/formats/journal.md): headers of files and frames, to and from memory. Pure
// functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "core/record_sink.h"

namespace cordwood::store::journal {

inline constexpr std::size_t kFileHeaderBytes = 512;
inline constexpr std::size_t kFramesBegin = 2 * kFileHeaderBytes;
inline constexpr std::size_t kPrologueBytes = 48;
inline constexpr std::size_t kNodeNameBytesMax = 128;
// Limits on what a frame may claim. A body is bounded by Limits::body_bytes_max long before; a header by the number of
// records in a body.
inline constexpr std::uint32_t kFrameHeaderBytesMax = 64 << 20;
inline constexpr std::uint32_t kFrameBodyBytesMax = 1 << 30;
inline constexpr std::string_view kFrameMagic = "CWFR";

struct FileHeader {
  std::uint64_t number = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t salt = 0;
  std::string node;
  bool operator==(const FileHeader&) const = default;
};

// kFramesBegin bytes: the header and its copy.
std::string encode_file_header(const FileHeader& header);
// From the first kFramesBegin bytes of a file, or fewer. DataLoss when neither copy is valid, Unimplemented for a newer
// version. `name` is for the error.
base::StatusOr<FileHeader> decode_file_header(std::string_view bytes, std::string_view name);

// What a frame says about its body.
struct FrameHeader {
  core::TenantId tenant;
  core::Protocol protocol{};
  core::ContentEncoding encoding{};
  std::uint16_t decoder_version = 1;
  core::UnixNanos arrival;
  std::optional<base::Hash128> body_hash;  // of an unnamed body
  std::vector<std::uint32_t> refused;      // rising
  std::vector<bool> stored_slices;         // one for each slice of the body
  bool operator==(const FrameHeader&) const = default;
};

// Prologue and header; the body's bytes follow them in the file. `body` is only read for its checksum.
std::string encode_frame(const FrameHeader& header, std::string_view body, std::uint64_t sequence,
                         std::uint64_t durable_through, std::uint64_t salt);

struct FramePrologue {
  std::uint32_t header_bytes = 0;
  std::uint32_t body_bytes = 0;
  std::uint64_t sequence = 0;
  std::uint64_t durable_through = 0;
  std::uint64_t body_checksum = 0;
  std::uint64_t header_checksum = 0;
  std::uint64_t frame_bytes() const { return kPrologueBytes + std::uint64_t{header_bytes} + body_bytes; }
};
// Of kPrologueBytes bytes. None when magic, reserved field or limits do not fit; checksums are not looked at yet.
std::optional<FramePrologue> decode_prologue(std::string_view bytes);
// `frame` holds prologue and header at least.
bool header_checksum_fits(const FramePrologue& prologue, std::string_view frame, std::uint64_t salt);
base::StatusOr<FrameHeader> decode_frame_header(std::string_view header, std::string_view name,
                                                std::uint64_t offset_in_file);

// "0000000000000001.journal" and back.
std::string file_name(std::uint64_t number);
std::optional<std::uint64_t> parse_file_name(std::string_view name);

}  // namespace cordwood::store::journal
