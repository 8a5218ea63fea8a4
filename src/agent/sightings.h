// Sightings: files that came, were written, and went before any scan saw them. Nobody can read them any more, but that
// there were some is known, from notifications, and the ledger says so.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/notifier.h"

namespace cordwood::agent {

class Sightings {
 public:
  // Names of files, in the order of events.
  void note(const std::vector<ChangeNotifier::FileEvent>& events);
  // A scan that began after the last note() has seen what there is.
  void scanned() { unseen_.clear(); }
  // Paths of files that are gone unseen, each given once.
  std::vector<std::string> take_gone();

 private:
  void gone(const std::string& path);

  std::map<std::string, bool> unseen_;  // path -> written to
  std::vector<std::string> gone_;
};

}  // namespace cordwood::agent
