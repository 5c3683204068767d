#pragma once

#include <re2/re2.h>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace krules::library {

/// Compiled regular expressions by their text, the most recently used ones. Thread-safe.
class PatternCache {
 public:
  static constexpr size_t kCapacity = 256;
  /// What one compiled expression may take, its matching tables included.
  static constexpr int64_t kBytesPerPattern = 2 << 20;

  /// The compiled expression, also where it is not one: then ok() is false and error() says why.
  std::shared_ptr<const re2::RE2> find(std::string_view pattern);

  size_t size() const;

 private:
  struct Entry {
    std::string text;
    std::shared_ptr<const re2::RE2> compiled;
  };

  mutable std::mutex mutex_;
  std::list<Entry> entries_;                                                  // the most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_text_;  // keys lie in entries_
};

}  // namespace krules::library
