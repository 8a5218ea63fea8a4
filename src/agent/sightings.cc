#include "agent/sightings.h"

#include <utility>

namespace cordwood::agent {

void Sightings::gone(const std::string& path) {
  const auto it = unseen_.find(path);
  if (it == unseen_.end()) return;
  if (it->second) gone_.push_back(path);
  unseen_.erase(it);
}

void Sightings::note(const std::vector<ChangeNotifier::FileEvent>& events) {
  using Kind = ChangeNotifier::FileEvent::Kind;
  for (const ChangeNotifier::FileEvent& event : events) {
    switch (event.kind) {
      case Kind::kAppeared:
        // Over one of the same name, perhaps.
        gone(event.path);
        unseen_[event.path] = event.with_content;
        break;
      case Kind::kWritten: {
        const auto it = unseen_.find(event.path);
        if (it != unseen_.end()) it->second = true;
        break;
      }
      case Kind::kMoved: {
        gone(event.to);
        auto node = unseen_.extract(event.path);
        if (node.empty()) break;
        node.key() = event.to;
        unseen_.insert(std::move(node));
        break;
      }
      case Kind::kGone:
        gone(event.path);
        break;
    }
  }
}

std::vector<std::string> Sightings::take_gone() {
  return std::exchange(gone_, {});
}

}  // namespace cordwood::agent
