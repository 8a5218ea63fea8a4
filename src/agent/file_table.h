// FileTable: which file holds which generation, now. It keeps descriptors, notices rotation, truncation and deletion,
// and recognises contents again (recognise.cc). Reading lines and sending them is the Shipper's.
//
// Invariants: a file belongs to at most one generation; a generation is read from at most one file (Generation::file),
// others with the same content are its copies; a generation's position never moves by what happens to files.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/content.h"
#include "agent/discovery.h"
#include "agent/generation.h"
#include "agent/status.h"
#include "base/clock.h"
#include "base/random.h"
#include "io/file.h"

namespace cordwood::agent {

// One file on the disk (device, inode), or one that has only our descriptor left.
struct FollowedFile {
  FileKey key;
  std::string path;  // the last one it was seen at
  RotatedName name;
  bool linked = true;  // the last scan found it
  io::FileStat stat;   // of the last look
  std::unique_ptr<io::File> file;
  std::unique_ptr<Content> content;  // uses `file`
  bool gzip = false;
  Generation* generation = nullptr;  // null while undecided, and when skipped
  bool undecided = true;
  bool exhausted = false;              // nothing to cut until it changes
  std::uint64_t waiting_bytes = 0;     // of a last line without newline, when exhausted
  std::uint64_t waiting_from = 0;      // where that line begins,
  base::MonotonicNanos waiting_since;  // and since when it has been seen to wait
  // When the look that `stat` is of began.
  base::UnixNanos looked_at;
  // What was written to it before belongs to a generation; what no generation has was written since.
  base::UnixNanos clear_until;
  base::MonotonicNanos changed_at;  // of the last change seen
  std::string skip_reason;
  std::string problem;  // open and read errors, tried again; a compressed file that is damaged
  // The problem is not one of rotation going on: it is shown in the ledger, and the watermark does not wait for it.
  bool unreadable = false;
  bool late = false;  // it was unreadable once: Generation::late
};

struct FileTableOptions {
  std::string host;
  std::vector<core::Label> labels;
  base::nanoseconds quiet_period{};
  base::nanoseconds deleted_quiet_period{};
  base::nanoseconds missing_patience{};
  // An unterminated line holds the watermark for so long.
  base::nanoseconds pending_patience = std::chrono::seconds(5);
  // Lines of a new generation wait so long for the server to know its labels.
  base::nanoseconds introduction_patience = std::chrono::seconds(2);
  std::size_t descriptors_max = 1000;
};

// Of the figures, problem and losses of an entry.
std::uint64_t entry_fingerprint(const std::array<std::uint64_t, 6>& figures, std::string_view problem,
                                const std::vector<core::Loss>& losses);

// The last part of a path.
std::string base_name_of(std::string_view path);

// Not thread-safe; calls block for the disk.
class FileTable {
 public:
  FileTable(FileTableOptions options, io::FileSystem& files, base::Clock& clock, base::Random& random);
  ~FileTable();

  // Generations known from before: of the checkpoint or of the server. Everything written before `watermark` was
  // accounted for when they were saved; 0 when that is not known.
  // `unreadable` files did not count in it.
  void restore(std::vector<Generation> generations, std::uint64_t next_order, base::UnixNanos watermark,
               const std::vector<std::string>& unreadable);
  Generation* find(const core::GenerationId& id);
  std::uint64_t next_order() const { return next_order_; }

  // Takes over what a scan found that began at `began`: new files are opened at once, so that nothing can be rotated
  // away unread.
  void apply_scan(const ScanResult& scan, base::UnixNanos began);
  // All names were known at this time, and files without a descriptor had the sizes that are known here.
  void set_names_known(base::UnixNanos time) { names_known_ = time; }
  base::UnixNanos names_known() const { return names_known_; }
  // Looks at files with a descriptor: all of them, or those at `paths`. True when a scan should follow at once: one was
  // truncated or replaced, and its old content may have been copied; or one of `paths` has no descriptor.
  bool look();
  bool look(const std::vector<std::string>& paths);
  // Finds out which generation each undecided file holds; new contents become new generations.
  void decide();
  // Ends generations, closes descriptors, gives up what is missing for too long. After look() and decide().
  void settle();

