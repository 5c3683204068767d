#pragma once

#include <simdjson.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <unordered_map>

/// What the hand-written counterparts of the benchmark rules share: reading JSON Lines and writing text.
namespace reference {

using simdjson::ondemand::document_reference;
using simdjson::ondemand::object;

/// A whole input file; ends the program with a message when it cannot be read.
simdjson::padded_string read_file(const std::string& path);

/// Lines of output, written to the file in large pieces. Ends the program when the disk does not take them.
class Output {
 public:
  explicit Output(const std::string& path);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// One line, the fields separated by tabs.
  template <class... Fields>
  void line(std::string_view first, const Fields&... rest) {
    buffer_.append(first);
    (append_field(rest), ...);
    buffer_.push_back('\n');
    if (buffer_.size() >= kPiece) flush();
  }
  void text(std::string_view whole_lines) {
    buffer_.append(whole_lines);
    if (buffer_.size() >= kPiece) flush();
  }
  void flush();

 private:
  static constexpr size_t kPiece = 1 << 18;
  void append_field(std::string_view text) { buffer_.append(1, '\t').append(text); }
  void append_field(int64_t number);

  std::FILE* file_;
  std::string buffer_;
};

/// Calls `on_event(document)` for each line of `input`; returns how many there were.
template <class OnEvent>
size_t for_each_event(const simdjson::padded_string& input, OnEvent&& on_event) {
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document_stream stream;
  if (parser.iterate_many(input, 1 << 20).get(stream)) return 0;
  size_t count = 0;
  for (auto line : stream) {
    on_event(line.value());
    ++count;
  }
  return count;
}

/// A table by name that is looked up with the text as it stands in the input.
struct NameHash {
  using is_transparent = void;
  size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};
template <class Value>
class ByName {
 public:
  Value* find(std::string_view name) {
    const auto found = table_.find(name);
    return found == table_.end() ? nullptr : &found->second;
  }
  /// The value of `name`, made on first use.
  Value& operator[](std::string_view name) {
    if (Value* value = find(name)) return *value;
    return table_.emplace(std::string(name), Value{}).first->second;
  }

 private:
  std::unordered_map<std::string, Value, NameHash, std::equal_to<>> table_;
};

}  // namespace reference
