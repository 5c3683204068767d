#include "events.h"

#include <charconv>
#include <cstdlib>

namespace reference {

simdjson::padded_string read_file(const std::string& path) {
  auto loaded = simdjson::padded_string::load(path);
  if (loaded.error()) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return std::move(loaded.value());
}

Output::Output(const std::string& path) : file_(std::fopen(path.c_str(), "wb")) {
  if (!file_) {
    std::fprintf(stderr, "cannot write %s\n", path.c_str());
    std::exit(2);
  }
  std::setvbuf(file_, nullptr, _IONBF, 0);
  buffer_.reserve(kPiece + 4096);
}

Output::~Output() {
  flush();
  std::fclose(file_);
}

void Output::flush() {
  if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) {
    std::fprintf(stderr, "the output file does not take more\n");
    std::exit(2);
  }
  buffer_.clear();
}

void Output::append_field(int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  append_field(std::string_view(digits, end - digits));
}

}  // namespace reference