  // The content at the file of `generation`, opened if need be; it stays valid until the next call of any other method.
  base::StatusOr<Content*> open_content(Generation& generation);
  // The reader found that the file no longer holds the generation.
  void content_changed(Generation& generation);
  void read_failed(Generation& generation, const base::Status& status);
  // A new generation for the file of `generation`, beginning at what that one had acknowledged if the file still has
  // it, else at 0; `generation` loses its files. For a server that remembers other bytes.
  Generation* start_over(Generation& generation);
  // The server does not know the generation: it begins anew, finished or not.
  void forget_progress(Generation& generation);
  // Makes the ladder longer once the content is; false when its head is not what it was.
  bool refresh_ladder(Generation& generation);
  // A file came and went between two scans.
  void lose_unseen(const std::string& path);
  // The server has taken over that [begin, known_bytes) of the generation is lost.
  void lost(Generation& generation, std::uint64_t begin);
  void refused(Generation& generation, std::uint64_t begin, std::uint64_t end);
  // That what is cut now ends the generation: its file is not the live one and has been quiet.
  bool ended(const Generation& generation) const;
  // For lines of the generation without any time.
  base::UnixNanos fallback_time(const Generation& generation) const;

  // By live path, each in order of age.
  using Families = std::map<std::string, std::vector<Generation*>, std::less<>>;
  const Families& families() const { return families_; }
  std::vector<const Generation*> all_generations() const;
  std::vector<Generation*> generations();
  bool has_unread(const Generation& generation) const;
  // Unread bytes that are known to be gone: [generation.read, known_bytes).
  bool is_lost(const Generation& generation) const;
  bool all_decided() const;
  // Everything that can be read is read and acknowledged, and nothing is about to end or to be given up.
  bool caught_up() const;
  // The checkpoint on the disk has all generations.
  void all_saved();
  // Something is new that a checkpoint should have; reset by the caller.
  bool dirty = false;
  void add_to_status(AgentStatus& status) const;

  // --- the account (account.cc) ---
  core::LedgerEntry entry_of(const Generation& generation) const;
  // Files that match and cannot be read, and that therefore no generation tells of.
  std::vector<core::LedgerEntry> unreadable_entries() const;
  std::vector<std::string> unreadable_paths() const;
  // Everything written before it to any file is acknowledged, lost, or in a file that is told to be unreadable.
  // 0: not known.
  base::UnixNanos watermark() const;
  core::LedgerEntry unreadable_entry(const std::string& path, const std::string& live,
                                     const std::string& problem) const;
  // Changes when the entry does. Never 0.
  std::uint64_t fingerprint_of(const Generation& generation) const;
  // The account begins anew.
  void forget_told();
  // Generations that are no longer known, each given once.
  std::vector<core::GenerationId> take_forgotten(std::size_t max);
  std::size_t forgotten_count() const { return forgotten_.size(); }
  // A generation appeared; reset by the caller.
  bool has_news = false;
  // The server wants to know of a generation before its first line.
  bool introduces = true;
  bool may_be_sent(const Generation& generation) const;
  // Some loss is not in the checkpoint on the disk.
  bool has_unsaved_losses = false;

 private:
  enum class Match { kNo, kShorter, kYes };
  using FilePtr = std::unique_ptr<FollowedFile>;

