#include "agent/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "agent/checkpoint.h"
#include "agent/losses.h"
#include "agent/rotation.h"
#include "agent/sniff.h"
#include "base/hash.h"

namespace cordwood::agent {

namespace {

std::string describe(const core::Loss& loss) {
  const std::string amount = loss.exact ? fmt::format("{} bytes", loss.at_least)
                                        : fmt::format("at least {} bytes, perhaps more", loss.at_least);
  return fmt::format("    lost: {} at offset {} ({})\n", amount, loss.begin, name_of(loss.reason));
}

std::string describe(const Generation& generation, bool is_this_file, bool compressed) {
  std::string state = "being read";
  if (generation.finished) state = "finished";
  if (!generation.finished && generation.gone_since.value != 0) state = "its file is gone, waited for";
  std::string out = fmt::format("  generation {}: {}{}\n", base::to_hex(generation.info.id.generation.value), state,
                                is_this_file ? ", in this file" : "");
  out += fmt::format("    acknowledged {} of {} bytes seen, {} lines\n", generation.acked.mark.offset,
                     std::max(generation.known_bytes, generation.acked.mark.offset),
                     generation.place_known ? std::to_string(generation.acked.line - 1) : "an unknown number of");
  if (is_this_file && compressed && !generation.finished) {
    out += fmt::format("    to go on, {} bytes have to be unpacked first\n", generation.acked.mark.offset);
  }
  if (!generation.info.ladder.empty()) {
    const core::HeadHash& step = generation.info.ladder.back();
    out += fmt::format("    known again by its first {} bytes (hash {})\n", step.bytes, base::to_hex(step.hash));
  }
  for (const core::Loss& loss : generation.losses) out += describe(loss);
  return out;
}

std::string describe_file(io::FileSystem& files, const std::string& path, bool known, FileKey& key) {
  const auto stat = files.stat(path);
  if (!stat.ok()) return fmt::format("  on the disk: no ({})\n", base::message_of(stat.status()));
  key = {stat->device, stat->inode};
  std::string out = fmt::format("  on the disk: {} bytes, inode {}\n", stat->bytes, stat->inode);
  const auto file = files.open(path, io::OpenMode::kRead);
  if (!file.ok()) return out + fmt::format("  cannot be read: {}\n", base::message_of(file.status()));
  const auto head = (*file)->read_at(0, kSniffBytes);
  if (!head.ok()) return out + fmt::format("  cannot be read: {}\n", base::message_of(head.status()));
  if (const FileKind kind = sniff(*head); !kind.skip_reason.empty()) {
    out += fmt::format("  not read: {}\n", kind.skip_reason);
  } else if (head->empty()) {
    out += "  not read yet: it is empty\n";
  } else if (!known) {
    out += "  not read: the agent does not know it; is it among the agent's paths?\n";
  }
  return out;
}

}  // namespace

base::StatusOr<std::string> explain_file(io::FileSystem& files, const std::string& state_directory,
                                         const std::string& path) {
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, load_checkpoint(files, state_directory + "/checkpoint"));
  const RotatedName name = parse_rotated_name(path);
  std::vector<const Generation*> family;
  for (const Generation& generation : checkpoint.generations) {
    if (generation.info.path == name.live) family.push_back(&generation);
  }
  std::sort(family.begin(), family.end(), [](const Generation* a, const Generation* b) { return a->order < b->order; });
  std::string out = path + "\n";
  if (name.live != path) out += fmt::format("  an older content of {}\n", name.live);
  FileKey key;
  out += describe_file(files, path, !family.empty(), key);
  const bool unreadable =
      std::find(checkpoint.unreadable.begin(), checkpoint.unreadable.end(), path) != checkpoint.unreadable.end();
  if (unreadable) out += "  the agent could not read it when it saved its state\n";
  if (!family.empty()) out += fmt::format("  stream {}\n", family.back()->info.labels->to_text());
  for (const Generation* generation : family) {
    out += describe(*generation, key.known() && generation->key == key, name.compressed);
  }
  return out;
}

}  // namespace cordwood::agent
