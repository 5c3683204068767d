#include "seen_ids.h"

namespace krules {

std::string SeenIds::key(std::string_view source, std::string_view id) {
  std::string text;
  text.reserve(source.size() + id.size() + 1);
  text.append(source).push_back('\0');
  text.append(id);
  return text;
}

StoreStatus SeenIds::contains(std::string_view source, std::string_view id, bool& seen) {
  seen = recent_.contains(key(source, id));
  if (seen || store_ == nullptr) return {};
  return store_->was_seen(source, id, seen);
}

void SeenIds::add(std::string_view source, std::string_view id, uint64_t group) {
  std::string text = key(source, id);
  if (!recent_.emplace(text, group).second) return;
  order_.emplace_back(group, std::move(text));
  if (store_ == nullptr && order_.size() > kMostWithoutStore) {
    recent_.erase(order_.front().second);
    order_.pop_front();
  }
}

void SeenIds::committed(uint64_t group) {
  if (store_ == nullptr) return;
  while (!order_.empty() && order_.front().first <= group) {
    recent_.erase(order_.front().second);
    order_.pop_front();
  }
}

}  // namespace krules
