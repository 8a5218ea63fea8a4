// JournalReader on libsystemd's sd-journal.
#ifdef CORDWOOD_WITH_JOURNALD
#include <systemd/sd-journal.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "agent/journal_input.h"

namespace cordwood::agent {

#ifdef CORDWOOD_WITH_JOURNALD

namespace {

// Longer fields are cut by the library; the limit of a line applies to messages.
constexpr std::size_t kFieldBytesMax = 1 << 20;

base::Status failure(int result, std::string_view what) {
  return base::errno_status(-result, what);
}

class SystemdJournal final : public JournalReader {
 public:
  explicit SystemdJournal(sd_journal* journal) : journal_(journal) {
    sd_journal_set_data_threshold(journal_, kFieldBytesMax);
  }
  ~SystemdJournal() override { sd_journal_close(journal_); }

  base::Status seek_head() override {
    const int result = sd_journal_seek_head(journal_);
    return result < 0 ? failure(result, "sd_journal_seek_head") : base::ok_status();
  }

  base::Status seek_tail() override {
    int result = sd_journal_seek_tail(journal_);
    // After seek_tail the position is behind the last entry; the one before it is what next() shall give.
    if (result >= 0) result = sd_journal_previous_skip(journal_, 2);
    if (result >= 0 && result < 2) result = sd_journal_seek_head(journal_);
    return result < 0 ? failure(result, "sd_journal_seek_tail") : base::ok_status();
  }

  base::Status seek_after(const std::string& cursor) override {
    int result = sd_journal_seek_cursor(journal_, cursor.c_str());
    if (result < 0) return failure(result, "sd_journal_seek_cursor");
    result = sd_journal_next(journal_);
    if (result < 0) return failure(result, "sd_journal_next");
    if (result > 0 && sd_journal_test_cursor(journal_, cursor.c_str()) > 0) return base::ok_status();
    // The entry is gone; the library stands at the next one that is left. Read it again.
    if (result > 0) sd_journal_previous(journal_);
    return base::not_found_error("the journal no longer has the entry of the cursor");
  }

  base::StatusOr<bool> next(Entry& entry) override {
    // Learns of new and rotated journal files.
    sd_journal_process(journal_);
    const int result = sd_journal_next(journal_);
    if (result < 0) return failure(result, "sd_journal_next");
    if (result == 0) return false;
    std::uint64_t micros = 0;
    sd_journal_get_realtime_usec(journal_, &micros);
    entry.time = {static_cast<std::int64_t>(micros) * 1000};
    entry.message = field("MESSAGE");
    entry.unit = field("_SYSTEMD_UNIT");
    entry.identifier = field("SYSLOG_IDENTIFIER");
    entry.priority = field("PRIORITY");
    char* cursor = nullptr;
    const int cursor_result = sd_journal_get_cursor(journal_, &cursor);
    if (cursor_result < 0) return failure(cursor_result, "sd_journal_get_cursor");
    entry.cursor = cursor;
    std::free(cursor);
    return true;
  }

 private:
  // "" when the entry lacks it; bytes as they are when it is binary.
  std::string field(const char* name) {
    const void* data = nullptr;
    std::size_t length = 0;
    if (sd_journal_get_data(journal_, name, &data, &length) < 0) return "";
    std::string_view text(static_cast<const char*>(data), length);
    text.remove_prefix(std::min(text.size(), std::strlen(name) + 1));
    return std::string(text);
  }

  sd_journal* journal_;
};

}  // namespace

base::StatusOr<std::unique_ptr<JournalReader>> open_journal() {
  sd_journal* journal = nullptr;
  const int result = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);
  if (result < 0) return failure(result, "sd_journal_open");
  auto reader = std::make_unique<SystemdJournal>(journal);
  // Opens even where no journald ever ran: then there is not one entry.
  if (sd_journal_seek_head(journal) < 0 || sd_journal_next(journal) <= 0) {
    return base::unavailable_error("there is no journal on this host, or it may not be read");
  }
  return reader;
}

#else

base::StatusOr<std::unique_ptr<JournalReader>> open_journal() {
  return base::unavailable_error("this program was built without libsystemd");
}

#endif

}  // namespace cordwood::agent
