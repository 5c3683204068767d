#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace krules {

/// A rule file, a replay or a certificate has at most this many bytes.
inline constexpr size_t kMaxSourceBytes = size_t{64} << 20;

/// What stands in a file. Nothing, with `error` set to a sentence, when it cannot be read, has more than
/// `most` bytes, or is none: reading a pipe or a device could wait for ever, or never come to an end.
std::optional<std::string> read_text_file(const std::string& path, size_t most, std::string& error);

}  // namespace krules
