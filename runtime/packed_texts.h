#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace krules {

/// A fixed number of texts in one piece of memory, with a byte of their own each as a rule: for what is kept
/// by the million.
template <size_t kCount>
class PackedTexts {
 public:
  explicit PackedTexts(const std::array<std::string_view, kCount>& texts) {
    size_t size = 0;
    for (const std::string_view text : texts) size += length_bytes(text.size()) + text.size();
    bytes_ = std::make_unique_for_overwrite<char[]>(size);
    char* at = bytes_.get();
    for (const std::string_view text : texts) {
      at = put_length(at, text.size());
      if (!text.empty()) std::memcpy(at, text.data(), text.size());
      at += text.size();
    }
  }

  /// They live as long as this does.
  std::array<std::string_view, kCount> texts() const {
    std::array<std::string_view, kCount> found;
    const char* at = bytes_.get();
    for (std::string_view& text : found) {
      size_t size = 0;
      for (int shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        size |= size_t{byte & 0x7FU} << shift;
        if (byte < 0x80) break;
      }
      text = {at, size};
      at += size;
    }
    return found;
  }

 private:
  // Seven bits a byte, the lowest first; a byte above 127 says that another one follows.
  static size_t length_bytes(size_t size) {
    size_t bytes = 1;
    for (; size >= 0x80; size >>= 7) ++bytes;
    return bytes;
  }
  static char* put_length(char* at, size_t size) {
    for (; size >= 0x80; size >>= 7) *at++ = static_cast<char>(size | 0x80);
    *at++ = static_cast<char>(size);
    return at;
  }

  std::unique_ptr<char[]> bytes_;
};

}  // namespace krules
