// A std::mutex with Clang's thread-safety annotations (checked by the asan-ubsan preset with -Wthread-safety; GCC
// ignores them). For short critical sections only: nothing that may block or suspend runs under one.
#pragma once

#include <mutex>

#if defined(__clang__)
#define CORDWOOD_ANNOTATE(x) __attribute__((x))
#else
#define CORDWOOD_ANNOTATE(x)
#endif
// abseil's containers define the first of these as well, with the same meaning.
#undef GUARDED_BY
#undef REQUIRES
#undef EXCLUDES
#define GUARDED_BY(mutex) CORDWOOD_ANNOTATE(guarded_by(mutex))
#define REQUIRES(...) CORDWOOD_ANNOTATE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) CORDWOOD_ANNOTATE(locks_excluded(__VA_ARGS__))

namespace cordwood::base {

class CORDWOOD_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() CORDWOOD_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() CORDWOOD_ANNOTATE(release_capability()) { mutex_.unlock(); }
  bool try_lock() CORDWOOD_ANNOTATE(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

class CORDWOOD_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) CORDWOOD_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() CORDWOOD_ANNOTATE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace cordwood::base
