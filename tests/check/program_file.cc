#include "program_file.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace krules::test {

namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class HeadReader {
 public:
  explicit HeadReader(ProgramFile& file) : file_(file) {}

  void read() {
    std::istringstream lines(file_.text);
    for (std::string line; std::getline(lines, line) && line.starts_with("# ");) {
      const size_t colon = line.find(": ");
      if (colon == std::string::npos) {
        mistake(line, "is no line of the head");
      } else {
        take(line.substr(2, colon - 2), line.substr(colon + 2));
      }
    }
    if (!file_.expectation) file_.mistakes.push_back("it says not what to expect");
    if (file_.why.empty()) file_.mistakes.push_back("it says not why");
    if (file_.seed.inputs.empty()) file_.mistakes.push_back("it has no input");
  }

 private:
  void mistake(const std::string& what, std::string_view why) {
    file_.mistakes.push_back(fmt::format("`{}` {}", what, why));
  }

  void take(const std::string& key, const std::string& value) {
    if (key == "expect") {
      take_expectation(value);
    } else if (key == "expect-rule") {
      file_.rules.push_back(value);
    } else if (key == "expect-code") {
      file_.codes.push_back(value);
    } else if (key == "why") {
      file_.why = value;
    } else if (key == "state" || key == "input") {
      take_json(key, value);
    } else {
      mistake(key, "is no word of the head");
    }
  }

  void take_expectation(const std::string& value) {
    if (value == "ends") {
      file_.expectation = Expectation::kEnds;
    } else if (value == "perpetual") {
      file_.expectation = Expectation::kPerpetual;
    } else if (value == "grows") {
      file_.expectation = Expectation::kGrows;
    } else if (value == "loop") {
      file_.expectation = Expectation::kLoop;
    } else if (value == "cycle") {
      file_.expectation = Expectation::kCycle;
    } else {
      mistake(value, "can not be expected");
    }
  }

  void take_json(const std::string& key, const std::string& text) {
    simdjson::dom::element line;
    std::string_view subject;
    if (parser_.parse(text).get(line) != simdjson::SUCCESS ||
        line["subject"].get(subject) != simdjson::SUCCESS) {
      mistake(text, "is no JSON object with a subject");
      return;
    }
    simdjson::dom::element part;
    if (key == "state") {
      simdjson::dom::object properties;
      if (line["properties"].get(properties) != simdjson::SUCCESS) {
        mistake(text, "has no properties");
        return;
      }
      for (const auto& [name, value] : properties)
        file_.seed.properties.push_back({std::string(subject), std::string(name), simdjson::minify(value)});
      return;
    }
    std::string_view type;
    if (line["type"].get(type) != simdjson::SUCCESS) {
      mistake(text, "has no type");
      return;
    }
    const bool has_data = line["data"].get(part) == simdjson::SUCCESS;
    file_.seed.inputs.push_back(
        {std::string(type), std::string(subject), has_data ? simdjson::minify(part) : ""});
  }

  ProgramFile& file_;
  simdjson::dom::parser parser_;
};

}  // namespace

ProgramFile read_program_file(const std::string& folder, const std::string& path) {
  ProgramFile file;
  file.path = path;
  file.name = fs::path(path).lexically_relative(folder).replace_extension().string();
  file.family = file.name.substr(0, file.name.find('/'));
  file.text = text_of(path);
  HeadReader(file).read();
  return file;
}

std::vector<ProgramFile> read_program_files(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".krules") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<ProgramFile> files;
  for (const std::string& path : paths) files.push_back(read_program_file(folder, path));
  return files;
}

}  // namespace krules::test
