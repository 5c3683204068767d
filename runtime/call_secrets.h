#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "krules/value.h"

namespace krules {

/// The secrets of one call, read when it is made: they are put into what is sent and taken out of what comes
/// back.
class CallSecrets {
 public:
  using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

  /// Reads the arguments as they are stored, fills secrets in and gives them back as they are sent. False,
  /// with a sentence in `error`, where a secret has no value or the text is not what it should be.
  bool fill(const std::string& stored, const Lookup& lookup, std::string& arguments, std::string& error);

  /// Something that was made of a secret, to be taken out before the secrets themselves.
  void add_made(std::string value) {
    secrets_.insert(secrets_.begin(), {"of the call", "", std::move(value)});
  }
  /// Puts `[secret NAME]` in the place of each value, written as it is or as JSON, URLs or base64 have it.
  void take_out(std::string& text) const;
  /// Whether one of the values stands in the text.
  bool stand_in(std::string_view text) const;

 private:
  struct Secret {
    std::string name;
    std::string mark;
    std::string value;
  };
  Value filled(const Value& value, Arena& arena) const;

  std::vector<Secret> secrets_;
};

}  // namespace krules