  // file_table.cc
  void add_file(const FoundFile& found, base::UnixNanos began);
  void see_again(FollowedFile& file, const FoundFile& found, base::UnixNanos began);
  bool look_at(FollowedFile& file, base::UnixNanos now);
  void look_at_undecided(FollowedFile& file, const io::FileStat& before);
  void clock_was_set_back(base::UnixNanos now);
  // When `stat` of the file was known to be all of it.
  base::UnixNanos as_of(const FollowedFile& file) const;
  void note_look(FollowedFile& file);
  // Whether the generation's bytes are in the file up to `mark`, as far as hashes tell. `content` must be there.
  base::StatusOr<bool> file_holds(FollowedFile& file, const Generation& generation, const core::Mark& mark);
  void release(FollowedFile& file);  // it no longer holds its generation
  void choose_file(Generation& generation);
  base::Status ensure_open(FollowedFile& file);
  void ensure_content(FollowedFile& file);
  void close(FollowedFile& file);
  void make_room_for_descriptor();
  void note_problem(FollowedFile& file, const base::Status& status);

  // ends.cc
  void settle_file(FollowedFile& file);
  void settle_generation(Generation& generation);
  void finish(Generation& generation, const FollowedFile& file);
  void reopen(Generation& generation);
  void give_up(Generation& generation);
  void drop_old_generations();
  bool is_quiet(const FollowedFile& file) const;
  bool is_superseded(const FollowedFile& file) const;
  // Its file was cut or written over: what nobody saw may be lost.
  void note_cut(Generation& generation, const FollowedFile& file);
  // A content that was seen and never opened, or never recognised, and is gone.
  void lose_unknown(const FollowedFile& file, std::uint64_t bytes, core::LossReason reason);
  void add_loss_of(Generation& generation, std::uint64_t begin, std::uint64_t at_least, core::LossReason reason,
                   base::UnixNanos until);
  bool found_elsewhere(const Generation& generation);

  // account.cc
  struct Figures {
    core::GenerationState state = core::GenerationState::kLive;
    std::uint64_t seen = 0;
    std::uint64_t acked = 0;
    std::uint64_t pending = 0;
  };
  Figures figures_of(const Generation& generation) const;
  std::uint64_t accounted(const Generation& generation) const;
  bool is_unreadable(const Generation& generation) const;
  base::UnixNanos watermark_of(const Generation& generation) const;

  // recognise.cc
  void recognise(FollowedFile& file);
  bool judge_kind(FollowedFile& file, std::string& head);
  std::vector<Generation*> candidates(const FollowedFile& file) const;
  Match compare(FollowedFile& file, const Generation& generation, std::string_view head);
  enum class Bind { kYes, kNo, kWait };
  Bind may_bind(const FollowedFile& file, const Generation& generation) const;
  bool may_become(const FollowedFile& file) const;
  void bind(FollowedFile& file, Generation& generation);
  Generation& create(FollowedFile& file, std::string_view head);
  Generation& add_generation(const RotatedName& name, base::UnixNanos modified);
  core::SharedLabels labels_of(const std::string& live_path) const;
  void note_move(Generation& generation, const FollowedFile& to);
  void note_cut_while_stopped(const FollowedFile& file);
  void index(Generation& generation);
  void unindex(Generation& generation);
  void set_key(Generation& generation, const FileKey& key);

  const FileTableOptions options_;
  io::FileSystem& files_;
  base::Clock& clock_;
  base::Random& random_;
  std::map<FileKey, FilePtr> by_key_;
  std::map<core::GenerationId, std::unique_ptr<Generation>> generations_;
  Families families_;
  // For recognition: by the last part of the live path, and by the file each was read from last.
  std::map<std::string, std::vector<Generation*>, std::less<>> by_base_name_;
  std::multimap<FileKey, Generation*> by_last_key_;
  std::uint64_t next_order_ = 1;
  std::size_t open_files_ = 0;
  std::vector<Problem> scan_problems_;
  base::UnixNanos names_known_;
  base::UnixNanos last_look_;
  std::map<std::string, Generation*> unseen_;  // by live path: what lose_unseen() tells of
  std::vector<core::GenerationId> forgotten_;
  std::set<std::string> unreadable_before_;  // when the checkpoint was saved
  bool decided_ = false;                     // decide() has been there: who has no file now is missing
};

}  // namespace cordwood::agent
