#include "agent/dead_letters.h"

#include "base/json_writer.h"
#include "base/log.h"

namespace cordwood::agent {

base::Status DeadLetters::append(std::string_view entry) {
  if (file_ == nullptr) {
    auto opened = files_.open(path_, io::OpenMode::kAppend);
    if (opened.status().code() == base::StatusCode::kNotFound) opened = files_.open(path_, io::OpenMode::kCreateNew);
    if (!opened.ok()) return opened.status();
    file_ = *std::move(opened);
  }
  ASSIGN_OR_RETURN(const io::FileStat stat, file_->stat());
  if (stat.bytes + entry.size() > kBytesMax) return base::resource_exhausted_error("{} is full", path_);
  RETURN_IF_ERROR(file_->append(entry));
  return file_->sync();
}

void DeadLetters::add(std::string_view file, std::uint64_t offset, std::string_view line) {
  std::string entry;
  base::JsonWriter json(entry);
  json.begin_object().key("file").string(file).key("offset").number(offset).key("line").string(line).end_object();
  entry += '\n';
  const base::Status status = append(entry);
  if (status.ok()) return;
  base::log_error("refused record not kept file={} offset={} bytes={}: {}", file, offset, line.size(),
                  base::message_of(status));
  file_.reset();
}

}  // namespace cordwood::agent
