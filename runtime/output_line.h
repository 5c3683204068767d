#pragma once

#include <string>
#include <vector>

#include "cascade.h"
#include "krules/glob.h"

namespace krules {

/// "0123456789abcdef0123456789abcdef": emitted events have the id `IDENTITY-NUMBER`.
std::string identity_text(const CascadeIdentity& identity);

/// Writes emitted events as CloudEvents 1.0 JSON lines.
class OutputFormatter {
 public:
  explicit OutputFormatter(const std::vector<std::string>& globs);

  bool wants_built_in() const { return wants_built_in_; }
  bool wants(const Symbol* type);
  void append(std::string& out, const Event& event, const CascadeIdentity& identity, uint32_t number,
              int64_t time);

 private:
  void append_time(std::string& out, int64_t time);

  std::vector<Glob> globs_;
  bool wants_built_in_ = false;
  std::vector<uint8_t> known_;  // by symbol number: 0 not asked yet, 1 no, 2 yes
  int64_t second_ = INT64_MIN;  // the last one written
  std::string second_text_;     // "2026-11-23T21:30:00"
};

}  // namespace krules
