#include "pattern_cache.h"

namespace krules::library {

std::shared_ptr<const re2::RE2> PatternCache::find(std::string_view pattern) {
  const std::lock_guard lock(mutex_);
  if (auto found = by_text_.find(pattern); found != by_text_.end()) {
    if (found->second != entries_.begin()) entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->compiled;
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kBytesPerPattern);
  auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (entries_.size() == kCapacity) {
    by_text_.erase(entries_.back().text);
    entries_.pop_back();
  }
  entries_.push_front({std::string(pattern), compiled});
  by_text_.emplace(entries_.front().text, entries_.begin());
  return compiled;
}

size_t PatternCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace krules::library
